import sharp from 'sharp';

import { speedUp } from '../../../engine/clock';
import { readFile, storeFile, useBinaryMode } from '../../../engine/engine';
import { errorsOf, jsonOf, type Parameters, picked } from '../../../engine/items';
import { smallPerson } from '../../../engine/pictures';
import { DOCUMENTED_BLOCK, DOCUMENTED_PROMPT } from '../../../lib/astria/prompts/samples';
import { collectedAddress, collectedFile } from '../AstriaTune/samples';
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

describe('what comes out', () => {
	test('one item per picture, flat, in the order of the rows, each paired with its row', async () => {
		const rows = [1, 3, 2].map((count) => ({ count, text: `photo ${count}` }));
		const { outputs, error } = await bed.run(rows, {
			num_images: '={{ $json.count }}',
			additionalFields: { seed: 7 },
		});
		expect(error).toBeUndefined();
		const shape = outputs[0]?.map(({ json, pairedItem }) => [
			pairedItem,
			json.text,
			json.imageIndex,
			json.imageCount,
		]);
		expect(shape).toEqual(
			rows.flatMap(({ count, text }, item) =>
				Array.from({ length: count }, (_, index) => [{ item }, text, index, count]),
			),
		);
		expect(outputs[0]?.[0]?.json).toEqual({
			imageUrl: expect.stringContaining(bed.sandbox.media.url),
			contentType: 'image/jpeg',
			fileName: expect.stringMatching(/^\d+-0\.jpg$/),
			imageIndex: 0,
			imageCount: 1,
			promptId: bed.prompts().find(({ id }) => id === outputs[0]?.[0]?.json.promptId)?.id,
			tuneId: PARTNER,
			status: 'COMPLETED',
			text: 'photo 1',
			seed: 7,
			cost: 0.04,
			createdAt: expect.any(String),
			startedAt: expect.any(String),
			endedAt: expect.any(String),
			currency: 'USD',
		});
	});

	test('one item per row holds all pictures of the row', async () => {
		const { outputs } = await bed.run([{}], {
			num_images: 3,
			output: 'row',
			download: true,
			options: { outputField: 'photo' },
		});
		expect(outputs[0]).toHaveLength(1);
		const [item] = outputs[0] ?? [];
		expect(item?.json.imageUrls).toHaveLength(3);
		expect(Object.keys(item?.binary ?? {})).toEqual(['photo', 'photo_1', 'photo_2']);
	});

	test.each(['default', 'filesystem'] as const)(
		'files, typed by their bytes, in binary mode %s',
		async (mode) => {
			await useBinaryMode(mode);
			const { outputs } = await bed.run(
				[{ text: 'a photo' }, { text: 'a photo --remove_background' }],
				{ download: true },
			);
			const found = await Promise.all(
				(outputs[0] ?? []).map(async (item) => {
					const { format } = await sharp(await readFile(item)).metadata();
					return [format, item.binary?.data?.mimeType, item.json.fileName];
				}),
			);
			expect(found).toEqual([
				['jpeg', 'image/jpeg', expect.stringMatching(/^astria-\d+-1\.jpg$/)],
				['png', 'image/png', expect.stringMatching(/^astria-\d+-1\.png$/)],
			]);
			await useBinaryMode('default');
		},
	);

	test('a video, and not the picture that it begins with', async () => {
		const { outputs } = await bed.run([{}], {
			additionalFields: { video_model: 'kling25', video_prompt: 'She turns' },
			download: true,
		});
		expect(jsonOf(outputs[0])).toMatchObject([
			{ contentType: 'video/mp4', videoModel: 'kling25', imageCount: 1 },
		]);
		expect(outputs[0]?.[0]?.binary?.data?.mimeType).toBe('video/mp4');
	});

	test('ids at once without waiting', async () => {
		const { outputs } = await bed.run([{}, {}], { wait: 'none' });
		const ids = bed.prompts().map(({ id }) => id);
		expect(jsonOf(outputs[0]).map(({ promptId }) => promptId)).toEqual(ids);
		expect(jsonOf(outputs[0])[0]).toMatchObject({ tuneId: PARTNER, status: 'IN_QUEUE' });
		expect(bed.calls(/^GET/)).toHaveLength(0);
	});

	test.each(['bare', 'wrapped', 'array'] as const)(
		'whatever the answer looks like: %s',
		async (shape) => {
			bed.sandbox.astria.options.promptAnswer = shape;
			const { outputs } = await bed.run([{}]);
			expect(jsonOf(outputs[0])).toMatchObject([{ status: 'COMPLETED' }]);
		},
	);

	test('a download that fails loses no address', async () => {
		bed.sandbox.faults.add({
			on: /GET \/files/,
			fault: { kind: 'answer', answer: { status: 404 } },
			times: 9,
		});
		const { outputs, error } = await bed.run([{}], { download: true });
		expect(error).toBeUndefined();
		expect(jsonOf(outputs[0])).toMatchObject([
			{ imageUrl: expect.any(String), downloadError: expect.stringContaining('status 404') },
		]);
	});
});

describe('every call', () => {
	test('has the key, a name of its own and the workspace; pictures are fetched without', async () => {
		await bed.sandbox.close();
		bed = await makeBed({ credential: { workspaceId: '41' } });
		await bed.run([{}, {}], { download: true });
		const calls = bed.calls();
		expect(calls.length).toBeGreaterThan(2);
		for (const { headers } of calls) {
			expect(headers).toMatchObject({
				authorization: `Bearer ${bed.sandbox.astria.key}`,
				accept: 'application/json',
				'x-workspace-id': '41',
				'user-agent': expect.stringMatching(/^n8n-nodes-virtual-try-on\//),
			});
		}
		const pictures = bed.sandbox.calls.filter(({ service }) => service === 'media');
		expect(pictures).toHaveLength(2);
		for (const { headers } of pictures) {
			expect(headers.authorization).toBeUndefined();
			expect(headers['x-workspace-id']).toBeUndefined();
		}
	});

	test('of a prompt in another workspace finds it there', async () => {
		const { outputs } = await bed.run([{}], { additionalFields: { workspace_id: 41 } });
		expect(jsonOf(outputs[0])).toMatchObject([{ workspaceId: 41, status: 'COMPLETED' }]);
		expect(jsonOf(outputs[0])[0]).not.toHaveProperty('warning');
		for (const { headers } of bed.calls(/^GET/)) expect(headers['x-workspace-id']).toBe('all');
	});

	test('a workspace that is closed to the key is told', async () => {
		const { outputs } = await bed.run([{}], { additionalFields: { workspace_id: 99 } });
		expect(jsonOf(outputs[0])).toMatchObject([
			{ warning: 'Astria did not put the prompt into workspace 99.' },
		]);
	});
});

/** A text block over a picture that the sandbox can open. */
function block(): string {
	return DOCUMENTED_BLOCK.replace(DOCUMENTED_PROMPT.input_image_url, bed.person);
}

describe('a pasted text block', () => {
	test('is the documented try-on, end to end: person, garment, four pictures', async () => {
		const woman = await bed.trained({ branch: 'sd15', token: 'ohwx' });
		const { outputs, error } = await bed.run([{ block: block() }], {
			tuneId: picked(woman),
			text: '',
			text_block: '={{ $json.block }}',
			download: true,
		});
		expect(error).toBeUndefined();
		expect(bed.prompts()).toMatchObject([{ path: `/tunes/${woman}/prompts`, encoding: 'json' }]);
		expect(bed.sent()).toEqual([
			{ ...DOCUMENTED_PROMPT, input_image_url: bed.person, seed: expect.any(Number) },
		]);
		expect(outputs[0]).toHaveLength(4);
		for (const item of outputs[0] ?? []) {
			expect((await sharp(await readFile(item)).metadata()).format).toBe('jpeg');
		}
	});

	test('sends exactly what it says where no seed is wanted', async () => {
		const options = { distinct: false };
		await bed.run([{}], {
			tuneId: picked(SD15),
			text: '',
			text_block: block(),
			options,
			wait: 'none',
		});
		expect(bed.sent()).toEqual([{ ...DOCUMENTED_PROMPT, input_image_url: bed.person }]);
	});

	test('gives way to what is set in the node', async () => {
		await bed.run([{}], {
			tuneId: picked(SD15),
			text: 'my own words',
			text_block: block(),
			num_images: 1,
			additionalFields: {
				seed: 3,
				w: 512,
				h: 640,
				use_lpw: false,
				input_image: collectedAddress('input_image', bed.garment),
			},
			wait: 'none',
		});
		const { ar: _, ...rest } = DOCUMENTED_PROMPT;
		expect(bed.sent()).toEqual([
			{
				...rest,
				text: 'my own words',
				num_images: 1,
				seed: 3,
				w: 512,
				h: 640,
				use_lpw: false,
				input_image_url: bed.garment,
			},
		]);
	});

	test('is read from a list of one, and refused where it is no text', async () => {
		const rows = [{ b: ['a red dress\nnum_images=1\nseed=5'] }, { b: { text: 'x' } }];
		const { outputs } = await bed.run(rows, { text: '', text_block: '={{ $json.b }}' }, ERRORS);
		expect(bed.sent()).toMatchObject([{ text: 'a red dress', num_images: 1, seed: 5 }]);
		expect(errorsOf(outputs[1])).toEqual([
			expect.stringMatching(/^Item 2: 'Paste From Astria' is .+, not text/),
		]);
	});

	test('with a key that nobody knows is refused before anything is paid', async () => {
		const { outputs } = await bed.run([{}], { text_block: 'x\nnum_image=4' }, ERRORS);
		expect(errorsOf(outputs[1])).toEqual([
			expect.stringMatching(/^Item 1: 'Paste From Astria' names settings .+ num_image\./),
		]);
		expect(bed.calls()).toHaveLength(0);
	});
});

/** A person as Flux trains one. */
const LORA = { model_type: 'lora', base_tune_id: FLUX, branch: 'flux1' };

describe('references', () => {
	const refer = (...reference: Parameters[]): Parameters => ({ references: { reference } });

	test('become tokens with their class, in the text and in the video prompt', async () => {
		const jane = await bed.trained(LORA);
		await bed.run([{}], {
			text: 'at the sea',
			additionalFields: { video_model: 'seedance2_fast_720p', video_prompt: 'She turns' },
			...refer(
				{ tune: picked(jane), kind: 'lora', weight: 0.8, class_name: 'ohwx woman' },
				{ tune: picked(1227460), kind: 'faceid', weight: 1, into: 'video_prompt' },
			),
			wait: 'none',
		});
		expect(bed.sent()).toMatchObject([
			{
				text: `<lora:${jane}:0.8> ohwx woman at the sea`,
				video_prompt: `<lora:${jane}:0.8> ohwx woman <faceid:1227460:1> clothing She turns`,
			},
		]);
	});

	test('of another workspace are what is said of them, where that is all that a token needs', async () => {
		const elsewhere = [
			{ tune: picked(999), kind: 'lora', class_name: 'ohwx woman' },
			{ tune: picked(998), kind: 'faceid', class_name: 'dress' },
		];
		await bed.run([{}], { tuneId: picked(FLUX), ...refer(...elsewhere), wait: 'none' });
		expect(bed.sent().map((prompt) => prompt.text)).toEqual([
			'<lora:999:1> ohwx woman <faceid:998:1> dress a photo',
		]);
	});

	test('are of the kind that their tune is', async () => {
		const jane = await bed.trained(LORA);
		const chosen = [{ tune: picked(jane) }, { tune: picked(1227460), kind: 'Automatic' }];
		for (const one of chosen) {
			await bed.run([{}], { tuneId: picked(FLUX), ...refer(one), wait: 'none' });
		}
		expect(bed.sent().map((prompt) => prompt.text)).toEqual([
			`<lora:${jane}:1> a photo`,
			'<faceid:1227460:1> clothing a photo',
		]);
	});

	test.each<[string, Record<string, unknown>, string, RegExp]>([
		[
			'a LoRA as FaceID',
			LORA,
			'faceid',
			/tune \d+ as FaceID, but it is a LoRA\. Set 'Kind' to Auto/,
		],
		[
			'a FaceID as LoRA',
			{ model_type: 'faceid', base_tune_id: FLUX },
			'lora',
			/tune \d+ as LoRA, but it is a FaceID/,
		],
		['a whole model', { branch: 'sd15' }, 'automatic', /neither .* choose it as the 'Tune' of the/],
		['a whole model as LoRA', { branch: 'sd15' }, 'lora', /neither a FaceID nor a LoRA/],
		['a mock that says nothing', { branch: 'fast' }, 'automatic', /Set its 'Kind' to how/],
	])('refuse %s before anything is paid', async (_what, fields, kind, message) => {
		const tune = picked(await bed.trained(fields));
		const { outputs } = await bed.run([{}], refer({ tune, kind }), ERRORS);
		expect(errorsOf(outputs[1])[0]).toMatch(message);
		expect(bed.prompts()).toHaveLength(0);
	});

	test('to a mock are of the kind that is said', async () => {
		const tune = picked(await bed.trained({ branch: 'fast' }));
		await bed.run([{}], { ...refer({ tune, kind: 'lora' }), wait: 'none' });
		expect(bed.sent()[0]?.text).toMatch(/^<lora:/);
	});

	test('are not repeated, and make a text of their own', async () => {
		const suit = { tune: picked(1227460), kind: 'faceid', weight: 1 };
		await bed.run([{ text: 'a <faceid:1227460:0.5> suit' }, { text: '' }], {
			...refer(suit),
			options: { jobsInFlight: 1 },
			wait: 'none',
		});
		expect(bed.sent()).toMatchObject([
			{ text: 'a <faceid:1227460:0.5> suit' },
			{ text: '<faceid:1227460:1> clothing' },
		]);
		// Its class is asked for once, whatever the number of rows.
		expect(bed.calls(/GET \/tunes/)).toHaveLength(1);
	});

	test('to a tune that is gone are refused before anything is paid', async () => {
		const gone = { tune: picked(999), kind: 'faceid', weight: 1 };
		const { outputs } = await bed.run([{}], refer(gone), ERRORS);
		expect(errorsOf(outputs[1])[0]).toMatch(/^Item 1: 'References' names tune 999, which Astria/);
		expect(bed.prompts()).toHaveLength(0);
	});
});

describe('rules of the model', () => {
	test.each<[string, number, Parameters, RegExp]>([
		[
			'Flux',
			FLUX,
			{ additionalFields: { negative_prompt: 'old' } },
			/'Negative Prompt' is set, but Flux/,
		],
		['Flux', FLUX, { additionalFields: { cfg_scale: 7 } }, /'CFG Scale' is 7, too much for Flux/],
		['SD', SD15, { additionalFields: { hires_fix: true } }, /'HiRes Fix' needs 'Super Resolution'/],
		['SD', SD15, { additionalFields: { controlnet: 'pose' } }, /'ControlNet' needs 'Input Image'/],
		['SD', SD15, { additionalFields: { w: 100 } }, /'Width' is 100, not a multiple of 8/],
		['SD', SD15, { num_images: 9 }, /'Number of Images' is 9, more than 8/],
	])('%s: %d refuses %j', async (_, tuneId, parameters, message) => {
		const { outputs } = await bed.run([{}], { tuneId: picked(tuneId), ...parameters }, ERRORS);
		expect(errorsOf(outputs[1])[0]).toMatch(message);
		expect(outputs[1]?.[0]?.json.details).toMatchObject({ stage: 'input', charged: 'no' });
		expect(bed.prompts()).toHaveLength(0);
	});

	test('a partner model inpaints faces by itself', async () => {
		const { outputs } = await bed.run([{}], { additionalFields: { inpaint_faces: true } }, ERRORS);
		expect(outputs[0]).toHaveLength(1);
	});

	test('a picture that is none is refused before anything is paid', async () => {
		const binary = { data: await storeFile(Buffer.from('<html>'), 'a.jpg', 'image/jpeg') };
		const additionalFields = { input_image: collectedFile('input_image') };
		const { outputs } = await bed.run([{ json: {}, binary }], { additionalFields }, ERRORS);
		expect(errorsOf(outputs[1])[0]).toMatch(/'Input Image' is not a picture/);
		expect(bed.calls()).toHaveLength(0);
	});
});

test('a file of the item goes along, and the picture is made of it', async () => {
	const photo = await smallPerson(4);
	const binary = { data: await storeFile(photo, 'anna.png', 'image/png') };
	const additionalFields = { input_image: collectedFile('input_image') };
	const { outputs } = await bed.run([{ json: {}, binary }], { additionalFields });
	expect(jsonOf(outputs[0])).toMatchObject([{ status: 'COMPLETED' }]);
	const [call] = bed.calls(/^POST/);
	expect(call?.headers['content-type']).toMatch(/^multipart\/form-data; boundary=/);
	expect(call?.body.includes(photo)).toBe(true);
});

test('more rows than allowed are refused before anything is paid', async () => {
	const { error } = await bed.run([{}, {}, {}], { options: { maxJobs: 2 } });
	expect(error?.message).toMatch(/This run has 3 rows, more than the 2/);
	expect(bed.calls()).toHaveLength(0);
});
