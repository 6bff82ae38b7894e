import type { INodeExecutionData, INodeParameters } from 'n8n-workflow';

import {
	PACK_RUN_FIELDS,
	PACK_TRAIN_FIELDS,
	TUNE_FIELDS,
} from '../../../../lib/astria/fields/tune';
import type { Field, FieldTable } from '../../../../lib/fields/field';
import { storeFile, useBinaryMode } from '../../../engine/engine';
import { type Parameters, picked } from '../../../engine/items';
import { smallPerson } from '../../../engine/pictures';
import { type Bed, makeBed } from './bed';
import { inForm, type Sample, samplesOf, type Sent, sentSince } from './samples';

let bed: Bed;
let binary: INodeExecutionData['binary'];

beforeAll(async () => {
	await useBinaryMode('default');
	bed = await makeBed();
	binary = {
		data: await storeFile(await smallPerson(1), 'wrong.png', 'image/png'),
		other: await storeFile(await smallPerson(2), 'other.png', 'image/png'),
	};
});

afterAll(async () => {
	await bed.sandbox.close();
});

const FILE: Parameters = { images_source: 'binary', images_binary: 'data' };

/** Sends one call for each row; what Astria thinks of the values is not the question here. */
async function send(parameters: Parameters, rows: INodeExecutionData[]): Promise<Sent[]> {
	const before = bed.calls(/^POST/).length;
	const settings = { onError: 'continueRegularOutput' } as const;
	const { error } = await bed.run(rows, { wait: 'none', ...parameters }, settings);
	expect(error).toBeUndefined();
	return await sentSince(bed, before);
}

type PlainField = Exclude<Field, { type: 'picture' }>;

/** All fields of a table that are no files. */
function plainFields(table: FieldTable): Array<[string, PlainField]> {
	return Object.entries(table).flatMap(
		([name, field]): Array<[string, PlainField]> =>
			field.type === 'picture' ? [] : [[name, field]],
	);
}

/**
 * Sends every value of a field in a row of its own. Values of options come from the row, as from a
 * sheet; the others are in the parameter.
 *
 * @returns what was sent for each value, in their order
 */
async function sendSamples(
	samples: Sample[],
	placed: (given: INodeParameters[string]) => Parameters,
	more: Parameters,
): Promise<Sent[]> {
	const rows = samples.map((sample, row) => ({
		json: { value: sample.given, title: `Row ${row}` },
		binary,
	}));
	const [first] = samples;
	const given = samples.length > 1 ? '={{ $json.value }}' : (first?.given ?? '');
	const sent = await send({ ...more, ...placed(given) }, rows);
	return sent.sort((a, b) =>
		String(a.tune.title).localeCompare(String(b.tune.title), 'en', { numeric: true }),
	);
}

/** Fields that are always shown; the others are in the collection. */
const SHOWN = new Set(['title', 'name', 'base_tune_id', 'model_type']);

const place =
	(name: string) =>
	(given: INodeParameters[string]): Parameters =>
		SHOWN.has(name) ? { [name]: given } : { additionalFields: { [name]: given } };

describe('every field of a tune arrives', () => {
	test.each(plainFields(TUNE_FIELDS))('%s', async (name, field) => {
		const samples = samplesOf(field);
		// There is a caption for each picture.
		const isCaptions = name === 'image_captions';
		const two = isCaptions ? { images: `${bed.person}\nhttps://example.com/2.jpg` } : {};
		const json = await sendSamples(samples, place(name), two);
		expect(json.map(({ tune }) => tune[name])).toEqual(samples.map(({ expected }) => expected));
		expect(new Set(json.map(({ encoding }) => encoding))).toEqual(new Set(['json']));
		const files = { ...FILE, ...(isCaptions && { images_binary: 'data, other' }) };
		const form = await sendSamples(samples, place(name), files);
		expect(form.map(({ tune }) => tune[name])).toEqual(
			samples.map(({ expected }) => inForm(expected)),
		);
		expect(new Set(form.map(({ encoding }) => encoding))).toEqual(new Set(['multipart']));
	});

	test('and nothing that was not added', async () => {
		const [sent] = await send({ title: 'Jane', base_tune_id: picked('') }, [{ json: {} }]);
		expect(sent).toEqual({
			path: '/tunes',
			encoding: 'json',
			tune: { title: 'Jane', name: 'woman', model_type: 'faceid', image_urls: [bed.person] },
		});
	});

	test('pictures, under the name for what they are', async () => {
		const images = `${bed.person}\nhttps://example.com/ü.jpg`;
		const [json] = await send({ images }, [{ json: {} }]);
		expect(json?.tune.image_urls).toEqual([bed.person, 'https://example.com/%C3%BC.jpg']);
		const [form] = await send(FILE, [{ json: {}, binary }]);
		// The type is that of the bytes, whatever the file was called.
		expect(form?.tune.images).toEqual([{ file: 'wrong.jpg', type: 'image/jpeg' }]);
	});

	test('a class of one’s own, characteristics as JSON, and fields of tomorrow', async () => {
		const additionalFields = {
			characteristics: { pairs: [{ name: 'age', value: '20 yo' }] },
			characteristics_json: '{"hair_color":"black hair","age":"30 yo"}',
			additional_fields: '{"title":"Wins","brand_new":{"a":[1]}}',
		};
		const own = { name: '__other', name_other: 'spaceship', additionalFields };
		const [sent] = await send(own, [{ json: {} }]);
		expect(sent?.tune).toMatchObject({
			name: 'spaceship',
			title: 'Wins',
			brand_new: { a: [1] },
			characteristics: { age: '30 yo', hair_color: 'black hair' },
		});
	});
});

test('pictures that Astria has already go without others', async () => {
	const additionalFields = { additional_fields: '{"images":["signed-id"]}' };
	const [sent] = await send({ additionalFields }, [{ json: {} }]);
	expect(sent?.tune.images).toEqual(['signed-id']);
	expect(sent?.tune).not.toHaveProperty('image_urls');
});

describe('every field of a run of a pack arrives', () => {
	const pack: Parameters = {
		resource: 'pack',
		operation: 'createTune',
		packId: picked('corporate-headshots'),
		mode: 'train',
	};

	test.each(plainFields({ ...PACK_TRAIN_FIELDS, ...PACK_RUN_FIELDS }))(
		'%s',
		async (name, field) => {
			const samples = samplesOf(field);
			const json = await sendSamples(samples, place(name), pack);
			expect(json.map(({ tune }) => tune[name])).toEqual(samples.map(({ expected }) => expected));
			expect(json[0]).toMatchObject({ path: '/p/corporate-headshots/tunes', encoding: 'json' });
			const form = await sendSamples(samples, place(name), { ...pack, ...FILE });
			expect(form.map(({ tune }) => tune[name])).toEqual(
				samples.map(({ expected }) => inForm(expected)),
			);
			expect(form[0]?.encoding).toBe('multipart');
		},
	);

	test.each(plainFields(PACK_RUN_FIELDS))('%s, on tunes that exist', async (name, field) => {
		const [sample] = samplesOf(field);
		const tunes = { tunes: [{ tuneId: picked('12') }, { tuneId: picked('13, 14') }] };
		const given = { additionalFields: { [name]: sample?.given ?? '' } };
		const [sent] = await send({ ...pack, mode: 'reuse', tunes, ...given }, [{ json: {} }]);
		expect(sent?.tune).toEqual({
			tune_ids: [12, 13, 14],
			...(sample?.expected !== undefined && { [name]: sample.expected }),
		});
	});
});
