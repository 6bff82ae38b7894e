import type { IDataObject } from 'n8n-workflow';

import { objectOf } from '../../lib/json';
import { speedUp } from '../engine/clock';
import { errorsOf, jsonOf } from '../engine/items';
import { type Bed as PromptBed, makeBed as makePromptBed } from '../nodes/Astria/AstriaPrompt/bed';
import { type Bed as TuneBed, makeBed as makeTuneBed } from '../nodes/Astria/AstriaTune/bed';
import { type Bed as FashnBed, makeBed as makeFashnBed } from '../nodes/Fal/FashnTryOn/bed';

/*
 * What bases, shops and sheets hand over for a picture goes through n8n's own expressions, in
 * parameters of type string and in collections of them, and comes out as a picture.
 */

/** An attachment as n8n's Airtable node hands it over, with what it tells beside the address. */
const attachment = (url: string): IDataObject => ({
	id: 'attNf0',
	width: 60,
	height: 90,
	url,
	filename: 'anna maría.jpg',
	size: 2103,
	type: 'image/jpeg',
	thumbnails: { small: { url: 'https://v5.airtableusercontent.com/small', width: 24, height: 36 } },
});

/** Every way in which a row may have one picture. */
function rowsOf(url: string): IDataObject[] {
	return [
		{ Photo: url },
		{ Photo: [attachment(url)] },
		{ Photo: attachment(url) },
		{ Photo: { id: 7, position: 1, src: url, alt: null } },
		{ Photo: [{ id: 1, src: url, name: 'front' }] },
		{ Photo: [url] },
		{ Photo: JSON.stringify([attachment(url)]) },
		{ Photo: JSON.stringify({ src: url }) },
		{ Photo: ` ${url}\n` },
		{ Photo: `anna.jpg (${url})` },
		{ Photo: [{ name: 'anna.jpg', type: 'file', file: { url } }] },
	];
}

const ERRORS = { onError: 'continueErrorOutput' } as const;
const PHOTO = '={{ $json.Photo }}';

afterEach(() => {
	jest.restoreAllMocks();
});

describe('FASHN Try-On', () => {
	let bed: FashnBed;

	beforeAll(async () => {
		bed = await makeFashnBed();
	});

	afterAll(async () => {
		await bed.sandbox.close();
	});

	const persons = () => bed.sandbox.fal.submits().map(({ input }) => objectOf(input).model_image);

	test('makes a picture of each', async () => {
		const rows = rowsOf(bed.person);
		const { outputs, error } = await bed.run(rows, { model_image: PHOTO, download: false }, ERRORS);
		expect(error).toBeUndefined();
		expect(errorsOf(outputs[1])).toEqual([]);
		expect(jsonOf(outputs[0])).toHaveLength(rows.length);
		expect(persons()).toEqual(rows.map(() => bed.person));
	});

	test.each([
		[
			'https://drive.google.com/file/d/1aB/view?usp=sharing',
			'https://drive.google.com/uc?export=download&id=1aB',
		],
		[
			'https://www.dropbox.com/scl/fi/a/anna.jpg?rlkey=k&dl=0',
			'https://www.dropbox.com/scl/fi/a/anna.jpg?rlkey=k&raw=1',
		],
		[
			'//cdn.shopify.com/s/files/1/anna grün.jpg?v=1',
			'https://cdn.shopify.com/s/files/1/anna%20gr%C3%BCn.jpg?v=1',
		],
	])('sends the file behind %s', async (link, address) => {
		const parameters = { operation: 'submit', model_image: PHOTO };
		const { error } = await bed.run([{ Photo: [{ url: link }] }], parameters);
		expect(error).toBeUndefined();
		expect(persons().at(-1)).toBe(address);
	});

	test.each([
		['a blank behind the expression', '={{ $json.Photo }} '],
		['a word before it', '=Photo: {{ $json.Photo }}'],
	])('says so when there is %s', async (_, model_image) => {
		const { outputs } = await bed.run([{ Photo: attachment(bed.person) }], { model_image }, ERRORS);
		expect(errorsOf(outputs[1])).toEqual([
			expect.stringMatching(/^Item 1: 'Model Image' .*Let the expression stand alone/),
		]);
	});
});

describe('Astria', () => {
	let bed: PromptBed;
	let tuneBed: TuneBed;

	beforeAll(async () => {
		bed = await makePromptBed();
		tuneBed = await makeTuneBed();
	});

	beforeEach(() => {
		speedUp(50);
	});

	afterAll(async () => {
		await bed.sandbox.close();
		await tuneBed.sandbox.close();
	});

	const file = (name: string, value: string) => ({
		[name]: { file: { [`${name}_source`]: 'address', [name]: value } },
	});

	test('Prompt starts from each', async () => {
		const rows = rowsOf(bed.person);
		const parameters = { additionalFields: file('input_image', PHOTO) };
		const { outputs, error } = await bed.run(rows, parameters, ERRORS);
		expect(error).toBeUndefined();
		expect(errorsOf(outputs[1])).toEqual([]);
		expect(jsonOf(outputs[0])).toHaveLength(rows.length);
		expect(bed.sent().map((prompt) => prompt.input_image_url)).toEqual(rows.map(() => bed.person));
	});

	test('Prompt takes a whole list for a field of several', async () => {
		const photos = [attachment(bed.person), attachment(bed.garment)];
		const additionalFields = {
			video_model: { __rl: true, mode: 'name', value: 'Seedance2 Fast 720P' },
			video_prompt: 'She turns',
			...file('image_references', PHOTO),
		};
		const { error } = await bed.run([{ Photo: photos }], { additionalFields, wait: 'none' });
		expect(error).toBeUndefined();
		expect(bed.sent().at(-1)).toMatchObject({
			video_model: 'seedance2_fast_720p',
			image_reference_urls: [bed.person, bed.garment],
		});
	});

	test('an empty list is no picture', async () => {
		const parameters = { additionalFields: file('input_image', PHOTO), wait: 'none' };
		const { error } = await bed.run([{ Photo: [] }], parameters);
		expect(error).toBeUndefined();
		expect(bed.sent().at(-1)).not.toHaveProperty('input_image_url');
	});

	test('Dress a Person takes one for each part', async () => {
		const garment = {
			garment_source: 'address',
			garment: '={{ $json.Dress }}',
			garment_class: '={{ $json.Kind }}',
		};
		const { error } = await bed.run(
			[{ Photo: [attachment(bed.person)], Dress: { src: bed.garment }, Kind: ['T-Shirt'] }],
			{
				resource: 'tryOn',
				operation: 'dressPerson',
				scene: 'studio',
				person_source: 'address',
				person: PHOTO,
				person_class: 'Woman',
				garments: { garment: [garment] },
			},
		);
		expect(error).toBeUndefined();
		const made = bed.sandbox.astria.tunes().filter(({ images }) => images.length > 0);
		// They are registered side by side.
		expect(made.map(({ fields }) => fields.name).sort()).toEqual(['t-shirt', 'woman']);
	});

	test('Tune learns from a whole list', async () => {
		const photos = [attachment(tuneBed.person), { url: `${tuneBed.person}?v=2` }];
		const { error } = await tuneBed.run([{ Photo: photos }], { images: PHOTO });
		expect(error).toBeUndefined();
		expect(tuneBed.sandbox.astria.tunes().at(-1)?.images).toHaveLength(2);
	});
});
