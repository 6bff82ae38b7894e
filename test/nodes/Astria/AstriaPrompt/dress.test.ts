import sharp from 'sharp';
import type { INodeExecutionData } from 'n8n-workflow';

import { AstriaPrompt } from '../../../../nodes/Astria/AstriaPrompt/AstriaPrompt.node';
import { retryInEditor } from '../../../engine/again';
import { speedUp, until } from '../../../engine/clock';
import { readFile, RETRY, storeFile } from '../../../engine/engine';
import { atCall } from '../../../engine/moment';
import { errorsOf, jsonOf, type Parameters, picked } from '../../../engine/items';
import { smallGarment, smallPerson } from '../../../engine/pictures';
import { together } from '../../../engine/shapes';
import { runWorkflow } from '../../../engine/workflow';
import { DOCUMENTED_PROMPT } from '../../../lib/astria/prompts/samples';
import { type Bed, FLUX, makeBed, PARTNER, SD15 } from './bed';

let bed: Bed;

beforeEach(async () => {
	speedUp(50);
	bed = await makeBed();
});

afterEach(async () => {
	jest.restoreAllMocks();
	await bed.sandbox.close();
});

const ERRORS = { onError: 'continueErrorOutput' } as const;
const RETRY_ERRORS = { ...ERRORS, ...RETRY };

const garments = (...garment: Parameters[]): Parameters => ({ garments: { garment } });

/** Two pictures of the item. */
const FROM_FILES: Parameters = {
	resource: 'tryOn',
	operation: 'dressPerson',
	scene: '={{ $json.scene ?? "studio" }}',
	person_source: 'binary',
	person_binary: 'person',
	person_class: 'woman',
	...garments({ garment_source: 'binary', garment_binary: 'dress', garment_class: 'dress' }),
};

/** Two addresses. */
function fromAddresses(): Parameters {
	return {
		...FROM_FILES,
		person_source: 'address',
		person: bed.person,
		...garments({ garment_source: 'address', garment: bed.garment, garment_class: 'dress' }),
	};
}

async function itemOf(
	n: number,
	json: INodeExecutionData['json'] = {},
): Promise<INodeExecutionData> {
	return {
		json,
		binary: {
			person: await storeFile(await smallPerson(n), 'anna.png', 'image/png'),
			dress: await storeFile(await smallGarment(n), 'dress.jpg', 'image/jpeg'),
		},
	};
}

const registered = () => bed.sandbox.astria.creations().filter(({ kind }) => kind === 'tune');
const CREATE_TUNE = /POST \/tunes$/;
const CREATE_PROMPT = /POST \/tunes\/\d+\/prompts/;

/** The text of the last prompt, with its tunes counted in the order of their making; 0 is public. */
function lastText(): string {
	const ids = bed.sandbox.astria.tunes().map(({ id }) => id);
	const text = String(bed.sent().at(-1)?.text);
	return text.replace(/:(\d{7}):/g, (_, id) => `:#${ids.indexOf(Number(id)) + 1}:`);
}

describe('with a partner model', () => {
	test('two pictures become a dressed person, in one node', async () => {
		const { outputs, error } = await bed.run([await itemOf(1)], { ...FROM_FILES, download: true });
		expect(error).toBeUndefined();
		expect(registered()).toMatchObject([
			{
				path: '/tunes',
				encoding: 'multipart',
				params: { tune: { model_type: 'faceid', base_tune_id: String(PARTNER) } },
			},
			{ path: '/tunes' },
		]);
		const tunes = bed.sandbox.astria.tunes();
		expect(tunes.map(({ fields }) => fields.name).sort()).toEqual(['dress', 'woman']);
		for (const { fields } of tunes)
			expect(fields.title).toMatch(/^n8n [0-9a-f]{16} (woman|dress)$/);
		const [prompt] = bed.prompts();
		expect(prompt?.path).toBe(`/tunes/${PARTNER}/prompts`);
		const idOf = (name: string) => tunes.find(({ fields }) => fields.name === name)?.id;
		expect(bed.sent()).toEqual([
			{
				text: `<faceid:${idOf('woman')}:1> woman wearing <faceid:${idOf('dress')}:1> dress, studio`,
				num_images: 1,
				aspect_ratio: '3:4',
				resolution: '2K',
				seed: expect.any(Number),
			},
		]);
		expect(jsonOf(outputs[0])).toMatchObject([
			{
				promptId: prompt?.id,
				tuneId: PARTNER,
				status: 'COMPLETED',
				cost: 0.04,
				tuneIds: [idOf('woman'), idOf('dress')],
			},
		]);
		const picture = await sharp(await readFile(outputs[0]?.[0])).metadata();
		expect(picture.format).toBe('jpeg');
		expect(picture.height).toBeGreaterThan(picture.width);
	});

	test('the same pictures are registered once, in one run and in the next', async () => {
		const items = [await itemOf(1), await itemOf(1), await itemOf(1)];
		const first = await bed.run(items, FROM_FILES);
		expect(first.outputs[0]).toHaveLength(3);
		expect(registered()).toHaveLength(2);
		const again = await bed.run([await itemOf(1), await itemOf(2)], FROM_FILES);
		expect(again.outputs[0]).toHaveLength(2);
		expect(registered()).toHaveLength(4);
		expect(bed.prompts()).toHaveLength(5);
	});

	test('an address of a private network is one that n8n itself can open', async () => {
		const person = bed.person.replace('127.0.0.1', '0.0.0.0');
		expect(person).not.toBe(bed.person);
		const { error } = await bed.run([{}], { ...fromAddresses(), person });
		expect(error).toBeUndefined();
		expect(bed.prompts()).toHaveLength(1);
	});

	test('the same picture as another class is another reference', async () => {
		await bed.run([await itemOf(1)], FROM_FILES);
		await bed.run([await itemOf(1)], { ...FROM_FILES, person_class: 'girl' });
		expect(
			bed.sandbox.astria
				.tunes()
				.map(({ fields }) => fields.name)
				.sort(),
		).toEqual(['dress', 'girl', 'woman']);
	});

	test('addresses are looked at, and known again by their bytes', async () => {
		const { outputs } = await bed.run([{}], fromAddresses());
		expect(outputs[0]).toHaveLength(1);
		const copy = bed.sandbox.media.publish(await smallPerson(0), 'text/plain');
		await bed.run([{}, {}], { ...fromAddresses(), person: copy });
		expect(registered()).toHaveLength(2);
		// The type that Astria is told is that of the bytes, whatever the host says.
		expect(
			bed.sandbox.astria
				.tunes()
				.map(({ images }) => images[0]?.contentType)
				.sort(),
		).toEqual(['image/jpeg', 'image/png']);
	});

	test('data URIs, tunes, several garments, synonyms and words of one’s own', async () => {
		const woman = await bed.call('POST', '/tunes', {
			tune: {
				title: 'Jane',
				name: 'woman',
				model_type: 'faceid',
				base_tune_id: PARTNER,
				image_urls: [bed.person],
			},
		});
		const uri = `data:image/png;base64,${(await smallGarment(3)).toString('base64')}`;
		const { outputs, error } = await bed.run([{ scene: 'wearing both at the sea' }], {
			...FROM_FILES,
			person_source: 'tune',
			person_tune: picked(woman),
			...garments(
				{
					garment_source: 'address',
					garment: uri,
					garment_class: '__other',
					garment_class_other: 'Top',
				},
				{ garment_source: 'tune', garment_tune: picked(1227460) },
			),
		});
		expect(error).toBeUndefined();
		expect(lastText()).toBe(
			'<faceid:#1:1> woman <faceid:#2:1> shirt and <faceid:#0:1> clothing, wearing both at the sea',
		);
		expect(jsonOf(outputs[0])[0]?.tuneIds).toEqual([woman, expect.any(Number), 1227460]);
	});

	test('settings win over the recipe, another model goes without a size', async () => {
		await bed.run([{}], {
			...fromAddresses(),
			model: picked(3691308),
			num_images: 2,
			aspect_ratio: '1:1',
			additionalFields: { seed: 5, film_grain: true, additional_fields: '{"brand_new":1}' },
		});
		expect(bed.prompts()).toMatchObject([{ path: '/tunes/3691308/prompts' }]);
		expect(bed.sent()).toEqual([
			{
				text: expect.any(String),
				num_images: 2,
				aspect_ratio: '1:1',
				seed: 5,
				film_grain: true,
				brand_new: 1,
			},
		]);
	});

	test('without a list of models the documented one is taken', async () => {
		bed.sandbox.faults.add({ on: /GET \/cli/, fault: { kind: 'answer', answer: { status: 500 } } });
		const { outputs } = await bed.run([{}], fromAddresses());
		expect(jsonOf(outputs[0])).toMatchObject([{ tuneId: PARTNER }]);
	});

	test('without waiting it hands back the ids', async () => {
		const { outputs } = await bed.run([{}], { ...fromAddresses(), wait: 'none' });
		expect(jsonOf(outputs[0])).toEqual([
			{
				promptId: bed.prompts()[0]?.id,
				tuneId: PARTNER,
				status: 'IN_QUEUE',
				seed: Number(bed.sent()[0]?.seed),
				tuneIds: ['woman', 'dress'].map(
					(name) => bed.sandbox.astria.tunes().find(({ fields }) => fields.name === name)?.id,
				),
			},
		]);
	});
});

describe('with the documented recipe of Backend V1', () => {
	test('a trained person and a garment give the documented prompt', async () => {
		const woman = await bed.trained({ branch: 'sd15', token: 'ohwx' });
		const { outputs, error } = await bed.run([await itemOf(1)], {
			...FROM_FILES,
			engine: 'v1',
			person_source: 'tune',
			person_tune: picked(woman),
			...garments({
				garment_source: 'binary',
				garment_binary: 'dress',
				garment_class: 'swimming suit',
				garment_photo: 'worn',
			}),
			scene: 'wearing a swimming suit, high resolution fashion photoshoot, UHD',
		});
		expect(error).toBeUndefined();
		expect(outputs[0]).toHaveLength(4);
		const [, suit] = bed.sandbox.astria.tunes();
		expect(suit?.fields).toMatchObject({
			name: 'clothing',
			model_type: 'faceid',
			base_tune_id: SD15,
		});
		expect(bed.prompts()).toMatchObject([
			{ path: `/tunes/${woman}/prompts`, encoding: 'multipart' },
		]);
		const { input_image_url: _, text, ...documented } = DOCUMENTED_PROMPT;
		const { input_image, seed, ...sent } = bed.sent()[0] ?? {};
		expect(sent).toEqual({
			text: text.replace('1227460', String(suit?.id)),
			...Object.fromEntries(
				Object.entries(documented).map(([name, value]) => [name, String(value)]),
			),
		});
		expect(input_image).toBeDefined();
		expect(seed).toMatch(/^\d+$/);
	});

	test('a flat garment gives no pose, a person from a picture runs on the base model', async () => {
		await bed.run([{}], { ...fromAddresses(), engine: 'v1' });
		expect(bed.prompts()).toMatchObject([{ path: `/tunes/${SD15}/prompts`, encoding: 'json' }]);
		expect(bed.sent()).toMatchObject([{ w: 512, h: 640, scheduler: 'euler_a', num_images: 4 }]);
		expect(bed.sent()[0]).not.toHaveProperty('controlnet');
		expect(lastText()).toMatch(/^<faceid:#\d:1> <faceid:#\d:1> woman wearing clothing, studio$/);
	});
});

describe('with Flux', () => {
	test('a LoRA of a person and a flat garment', async () => {
		const woman = await bed.trained({ base_tune_id: FLUX, model_type: 'lora', token: 'ohwx' });
		const { error } = await bed.run([{}], {
			...fromAddresses(),
			engine: 'flux',
			person_source: 'tune',
			person_tune: picked(woman),
			...garments({
				garment_source: 'address',
				garment: bed.garment,
				garment_class: 'shirt',
				garment_photo: 'flat',
			}),
		});
		expect(error).toBeUndefined();
		expect(lastText()).toBe('<lora:#1:1> <faceid:#2:1> ohwx woman wearing shirt, studio');
		expect(bed.sandbox.astria.tunes()[1]?.fields).toMatchObject({
			title: expect.stringMatching(/^n8n [0-9a-f]{16} shirt flux flat lay \(flat-lay\)$/),
			base_tune_id: FLUX,
		});
		expect(bed.sent()).toMatchObject([{ backend_version: 0, w: 768, h: 1280, num_images: 1 }]);
	});

	test('a worn garment lends its pose, from a tune too', async () => {
		const suit = await bed.call('POST', '/tunes', {
			tune: {
				title: 'Suit',
				name: 'swimming suit',
				model_type: 'faceid',
				base_tune_id: FLUX,
				image_urls: [bed.garment],
			},
		});
		await bed.run([{}], {
			...fromAddresses(),
			engine: 'flux',
			...garments({ garment_source: 'tune', garment_tune: picked(suit), garment_photo: 'worn' }),
		});
		const [image] = bed.sandbox.astria.tunes()[0]?.images ?? [];
		expect(bed.sent()).toMatchObject([
			{ controlnet: 'pose', controlnet_conditioning_scale: 0.4, input_image_url: image?.url },
		]);
		expect(String(bed.sent()[0]?.text)).toMatch(/ --control_guidance_end 0\.5$/);
	});

	test.each<[string, Parameters, RegExp]>([
		[
			'a class that it leaves out',
			{ garment_class: 'shoes' },
			/'Garment Class' is "shoes", which this/,
		],
		[
			'a class in other words',
			{ garment_source: 'tune', garment_tune: picked(1227461) },
			/names tune/,
		],
	])('%s is refused before anything is registered', async (_, garment, message) => {
		const given = { garment_source: 'address', garment: bed.garment, ...garment };
		const { outputs } = await bed.run(
			[{}],
			{ ...fromAddresses(), engine: 'flux', ...garments(given) },
			ERRORS,
		);
		expect(errorsOf(outputs[1])[0]).toMatch(message);
		expect(registered()).toHaveLength(0);
	});

	test('settings that Flux does not know are refused before anything is registered', async () => {
		const parameters = {
			...fromAddresses(),
			engine: 'flux',
			additionalFields: { negative_prompt: 'old' },
		};
		const { outputs } = await bed.run([{}], parameters, ERRORS);
		expect(errorsOf(outputs[1])[0]).toMatch(/'Negative Prompt' is set, but Flux knows none/);
		expect(registered()).toHaveLength(0);
	});
});

describe("Astria's list of models", () => {
	const PRO = 3618064;
	const LIST = /GET \/cli\/models/;

	test('is asked for again when an answer is lost, so that a picture keeps its size', async () => {
		bed.sandbox.faults.add({ on: LIST, fault: { kind: 'reset' } });
		const { error } = await bed.run([{}], { ...fromAddresses(), model: picked(PRO) });
		expect(error).toBeUndefined();
		expect(bed.calls(LIST)).toHaveLength(2);
		expect(bed.sent()).toMatchObject([{ resolution: '2K' }]);
	});

	test('is done without when it cannot be had, which is said', async () => {
		bed.sandbox.faults.add({ on: LIST, fault: { kind: 'reset' }, times: 100 });
		const { outputs, run } = await bed.run([{}, {}], { ...fromAddresses(), model: picked(PRO) });
		expect(jsonOf(outputs[0])).toMatchObject([{ status: 'COMPLETED' }, { status: 'COMPLETED' }]);
		expect(JSON.stringify(run).match(/sizes of model 3618064 are not known/g)).toHaveLength(1);
	});
});

describe('what goes wrong', () => {
	test.each<[string, Parameters, RegExp]>([
		['no garment', { garments: {} }, /'Garments' is empty/],
		[
			'another class of the person, which the row does not name',
			{ person_class: '__other', person_class_other: '={{ $json.none }}' },
			/'Other Person Class' is empty/,
		],
		[
			'another class of a garment, which the row does not name',
			garments({
				garment_source: 'address',
				garment: 'https://example.com/a.jpg',
				garment_class: '__other',
				garment_class_other: ' ',
			}),
			/'Other Garment Class' is empty/,
		],
		['no person', { person: '={{ $json.none }}' }, /'Person' is missing/],
		['a dead address', { person: 'http://127.0.0.1:9/x.jpg' }, /'Person' cannot be opened/],
		[
			'a person trained for another engine',
			{ person_source: 'tune', person_tune: picked(FLUX) },
			/'Person' is tune 1504944 .+ cannot show/,
		],
		[
			'a tune that is gone',
			{ person_source: 'tune', person_tune: picked(999) },
			/'Person Tune' names tune 999/,
		],
		[
			'a source that is none of the choices',
			{ person_source: '={{ "Drive" }}', person_tune: picked(999) },
			/'Person Source' is "Drive", which is none of its choices\. Use one of: Input Data, Tune, URL or Data URI\./,
		],
		[
			'a source in other letters, which is read all the same',
			{ person_source: '={{ "TUNE " }}', person_tune: picked(999) },
			/'Person Tune' names tune 999/,
		],
	])('%s costs nothing', async (_, parameters, message) => {
		const { outputs } = await bed.run([{}], { ...fromAddresses(), ...parameters }, ERRORS);
		expect(errorsOf(outputs[1])[0]).toMatch(message);
		expect(outputs[1]?.[0]?.json.details).toMatchObject({ stage: 'input', charged: 'no' });
		expect(bed.calls(/POST/)).toHaveLength(0);
	});

	test('an engine that is none costs nothing, and one is known by its label', async () => {
		const engine = '={{ $json.engine }}';
		const rows = [await itemOf(1, { engine: 'Fluxx' })];
		const { outputs } = await bed.run(rows, { ...FROM_FILES, engine }, ERRORS);
		expect(errorsOf(outputs[1])[0]).toMatch(
			/^Item 1: 'Engine' is "Fluxx", which is none of its choices\. Use one of: .*Flux, .*Partner Model/,
		);
		expect(bed.calls(/POST/)).toHaveLength(0);
		const { error } = await bed.run([await itemOf(1, { engine: ' FLUX' })], {
			...FROM_FILES,
			engine,
		});
		expect(error).toBeUndefined();
		expect(bed.prompts()[0]?.path).toBe(`/tunes/${FLUX}/prompts`);
	});

	test('one picture for person and garment costs nothing', async () => {
		const garment = (name: string) => ({ garment_source: 'binary', garment_binary: name });
		const two = garments(garment('dress'), garment('person'));
		const { outputs } = await bed.run([await itemOf(1)], { ...FROM_FILES, ...two }, ERRORS);
		const [message] = errorsOf(outputs[1]);
		expect(message).toMatch(/^Item 1: 'Garment 2' is the same picture as 'Person'\./);
		expect(message).toMatch(/'Garment 2 Field Name'.* files of the item are: person, dress\./);
		const address = { ...fromAddresses(), person: bed.garment };
		const estimate = await bed.run([{}], { ...address, operation: 'estimate' });
		expect(estimate.outputs[0]?.[0]?.json).toMatchObject({ ready: false, field: 'Garment' });
		expect(bed.calls(/POST/)).toHaveLength(0);
	});

	test('a page in place of a picture costs nothing', async () => {
		const person = bed.sandbox.media.publish(Buffer.from('<html>'), 'image/jpeg');
		const { outputs } = await bed.run([{}], { ...fromAddresses(), person }, ERRORS);
		expect(errorsOf(outputs[1])[0]).toMatch(/'Person' is not a picture/);
		expect(bed.calls(/POST/)).toHaveLength(0);
	});

	test('a refused prompt names the references, which the next run uses again', async () => {
		const answer = { status: 422, body: { text: ['contains a forbidden word'] } };
		bed.sandbox.faults.add({ on: CREATE_PROMPT, fault: { kind: 'answer', answer } });
		const { outputs } = await bed.run([{}], fromAddresses(), ERRORS);
		const ids = bed.sandbox.astria.tunes().map(({ id }) => String(id));
		expect(errorsOf(outputs[1])[0]).toMatch(
			/forbidden word.* registered as tune \d+, \d+, which the next/,
		);
		// Astria charged for the references, as their own answers say.
		expect(outputs[1]?.[0]?.json.details).toMatchObject({
			tuneIds: expect.arrayContaining(ids),
			charged: 'yes',
		});
		const again = await bed.run([{}], fromAddresses());
		expect(again.outputs[0]).toHaveLength(1);
		expect(registered()).toHaveLength(2);
	});

	test('lost answers of a reference and of the prompt buy nothing twice', async () => {
		const fault = { kind: 'answerAfter', answer: { status: 504 } } as const;
		bed.sandbox.faults.add({ on: CREATE_TUNE, fault, times: 2 });
		bed.sandbox.faults.add({ on: CREATE_PROMPT, fault });
		const { outputs, error } = await bed.run([{}], fromAddresses());
		expect(error).toBeUndefined();
		expect(jsonOf(outputs[0])).toMatchObject([{ status: 'COMPLETED', recovered: true }]);
		expect([bed.calls(CREATE_TUNE), bed.calls(CREATE_PROMPT)].map(({ length }) => length)).toEqual([
			2, 1,
		]);
		expect(registered()).toHaveLength(2);
	});

	test('Retry On Fail picks up what was bought', async () => {
		const rows = ['an error', 'the sea', 'a street'].map((scene) => ({ scene }));
		const { outputs } = await bed.run(rows, fromAddresses(), RETRY_ERRORS);
		expect(outputs[0]).toHaveLength(2);
		expect(errorsOf(outputs[1])[0]).toContain('The provider refused this prompt');
		expect(bed.calls(CREATE_PROMPT)).toHaveLength(3);
		expect(bed.calls(CREATE_TUNE)).toHaveLength(2);
	});

	test('Stop while a picture is registered buys no prompt', async () => {
		bed.sandbox.faults.add({ on: CREATE_TUNE, fault: { kind: 'delay', ms: 150 }, times: 2 });
		const started = bed.start([{}], fromAddresses());
		await atCall(bed.sandbox, CREATE_TUNE, 2);
		started.stop();
		await started.finished;
		await until(() => registered().length === 2);
		await new Promise((resolve) => setTimeout(resolve, 400));
		expect(bed.calls(CREATE_PROMPT)).toHaveLength(0);
	});

	test('Stop ends the wait', async () => {
		const started = bed.start([{ scene: 'stuck' }], fromAddresses());
		await until(() => bed.prompts().length === 1);
		const before = Date.now();
		started.stop();
		await started.finished;
		expect(Date.now() - before).toBeLessThan(500);
	});
});

describe('Delete Temporary Tunes', () => {
	const options = { deleteTunes: true };

	test('deletes what the run registered once all pictures are downloaded, and nothing else', async () => {
		const kept = await bed.trained({ branch: 'fast' });
		const items = [await itemOf(1), await itemOf(1), await itemOf(2)];
		const { outputs } = await bed.run(items, { ...FROM_FILES, options, download: true });
		expect(jsonOf(outputs[0]).map(({ tunesDeleted }) => tunesDeleted)).toEqual([true, true, true]);
		expect(bed.sandbox.astria.tunes().map(({ id }) => id)).toEqual([kept]);
		expect(bed.calls(/DELETE/)).toHaveLength(4);
		const lastPicture = bed.sandbox.calls.findLastIndex(({ service }) => service === 'media');
		const firstDelete = bed.sandbox.calls.findIndex(({ method }) => method === 'DELETE');
		expect(firstDelete).toBeGreaterThan(lastPicture);
	});

	test('leaves what an earlier run registered', async () => {
		await bed.run([await itemOf(1)], FROM_FILES);
		const { outputs } = await bed.run([await itemOf(1)], {
			...FROM_FILES,
			options,
			download: true,
		});
		expect(jsonOf(outputs[0])[0]?.tunesDeleted).toBe(true);
		expect(bed.sandbox.astria.tunes()).toHaveLength(2);
	});

	test('registers nothing where it is added, and neither on nor off', async () => {
		const deleteTunes = '={{ $json.none }}';
		const { outputs } = await bed.run(
			[await itemOf(1)],
			{
				...FROM_FILES,
				options: { deleteTunes },
			},
			ERRORS,
		);
		expect(errorsOf(outputs[1])[0]).toMatch(
			/'Delete Temporary Tunes' is empty, neither on nor off\. Turn it on or off, or remove/,
		);
		expect(bed.sandbox.astria.tunes()).toEqual([]);
	});

	const tunesLeft = () => bed.sandbox.astria.tunes().map(({ id }) => id);

	test.each<[string, INodeExecutionData['json'][], Parameters]>([
		['one row of three failed', [{ scene: 'an error' }, {}, {}], { download: true }],
		['nothing was downloaded', [{}], { download: false }],
	])('deletes them when %s', async (_, rows, parameters) => {
		const items = await Promise.all(rows.map(async (json) => await itemOf(1, json)));
		const { outputs } = await bed.run(items, { ...FROM_FILES, options, ...parameters }, ERRORS);
		expect(new Set(jsonOf(outputs[0]).map(({ tunesDeleted }) => tunesDeleted))).toEqual(
			new Set([true]),
		);
		expect(bed.calls(/DELETE/)).toHaveLength(2);
		expect(tunesLeft()).toEqual([]);
	});

	test('keeps and names them when a download failed', async () => {
		const fault = { kind: 'answer', answer: { status: 404 } } as const;
		bed.sandbox.faults.add({ on: /GET \/files\/\w+\/\w+\/[\w-]+$/, fault, times: 50 });
		const parameters = { ...FROM_FILES, options, download: true };
		const { outputs } = await bed.run([await itemOf(1)], parameters, ERRORS);
		expect(bed.calls(/DELETE/)).toHaveLength(0);
		const [item] = jsonOf(outputs[0]);
		expect(item).toMatchObject({ tunesDeleted: false });
		expect(Array.isArray(item?.tunesNotDeleted) ? item.tunesNotDeleted.sort() : []).toEqual(
			tunesLeft(),
		);
	});

	test('keeps and names those of a prompt that goes on, and deletes the others', async () => {
		const items = [await itemOf(1, { scene: 'stuck' }), await itemOf(2)];
		const parameters = { ...FROM_FILES, options: { ...options, maxWait: 20 }, download: true };
		const { outputs } = await bed.run(items, parameters, ERRORS);
		expect(jsonOf(outputs[0])).toMatchObject([{ tunesDeleted: true }]);
		const left = tunesLeft();
		expect(left).toHaveLength(2);
		const [message] = errorsOf(outputs[1]);
		expect(message).toMatch(
			/goes on\. Temporary tune \d+, \d+ was not deleted\. Fetch it with Get/,
		);
		for (const id of left) expect(message).toContain(String(id));
		expect(outputs[1]?.[0]?.json.details).toMatchObject({ charged: 'unknown' });
	});

	test('keeps those of a prompt of which nobody knows', async () => {
		bed.sandbox.faults.add({
			on: CREATE_PROMPT,
			fault: { kind: 'answer', answer: { status: 504 } },
		});
		const { outputs } = await bed.run([await itemOf(1)], { ...FROM_FILES, options }, ERRORS);
		expect(tunesLeft()).toHaveLength(2);
		for (const id of tunesLeft()) expect(errorsOf(outputs[1])[0]).toContain(String(id));
	});

	test('deletes them under Stop Workflow too', async () => {
		const answer = { status: 422, body: { text: ['contains a forbidden word'] } };
		bed.sandbox.faults.add({ on: CREATE_PROMPT, fault: { kind: 'answer', answer } });
		const { error } = await bed.run([await itemOf(1)], { ...FROM_FILES, options });
		expect(error?.message).toMatch(/forbidden word/);
		expect(tunesLeft()).toEqual([]);
	});

	test('deletes them after Stop, when no prompt was bought', async () => {
		bed.sandbox.faults.add({ on: CREATE_TUNE, fault: { kind: 'delay', ms: 150 }, times: 2 });
		const started = bed.start([await itemOf(1)], { ...FROM_FILES, options });
		await atCall(bed.sandbox, CREATE_TUNE, 2);
		started.stop();
		await started.finished;
		await until(() => bed.calls(/DELETE/).length === 2);
		await until(() => tunesLeft().length === 0);
		expect(bed.prompts()).toHaveLength(0);
	});

	test('never touches what another execution has found by its title', async () => {
		bed.sandbox.astria.options.generationMs = 400;
		const temporary = bed.start([await itemOf(1)], { ...FROM_FILES, options });
		await until(() => bed.prompts().length === 1);
		const other = await bed.run([await itemOf(1)], FROM_FILES);
		const ids = jsonOf(other.outputs[0])[0]?.tuneIds;
		await temporary.finished;
		expect(jsonOf(other.outputs[0])).toMatchObject([{ status: 'COMPLETED' }]);
		expect(Array.isArray(ids) ? ids.sort() : []).toEqual(tunesLeft());
		expect(registered()).toHaveLength(4);
	});

	test("keeps those of a prompt that still runs, when the editor's Retry makes another one", async () => {
		const answer = { status: 422, body: { text: ['contains a forbidden word'] } };
		bed.sandbox.faults.add({ on: CREATE_PROMPT, fault: { kind: 'answer', answer }, after: 1 });
		const workflow = (scene: string) =>
			together.workflow(
				{
					nodeType: new AstriaPrompt(),
					credential: bed.credential,
					parameters: () => ({
						...fromAddresses(),
						scene,
						download: true,
						options,
					}),
				},
				[{}, {}],
			);
		const failed = await runWorkflow(workflow('stuck'));
		expect(failed.run.status).toBe('error');
		const left = tunesLeft();
		expect(left).toHaveLength(2);
		const retried = await retryInEditor(failed, workflow('studio'));
		expect(retried.run.data.resultData.error?.message).toBeUndefined();
		const { good } = together.rows(retried);
		expect(good.map(({ tunesDeleted }) => tunesDeleted)).toEqual([false, false]);
		expect(tunesLeft()).toEqual(left);
	});

	test('also after a retry, which registers nothing again', async () => {
		const answer = { status: 422, body: { base: ['No'] } };
		bed.sandbox.faults.add({ on: CREATE_PROMPT, fault: { kind: 'answer', answer } });
		const parameters = { ...FROM_FILES, options, download: true };
		const { outputs } = await bed.run([await itemOf(1)], parameters, RETRY_ERRORS);
		expect(jsonOf(outputs[0])).toMatchObject([{ status: 'COMPLETED', tunesDeleted: true }]);
		expect(registered()).toHaveLength(2);
		expect(bed.calls(CREATE_PROMPT)).toHaveLength(2);
		expect(bed.sandbox.astria.tunes()).toHaveLength(0);
	});

	test('tells when one could not be deleted', async () => {
		const fault = { kind: 'answer', answer: { status: 500 } } as const;
		bed.sandbox.faults.add({ on: /DELETE/, fault });
		const { outputs, error } = await bed.run([await itemOf(1)], {
			...FROM_FILES,
			options,
			download: true,
		});
		expect(error).toBeUndefined();
		expect(jsonOf(outputs[0])[0]).toMatchObject({
			tunesDeleted: false,
			tunesNotDeleted: tunesLeft(),
		});
		expect(bed.sandbox.astria.tunes()).toHaveLength(1);
	});
});

test('a dead address is blamed on the field that it stands in, in each row', async () => {
	const dead = 'http://127.0.0.1:9/x.jpg';
	const { outputs } = await bed.run(
		[
			{ person: dead, garment: bed.garment },
			{ person: bed.person, garment: dead },
		],
		{
			...fromAddresses(),
			person: '={{ $json.person }}',
			...garments({
				garment_source: 'address',
				garment: '={{ $json.garment }}',
				garment_class: 'dress',
			}),
		},
		{ onError: 'continueRegularOutput' },
	);
	const [first, second] = errorsOf(outputs[0]);
	expect(first).toContain("'Person' cannot be opened");
	expect(second).toContain("'Garment' cannot be opened");
});
