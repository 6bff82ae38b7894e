import { speedUp } from '../../../engine/clock';
import { errorsOf, jsonOf, type Parameters, picked } from '../../../engine/items';
import { type Bed, makeBed, PARTNER } from './bed';

let bed: Bed;

beforeEach(async () => {
	speedUp(20);
	bed = await makeBed();
});

afterEach(async () => {
	jest.restoreAllMocks();
	await bed.sandbox.close();
});

const SEED = expect.any(Number);

const dress = (): Parameters => ({
	resource: 'tryOn',
	operation: 'dressPerson',
	person: bed.person,
	garments: { garment: [{ garment_source: 'address', garment: bed.garment }] },
});

describe('Choose Seeds', () => {
	const options = { chooseSeeds: true };

	test.each<[string, Parameters]>([
		['waited for', {}],
		['not waited for', { wait: 'none' }],
	])('sends a seed for each row, and tells it: %s', async (_, more) => {
		const { outputs } = await bed.run([{}, {}], { ...more, options });
		const told = jsonOf(outputs[0]).map(({ seed }) => seed);
		expect(told).toEqual([SEED, SEED]);
		expect(new Set(told).size).toBe(2);
		expect(
			bed
				.sent()
				.map(({ seed }) => Number(seed))
				.sort(),
		).toEqual(told.sort());
	});

	test('goes for Duplicate and Dress a Person too', async () => {
		const id = await bed.made(4180298, { text: 'a photo' });
		await bed.sandbox.astria.settle(id);
		const duplicate = { operation: 'duplicate', promptId: picked(id), text: '' };
		const again = await bed.run([{}], { ...duplicate, options });
		expect(jsonOf(again.outputs[0])).toMatchObject([{ seed: Number(bed.sent()[1]?.seed) }]);
		const dressed = await bed.run([{}], { ...dress(), options });
		expect(jsonOf(dressed.outputs[0])).toMatchObject([{ seed: Number(bed.sent()[2]?.seed) }]);
	});

	test('leaves a seed of the row alone, also that of Paste From Astria', async () => {
		const text_block = 'a photo\nseed=7';
		const { outputs } = await bed.run([{}], { text: '', text_block, wait: 'none', options });
		expect(jsonOf(outputs[0])).toMatchObject([{ seed: 7 }]);
		expect(bed.sent()).toMatchObject([{ seed: 7 }]);
	});
});

test('a seed that sets a prompt apart is told as well', async () => {
	const file = { input_image_source: 'address', input_image: bed.person };
	const additionalFields = { input_image: { file } };
	const { outputs } = await bed.run([{}], { additionalFields, wait: 'none' });
	expect(bed.sent()).toMatchObject([{ seed: SEED }]);
	expect(jsonOf(outputs[0])).toMatchObject([{ seed: Number(bed.sent()[0]?.seed) }]);
});

test('rows keep their columns and name their files', async () => {
	const options = { includeInputFields: true, fileName: '={{ $json.sku }}' };
	const rows = [{ row_number: 2, sku: 'Été/1', text: 'a photo' }];
	const made = await bed.run(rows, { download: true, options });
	const [json] = jsonOf(made.outputs[0]);
	expect(json).toMatchObject({ row_number: 2, sku: 'Été/1', fileName: 'Été-1-1.jpg' });
	const get = { operation: 'get', promptId: picked(String(json?.promptId)), download: true };
	const { outputs } = await bed.run(rows, { ...get, options });
	expect(jsonOf(outputs[0])).toMatchObject([{ sku: 'Été/1', fileName: 'Été-1-1.jpg' }]);
	const dressed = await bed.run(rows, { ...dress(), download: true, options });
	expect(jsonOf(dressed.outputs[0])).toMatchObject([{ sku: 'Été/1', fileName: 'Été-1-1.jpg' }]);
});

test('a shape that is none is found before any row is bought', async () => {
	const rows = [{ r: '3:4' }, { r: '1:1' }, { r: 'wide' }];
	const { error } = await bed.run(rows, { aspect_ratio: '={{ $json.r }}' });
	expect(error?.message).toMatch(/^Item 3: 'Aspect Ratio' is "wide", which is no shape/);
	expect(bed.prompts()).toHaveLength(0);
});

test("what was said of a row's tune does not pass for its prompt's", async () => {
	const options = { includeInputFields: true };
	const own = { sku: 'A-1', tuneId: PARTNER, seed: 7, imageUrl: 'https://x.y/mine.jpg' };
	const rows = [{ ...own, cost: 1.5, currency: 'USD', recovered: true, warning: 'old' }];
	const { outputs } = await bed.run(rows, { wait: 'none', options });
	const [job] = jsonOf(outputs[0]);
	expect(job).toMatchObject({ ...own, promptId: expect.any(Number) });
	for (const name of ['cost', 'currency', 'recovered', 'warning']) {
		expect(job).not.toHaveProperty(name);
	}
	const failed = await bed.run(
		[{ ...rows[0], text: 'an error' }],
		{},
		{ onError: 'continueRegularOutput' },
	);
	expect(jsonOf(failed.outputs[0])[0]).toMatchObject({ ...own, error: expect.any(String) });
	expect(jsonOf(failed.outputs[0])[0]).not.toHaveProperty('cost');
});

describe('a failed row that an earlier prompt has filled', () => {
	const settings = { onError: 'continueRegularOutput' } as const;
	const earlier = { sku: 'A-1', promptId: 7, tuneId: PARTNER, imageUrl: 'https://x.y/old.png' };
	const failed = { error: expect.any(String), details: expect.any(Object) };

	test('keeps the tune, and begins with the ID of its own prompt', async () => {
		const { outputs } = await bed.run([{ ...earlier, text: 'an error' }], {}, settings);
		const [row = {}] = jsonOf(outputs[0]);
		const [prompt] = bed.prompts();
		const own = { sku: 'A-1', tuneId: PARTNER, text: 'an error' };
		expect(row).toEqual({ promptId: prompt?.id, ...own, ...failed });
		expect(Object.keys(row)[0]).toBe('promptId');
	});

	test('keeps the prompt that it was to work on', async () => {
		for (const operation of ['get', 'duplicate']) {
			const parameters = { operation, promptId: picked('={{ $json.promptId }}') };
			const { outputs } = await bed.run([earlier], parameters, settings);
			expect(jsonOf(outputs[0])).toEqual([{ ...earlier, ...failed }]);
		}
	});
});

test('an option whose expression fails is found before its row is bought', async () => {
	const fileName = '={{ $json.sku ? $json.sku : $("Nowhere").item.json.sku }}';
	const settings = { onError: 'continueErrorOutput' } as const;
	const { outputs } = await bed.run(
		[{ row_number: 9 }, { sku: 'A' }],
		{ options: { fileName } },
		settings,
	);
	expect(outputs[0]).toHaveLength(1);
	expect(errorsOf(outputs[1])).toEqual([expect.stringMatching(/^Sheet row 9: .* not charged\.$/)]);
	expect(bed.prompts()).toHaveLength(1);
});
