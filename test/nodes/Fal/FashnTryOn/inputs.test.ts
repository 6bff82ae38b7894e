import { isObject } from '../../../../lib/json';
import type { INodeExecutionData, NodeParameterValueType } from 'n8n-workflow';

import { storeFile, useBinaryMode } from '../../../engine/engine';
import { errorsOf, panelOf, type Parameters } from '../../../engine/items';
import { smallPerson } from '../../../engine/pictures';
import { type Bed, makeBed } from './bed';

let bed: Bed;

beforeAll(async () => {
	bed = await makeBed();
});

afterAll(async () => {
	await bed.sandbox.close();
});

const PDF = Buffer.from('%PDF-1.7\nnot a picture');

async function fileItem(bytes: Buffer, fileName: string): Promise<INodeExecutionData> {
	return { json: {}, binary: { data: await storeFile(bytes, fileName, 'image/png') } };
}

const fromFile = { model_image_source: 'binary', model_image_binary: 'data' };

describe('the file itself in place of its name, as nodes of n8n take it', () => {
	const given = (field: string) => ({
		...fromFile,
		model_image_binary: field,
		operation: 'submit',
	});

	test.each(['default', 'filesystem'] as const)('is taken, in %s mode', async (mode) => {
		await useBinaryMode(mode);
		const item = await fileItem(await smallPerson(0), 'anna.jpg');
		const before = bed.sandbox.fal.submits().length;
		for (const field of ['={{ $input.item.binary.data }}', '={{ [$input.item.binary.data] }}']) {
			const { error } = await bed.run([item], given(field));
			expect(error).toBeUndefined();
		}
		expect(bed.sandbox.fal.submits()).toHaveLength(before + 2);
		await useBinaryMode('default');
	});

	test('is refused where it lacks its contents', async () => {
		const item = await fileItem(await smallPerson(0), 'anna.jpg');
		const { error } = await bed.run([item], given('={{ $input.item.binary }}'));
		expect(error?.message).toMatch(/'Model Image Field Name' is .+, not text/);
	});
});

test('a data URI goes along with the type of its bytes', async () => {
	const base64 = (await smallPerson(0)).toString('base64');
	for (const type of ['image/png', 'application/octet-stream']) {
		const before = bed.sandbox.fal.submits().length;
		const { error } = await bed.run([{}], { model_image: `data:${type};base64,${base64}\n` });
		expect(error).toBeUndefined();
		const input = bed.sandbox.fal.submits()[before]?.input;
		expect(input).toMatchObject({ model_image: `data:image/jpeg;base64,${base64}` });
	}
});

/** A bad row, what its message must name beside the row, and the cure that it must offer. */
type BadInput = [string, Record<string, NodeParameterValueType>, RegExp, RegExp];

const BAD_VALUES: BadInput[] = [
	['a missing picture', { model_image: '' }, /'Model Image' is missing/, /Give the address/],
	[
		'text that is no URL',
		{ garment_image: 'my red dress' },
		/'Garment Image' is "my red dress"/,
		/https:/,
	],
	['an ftp address', { garment_image: 'ftp://example.com/a.png' }, /'Garment Image'/, /https:/],
	[
		'a data URI of a PDF',
		{ model_image: `data:image/png;base64,${PDF.toString('base64')}` },
		/'Model Image' is a PDF file/,
		/JPEG/,
	],
	[
		'half a data URI',
		{ model_image: 'data:image/png' },
		/'Model Image' is no complete data URI/,
		/begin with/,
	],
	['0 samples', { num_samples: 0 }, /'Number of Samples' is 0, less than 1/, /from 1 up to 4/],
	['5 samples', { num_samples: 5 }, /'Number of Samples' is 5, more than 4/, /from 1 up to 4/],
	[
		'"abc" samples',
		{ num_samples: 'abc' },
		/'Number of Samples' is "abc", not a number/,
		/whole number/,
	],
	[
		'1.5 samples',
		{ num_samples: 1.5 },
		/'Number of Samples' is 1.5, not a whole number/,
		/whole number/,
	],
	[
		'two attachments for one picture',
		{ garment_image: [{ url: 'https://a.example/1' }, { url: 'https://a.example/2' }] },
		/'Garment Image' has 2 pictures, and takes one/,
		/\{\{ \$json\.Photo\[0\] \}\}/,
	],
	[
		'a folder of Drive',
		{ model_image: 'https://drive.google.com/drive/folders/1aB' },
		/'Model Image' is ".*", a folder of Google Drive/,
		/choose Input Data/,
	],
	[
		'an attachment without an address',
		{ model_image: [{ filename: 'anna.jpg' }] },
		/'Model Image' is ".*", an object without url, src or href/,
		/\{\{ \$json\.Photo\.url \}\}/,
	],
	[
		'two categories',
		{ category: ['Tops', 'Bottoms'] },
		/'Category' has 2 values, and takes one/,
		/\{\{ \$json/,
	],
	['category "hat"', { category: 'hat' }, /'Category' is "hat"/, /auto, .*tops/],
	['seed -1', { additionalFields: { seed: '-1' } }, /'Seed' is -1, less than 0/, /from 0/],
	[
		'segmentation "maybe"',
		{ additionalFields: { segmentation_free: 'maybe' } },
		/'Segmentation Free' is "maybe"/,
		/true or false/,
	],
	[
		'additional fields that are no JSON',
		{ additionalFields: { additional_fields: '{oops' } },
		/'Additional Fields \(JSON\)' is no valid JSON/,
		/object/,
	],
	[
		'a custom endpoint that is none',
		{ endpoint: 'custom', endpointId: 'https://evil.example/x' },
		/'Endpoint ID'/,
		/fal\.ai\/models/,
	],
	[
		'an endpoint that is none of the choices',
		{ endpoint: 'v1.6, please' },
		/'Endpoint' is "v1\.6, please", which is none of its choices/,
		/Use one of: FASHN Try-On v1\.6, FASHN Try-On v1\.5, Custom, /,
	],
	[
		'a source that is none of the choices',
		{ model_image_source: 'Drive' },
		/'Model Image Source' is "Drive", which is none of its choices/,
		/Use one of: Input Data, URL or Data URI\./,
	],
	[
		'an item without the file',
		fromFile,
		/'Model Image' is missing: the item has no file named "data"/,
		/The item has no files: let a node before this one read it, or choose URL as the source\./,
	],
];

/** Expressions that give these values in the bad row, and good ones in the other. */
function inBadRow(values: Record<string, unknown>): Record<string, string> {
	return Object.fromEntries(
		Object.entries(values).map(([name, value]) => [
			name,
			`={{ $json.bad ? ${JSON.stringify(value)} : ${JSON.stringify(GOOD[name] ?? '')} }}`,
		]),
	);
}

describe.each(['stopWorkflow', 'continueErrorOutput'] as const)('on error: %s', (onError) => {
	test.each(BAD_VALUES)(
		'%s is refused before anything is submitted',
		async (_name, values, names, cure) => {
			const before = bed.sandbox.calls.length;
			// The bad row is the second one: the first must not have been bought either.
			const rows = [{ bad: false }, { bad: true }];
			const { additionalFields, ...onPanel } = values;
			const added = { ...(isObject(additionalFields) && additionalFields) };
			const parameters = {
				...inBadRow(onPanel),
				additionalFields: inBadRow(added),
			};
			const result = await bed.run(rows, { ...parameters, download: false }, { onError });
			const { outputs } = result;
			const message = onError === 'stopWorkflow' ? panelOf(result) : errorsOf(outputs[1])[0];
			expect(message).toMatch(/^Item 2: /);
			expect(message).toMatch(names);
			expect(message).toMatch(cure);
			expect(message).toMatch(/This row was not charged\.$/);
			if (onError === 'stopWorkflow') expect(bed.sandbox.calls).toHaveLength(before);
			else expect(outputs[0]).toHaveLength(1);
		},
	);
});

/** What a good row has where the bad one is bad. */
const GOOD: Record<string, NodeParameterValueType> = {
	num_samples: 1,
	category: 'tops',
	endpoint: 'fal-ai/fashn/tryon/v1.6',
	model_image_source: 'address',
	segmentation_free: true,
};

beforeAll(() => {
	GOOD.model_image = bed.person;
	GOOD.garment_image = bed.garment;
});

describe.each(['default', 'filesystem'] as const)('files in binary mode %s', (mode) => {
	beforeAll(async () => {
		await useBinaryMode(mode);
	});

	const refused: Array<[string, () => Promise<INodeExecutionData>, RegExp]> = [
		['an empty file', async () => await fileItem(Buffer.alloc(0), 'a.png'), /is an empty file/],
		[
			'a PDF named .png',
			async () => await fileItem(PDF, 'a.png'),
			/is a PDF file, whatever its name says/,
		],
		[
			'plain text named .png',
			async () => await fileItem(Buffer.from('hello'), 'a.png'),
			/is not a picture/,
		],
		[
			'a picture of 31 MB',
			async () => {
				const head = await smallPerson(0);
				return await fileItem(Buffer.concat([head, Buffer.alloc(31 * 1024 * 1024)]), 'a.jpg');
			},
			/is 31\.\d MB large\.\nUse a picture of at most 30 MB/s,
		],
	];

	test.each(refused)('%s is refused', async (_name, item, problem) => {
		const before = bed.sandbox.calls.length;
		const result = await bed.run([await item()], fromFile);
		expect(result.error?.message).toMatch(/^Item 1: 'Model Image' /);
		expect(panelOf(result)).toMatch(problem);
		expect(bed.sandbox.calls).toHaveLength(before);
	});
});

test.each([
	['a spreadsheet', { category: ' Tops ', mode: 'BALANCED', free: 'FALSE', count: ' 2 ' }],
	['Airtable', { category: ['Tops'], mode: 'Balanced', free: false, count: [2] }],
	['a CSV file', { category: 'TOPS', mode: 'balanced', free: 'no', count: '2.0' }],
])('values as %s has them are read', async (_, row) => {
	const { error } = await bed.run([row], {
		num_samples: '={{ $json.count }}',
		category: '={{ $json.category }}',
		mode: '={{ $json.mode }}',
		additionalFields: { segmentation_free: '={{ $json.free }}', seed: '0' },
		download: false,
	});
	expect(error).toBeUndefined();
	expect(bed.sandbox.fal.submits().at(-1)?.input).toEqual({
		model_image: bed.person,
		garment_image: bed.garment,
		category: 'tops',
		mode: 'balanced',
		num_samples: 2,
		seed: 0,
		segmentation_free: false,
	});
});

test('the names of the files that are there are offered', async () => {
	const photo = await storeFile(await smallPerson(0), 'a.jpg', 'image/jpeg');
	const { error } = await bed.run([{ json: {}, binary: { photo } }], fromFile);
	expect(error?.description).toContain(
		"The files of the item are: photo. Set 'Model Image Field Name' to one of them.",
	);
});

describe('the name of the field that holds a file', () => {
	const named = async (name: unknown) => {
		const data = await storeFile(await smallPerson(0), 'a.jpg', 'image/jpeg');
		const before = bed.sandbox.fal.submits().length;
		const parameters = { ...fromFile, model_image_binary: '={{ $json.name }}', download: false };
		const json = name === undefined ? {} : { name };
		const result = await bed.run([{ json, binary: { data } }], parameters);
		return { panel: panelOf(result), bought: bed.sandbox.fal.submits().length - before };
	};

	test.each([
		['nothing', undefined],
		['null', null],
		['an empty cell', ' '],
	])('that an expression makes %s of is not guessed', async (_, name) => {
		const { panel, bought } = await named(name);
		expect(panel).toMatch(/^Item 1: 'Model Image Field Name' is empty/);
		expect(bought).toBe(0);
	});

	test('is one', async () => {
		const { panel } = await named(['data', 'other']);
		expect(panel).toMatch(/^Item 1: 'Model Image Field Name' has 2 values, and takes one/);
		expect((await named(['data'])).bought).toBe(1);
	});

	test("is n8n's own where nobody has touched it, also when the source is an expression", async () => {
		const data = await storeFile(await smallPerson(0), 'a.jpg', 'image/jpeg');
		const parameters = { model_image_source: '={{ "binary" }}', download: false };
		const { error } = await bed.run([{ json: {}, binary: { data } }], parameters);
		expect(error).toBeUndefined();
	});
});

describe('one picture for person and garment', () => {
	const FILES = { ...fromFile, garment_image_source: 'binary', garment_image_binary: 'data' };
	const estimate = { operation: 'estimate' };

	async function merged(second?: Buffer): Promise<INodeExecutionData> {
		const data = await storeFile(await smallPerson(0), 'a.jpg', 'image/jpeg');
		const dress = second && { dress: await storeFile(second, 'b.jpg', 'image/jpeg') };
		return { json: {}, binary: { data, ...dress } };
	}

	test('one file is refused before anything is paid', async () => {
		const before = bed.sandbox.fal.submits().length;
		const panel = panelOf(await bed.run([await merged()], FILES));
		expect(panel).toMatch(/^Item 1: 'Garment Image' is the same picture as 'Model Image'\./);
		expect(panel).toMatch(/'Garment Image Field Name'.* files of the item are: data\./);
		expect(bed.sandbox.fal.submits()).toHaveLength(before);
	});

	test('so are two files of the same bytes, and one address', async () => {
		const parameters = { ...FILES, garment_image_binary: 'dress' };
		const files = await bed.run([await merged(await smallPerson(0))], parameters);
		expect(panelOf(files)).toMatch(/files of the item are: data, dress\./);
		const address = await bed.run([{}], { garment_image: bed.person });
		expect(panelOf(address)).toMatch(/'Garment Image' is the same picture as 'Model Image'\./);
	});

	test('is told by an estimate', async () => {
		const { outputs } = await bed.run([await merged()], { ...FILES, ...estimate });
		expect(outputs[0]?.[0]?.json).toMatchObject({ ready: false, field: 'Garment Image' });
	});

	test('two files are two', async () => {
		const parameters = { ...FILES, garment_image_binary: 'dress', ...estimate };
		const { outputs } = await bed.run([await merged(await smallPerson(1))], parameters);
		expect(outputs[0]?.[0]?.json).toMatchObject({ ready: true });
	});
});

describe('the choices of a row', () => {
	const submitted = async (parameters: Parameters, row: INodeExecutionData) => {
		const before = bed.sandbox.fal.submits().length;
		const { error } = await bed.run([row], { download: false, ...parameters });
		expect(error).toBeUndefined();
		return bed.sandbox.fal.submits().slice(before);
	};

	test.each(['Input Data', 'Binary', 'binary '])('take %j as the source', async (source) => {
		const data = await storeFile(await smallPerson(0), 'a.jpg', 'image/jpeg');
		const item = { json: { source }, binary: { data } };
		const parameters = {
			model_image_source: '={{ $json.source }}',
			model_image: '={{ $json.url }}',
		};
		expect(await submitted(parameters, item)).toHaveLength(1);
	});

	test.each([
		['FASHN Try-On v1.5', 'fal-ai/fashn/tryon/v1.5'],
		['fashn try-on V1.6 ', 'fal-ai/fashn/tryon/v1.6'],
		['fal-ai/fashn/tryon/v1.5', 'fal-ai/fashn/tryon/v1.5'],
	])('take %j as the endpoint', async (endpoint, id) => {
		const sent = await submitted({ endpoint: '={{ $json.endpoint }}' }, { json: { endpoint } });
		expect(sent).toMatchObject([{ endpointId: id }]);
	});

	test('of the endpoint take none for none', async () => {
		const before = bed.sandbox.fal.submits().length;
		const row = { json: { endpoint: '' } };
		const { error } = await bed.run([row], { endpoint: '={{ $json.endpoint }}' });
		expect(error?.message).toBe("Item 1: 'Endpoint' is empty.");
		expect(bed.sandbox.fal.submits()).toHaveLength(before);
	});
});
