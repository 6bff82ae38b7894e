import type { INodeExecutionData, INodeParameters } from 'n8n-workflow';

import { PROMPT_FIELDS, PROMPT_SETTINGS } from '../../../../lib/astria/fields/prompt';
import type { Field, PictureField } from '../../../../lib/fields/field';
import { objectOf } from '../../../../lib/json';
import { FILE_GROUP } from '../../../../nodes/shared/fieldProperty';
import { decode } from '../../../../sandbox/astria/decode';
import { isTree, type Param, Upload } from '../../../../sandbox/astria/params';
import { sampleVideo } from '../../../../sandbox/astria/video';
import { storeFile, useBinaryMode } from '../../../engine/engine';
import type { Parameters } from '../../../engine/items';
import { smallPerson } from '../../../engine/pictures';
import {
	collectedAddress,
	collectedFile,
	inForm,
	type Sample,
	samplesOf,
} from '../AstriaTune/samples';
import { type Bed, makeBed, PARTNER } from './bed';

let bed: Bed;
let picture: Buffer;
/** Files of an item, each under a name that does not tell its type. */
let files: Record<'data' | 'video' | 'audio' | 'other', Awaited<ReturnType<typeof storeFile>>>;

beforeAll(async () => {
	await useBinaryMode('default');
	// Nothing is waited for here, so nothing needs to be made.
	bed = await makeBed({ astria: { generationMs: 600_000 } });
	picture = await smallPerson(1);
	const sound = Buffer.concat([Buffer.from('ID3'), Buffer.alloc(20)]);
	files = {
		data: await storeFile(picture, 'wrong.png', 'image/png'),
		other: await storeFile(await smallPerson(2), 'other', 'text/plain'),
		video: await storeFile(sampleVideo('x'), 'clip.bin', 'text/plain'),
		audio: await storeFile(sound, 'sound.bin', 'text/plain'),
	};
});

afterAll(async () => {
	await bed.sandbox.close();
});

/** One POST: where it went, what it sent under `prompt`, and how it was written down. */
interface Sent {
	path: string;
	encoding: string;
	prompt: Record<string, unknown>;
}

function plain(value: Param | undefined): unknown {
	if (value instanceof Upload) return { file: value.filename, type: value.contentType };
	if (Array.isArray(value)) return value.map(plain);
	if (!isTree(value)) return value;
	return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, plain(inner)]));
}

/** Sends one call for each row; what Astria thinks of the values is not the question here. */
async function send(parameters: Parameters, rows: INodeExecutionData[]): Promise<Sent[]> {
	const before = bed.calls(/^POST/).length;
	const settings = { onError: 'continueRegularOutput' } as const;
	const options = { distinct: false, jobsInFlight: 1 };
	const { error } = await bed.run(rows, { wait: 'none', options, ...parameters }, settings);
	expect(error).toBeUndefined();
	return await Promise.all(
		bed
			.calls(/^POST/)
			.slice(before)
			.map(async (call) => {
				const { params, encoding } = await decode(call);
				const prompt: Array<[string, unknown]> = Object.entries(objectOf(plain(params.prompt)));
				return { path: call.path, encoding, prompt: Object.fromEntries(prompt) };
			}),
	);
}

/** What a field needs beside it to be sent at all. */
function companionsOf(name: string, { needs }: Field): INodeParameters {
	if (needs === 'input_image') return { input_image: collectedAddress('input_image') };
	const isOfVideo = [name, needs].some((word) => word?.startsWith('video_'));
	return {
		...(isOfVideo && { video_model: 'a_new_model', video_prompt: 'She turns' }),
		...(needs === 'video_upscale_model' && { video_upscale_model: 'seedvr2' }),
		...(name === 'video_model' && { input_video: collectedAddress('input_video') }),
	};
}

/** Where a field stands: on the panel, or among the added ones. */
function placed(name: string, { onPanel }: Field, value: INodeParameters[string]): Parameters {
	return onPanel ? { [name]: value } : { additionalFields: { [name]: value } };
}

const FIELDS = Object.entries<Field>(PROMPT_SETTINGS);

type PlainField = Exclude<Field, PictureField>;

const PLAIN = FIELDS.flatMap(
	([name, field]): Array<[string, PlainField]> => (field.type === 'picture' ? [] : [[name, field]]),
);

const PICTURES = FIELDS.flatMap(
	([name, field]): Array<[string, PictureField]> =>
		field.type === 'picture' ? [[name, field]] : [],
);

async function sendSamples(
	name: string,
	field: PlainField,
	samples: Sample[],
	asForm: boolean,
): Promise<Sent[]> {
	const rows = samples.map(({ given }) => ({ json: { value: given }, binary: files }));
	const [first] = samples;
	const given = samples.length > 1 ? '={{ $json.value }}' : (first?.given ?? '');
	const own = placed(name, field, given);
	const additionalFields = {
		...companionsOf(name, field),
		// Another file in the call makes a form of it.
		...(asForm && { input_image: collectedFile('input_image') }),
		...objectOf(own.additionalFields),
	};
	return await send({ ...own, additionalFields }, rows);
}

describe('every field of a prompt arrives', () => {
	test.each(PLAIN)('%s', async (name, field) => {
		const samples = samplesOf(field);
		const json = await sendSamples(name, field, samples, false);
		expect(json.map(({ prompt }) => prompt[name])).toEqual(samples.map(({ expected }) => expected));
		expect(json[0]).toMatchObject({ path: `/tunes/${PARTNER}/prompts`, encoding: 'json' });
		const form = await sendSamples(name, field, samples, true);
		expect(form.map(({ prompt }) => prompt[name])).toEqual(
			samples.map(({ expected }) => inForm(expected)),
		);
		expect(new Set(form.map(({ encoding }) => encoding))).toEqual(new Set(['multipart']));
	});

	test('text', async () => {
		const text = ' ohwx woman, "studio"\nwith a = b & <lora:1:0.5> ';
		const sent = await send({ text }, [{ json: {} }]);
		expect(sent).toEqual([
			{ path: `/tunes/${PARTNER}/prompts`, encoding: 'json', prompt: { text: text.trim() } },
		]);
	});

	test('and nothing that was not added, nor an empty cell of a sheet', async () => {
		const input_image = collectedAddress('input_image', '');
		const additionalFields = { seed: '={{ $json.none }}', input_image };
		const [sent] = await send({ num_images: '', aspect_ratio: '', additionalFields }, [
			{ json: {} },
		]);
		expect(sent?.prompt).toEqual({ text: 'a photo' });
	});

	test('0 and false are sent', async () => {
		const [sent] = await send(
			{
				additionalFields: {
					seed: '0',
					steps: 0,
					cfg_scale: '0',
					face_swap: false,
					denoising_strength: 0,
					input_image: collectedAddress('input_image'),
				},
			},
			[{ json: {} }],
		);
		expect(sent?.prompt).toMatchObject({
			seed: 0,
			steps: 0,
			cfg_scale: 0,
			face_swap: false,
			denoising_strength: 0,
		});
	});

	test('a model that the list does not know, from the list, by name or by expression', async () => {
		for (const video_model of [
			{ __rl: true, mode: 'list', value: 'brand_new_4k' },
			{ __rl: true, mode: 'name', value: 'brand_new_4k' },
			'={{ "brand_new_4k" }}',
		]) {
			const additionalFields = { video_model, video_prompt: 'She turns' };
			const [sent] = await send({ additionalFields }, [{ json: {} }]);
			expect(sent?.prompt.video_model).toBe('brand_new_4k');
		}
	});

	test('fields of tomorrow, which win', async () => {
		const additional_fields = '{"text":"Wins","brand_new":{"a":[1]},"seed":null}';
		const [sent] = await send({ additionalFields: { seed: 4, additional_fields } }, [{ json: {} }]);
		expect(sent?.prompt).toEqual({ text: 'Wins', brand_new: { a: [1] }, seed: null });
	});
});

const PICTURES_BY_NAME = Object.fromEntries(PICTURES);

const MEDIA_FIELD = { picture: 'data', video: 'video', audio: 'audio' };
const MEDIA_PART = {
	picture: { file: 'wrong.jpg', type: 'image/jpeg' },
	video: { file: 'clip.mp4', type: 'video/mp4' },
	audio: { file: 'sound.mp3', type: 'audio/mpeg' },
};

describe('every file of a prompt arrives', () => {
	const collect = (name: string, file: INodeParameters): Parameters => ({
		additionalFields: {
			...companionsOf(name, PICTURES_BY_NAME[name] ?? PROMPT_FIELDS.text),
			[name]: { [FILE_GROUP]: file },
		},
	});

	test.each(PICTURES)('%s as a file, typed by its bytes', async (name, field) => {
		const media = field.media ?? 'picture';
		const source = { [`${name}_source`]: 'binary', [`${name}_binary`]: MEDIA_FIELD[media] };
		const [sent] = await send(collect(name, source), [{ json: {}, binary: files }]);
		expect(sent?.encoding).toBe('multipart');
		const part = MEDIA_PART[media];
		expect(sent?.prompt[name]).toEqual(field.multiple ? [part] : part);
	});

	test.each(PICTURES)('%s as an address', async (name, field) => {
		const address = 'https://example.com/ü.jpg';
		const source = { [`${name}_source`]: 'address', [name]: address };
		const [sent] = await send(collect(name, source), [{ json: {} }]);
		const encoded = 'https://example.com/%C3%BC.jpg';
		expect(sent?.encoding).toBe('json');
		expect(sent?.prompt[field.addressName ?? name]).toEqual(field.multiple ? [encoded] : encoded);
		expect(sent?.prompt).not.toHaveProperty(name);
	});

	test.each(PICTURES.filter(([, { media }]) => media === undefined))(
		'%s as a data URI',
		async (name, field) => {
			const uri = `data:image/jpeg;base64,${picture.toString('base64')}`;
			const source = { [`${name}_source`]: 'address', [name]: uri };
			const [sent] = await send(collect(name, source), [{ json: {} }]);
			const part = { file: 'picture.jpg', type: 'image/jpeg' };
			const expected = field.inlineName
				? { encoding: 'json', prompt: { [field.inlineName]: uri } }
				: { encoding: 'multipart', prompt: { [name]: field.multiple ? [part] : part } };
			expect(sent).toMatchObject(expected);
		},
	);

	test('several references keep their order', async () => {
		const binary = { image_references_source: 'binary', image_references_binary: 'other, data' };
		const [form] = await send(collect('image_references', binary), [{ json: {}, binary: files }]);
		expect(form?.prompt.image_references).toEqual([
			{ file: 'other.jpg', type: 'image/jpeg' },
			MEDIA_PART.picture,
		]);
		const addresses = ['https://example.com/2', 'https://example.com/1'];
		const address = { image_references_source: 'address', image_references: addresses.join('\n') };
		const [json] = await send(collect('image_references', address), [{ json: {} }]);
		expect(json?.prompt.image_reference_urls).toEqual(addresses);
	});
});

describe('where a picture comes from', () => {
	const optional = (source: string): Parameters => ({
		additionalFields: {
			input_image: {
				[FILE_GROUP]: { input_image_source: source, input_image_binary: 'data', input_image: '' },
			},
		},
	});

	test.each(['Input Data', 'Binary', 'binary ', 'INPUT DATA'])(
		'may be called %j',
		async (source) => {
			const rows = [{ json: { source }, binary: files }];
			const [sent] = await send(optional('={{ $json.source }}'), rows);
			expect(sent?.prompt.input_image).toEqual(MEDIA_PART.picture);
		},
	);

	test('is an address where a cell says nothing, and a row without one has none', async () => {
		const [sent] = await send(optional('={{ $json.source }}'), [{ json: {}, binary: files }]);
		expect(sent?.prompt).toEqual({ text: 'a photo' });
	});

	test('is refused by name before anything is paid, where it is none of the choices', async () => {
		const before = bed.calls(/^POST/).length;
		const rows = [{ json: { source: 'Drive' }, binary: files }];
		const { error } = await bed.run(rows, { wait: 'none', ...optional('={{ $json.source }}') });
		expect(error?.message).toBe(
			`Item 1: 'Input Image Source' is "Drive", which is none of its choices.`,
		);
		expect(error?.description).toBe(
			'Use one of: Input Data, URL or Data URI. This row was not charged.',
		);
		expect(bed.calls(/^POST/)).toHaveLength(before);
	});
});
