import { type Bed, makeBed, PARTNER } from './bed';

let bed: Bed;

beforeEach(async () => {
	bed = await makeBed();
});

afterEach(async () => {
	await bed.sandbox.close();
});

const DRY = { options: { dryRun: true } };

function writes() {
	return bed.calls().filter(({ method }) => method !== 'GET');
}

test('without like prompts the rows are checked and no price is told', async () => {
	const { outputs, error } = await bed.run([{ text: 'a dress' }], DRY);
	expect(error).toBeUndefined();
	expect(outputs[0]?.[0]?.json).toMatchObject({
		status: 'DRY_RUN',
		tuneId: PARTNER,
		text: 'a dress',
		estimatedCost: null,
	});
	expect(writes()).toEqual([]);
});

test('what a like prompt has cost is told for each picture', async () => {
	const first = await bed.run([{ text: 'the first' }], { basics: { num_images: 1 } });
	const before = writes().length;
	const paid = Number(first.outputs[0]?.[0]?.json.cost);
	expect(paid).toBeGreaterThan(0);
	const { outputs, run } = await bed.run([{ text: 'another' }], {
		...DRY,
		basics: { num_images: 3 },
	});
	const [item] = outputs[0] ?? [];
	expect(item?.json.currency).toBe('USD');
	expect(Number(item?.json.estimatedCost)).toBeCloseTo(paid * 3);
	expect(JSON.stringify(run.data.resultData.runData)).toContain('Nothing was submitted.');
	expect(writes()).toHaveLength(before);
});

test('a bad row and a picture that does not open are found', async () => {
	const gone = `${bed.sandbox.media.url}/nothing`;
	const { outputs } = await bed.run(
		[{ text: 'fine' }, { text: 'bad', url: gone }],
		{
			...DRY,
			control: {
				input_image: { file: { input_image_source: 'address', input_image: '={{ $json.url }}' } },
			},
		},
		{ onError: 'continueErrorOutput' },
	);
	expect(outputs[0]?.map(({ pairedItem }) => pairedItem)).toEqual([{ item: 0 }]);
	expect(String(outputs[1]?.[0]?.json.error)).toMatch(
		/^Row 2: 'Input Image' cannot be opened: status 404/,
	);
	expect(writes()).toEqual([]);
});

test('Dress a Person registers nothing in a dry run', async () => {
	const { outputs, error } = await bed.run([{}], {
		...DRY,
		resource: 'tryOn',
		operation: 'dressPerson',
		person_source: 'address',
		person: bed.person,
		garments: {
			garment: [{ garment_source: 'address', garment: bed.garment, garment_class: 'dress' }],
		},
	});
	expect(error).toBeUndefined();
	expect(outputs[0]?.[0]?.json).toMatchObject({ status: 'DRY_RUN', tuneId: PARTNER });
	expect(writes()).toEqual([]);
});

describe('a row that asks for it by an expression is checked, and the others are bought', () => {
	const DRY_OF_ROW = { options: { dryRun: '={{ $json.dry }}' } };
	const rows = [true, false, true, false].map((dry, n) => ({ dry, text: `row ${n}` }));

	test('Create', async () => {
		const { outputs, error } = await bed.run(rows, DRY_OF_ROW);
		expect(error).toBeUndefined();
		expect(outputs[0]?.map(({ json }) => json.status)).toEqual([
			'DRY_RUN',
			'COMPLETED',
			'DRY_RUN',
			'COMPLETED',
		]);
		expect(outputs[0]?.map(({ pairedItem }) => pairedItem)).toEqual(
			rows.map((_, item) => ({ item })),
		);
		expect(
			bed
				.sent()
				.map(({ text }) => text)
				.sort(),
		).toEqual(['row 1', 'row 3']);
	});

	test('Dress a Person', async () => {
		const { outputs, error } = await bed.run(rows, {
			...DRY_OF_ROW,
			resource: 'tryOn',
			operation: 'dressPerson',
			scene: '={{ $json.text }}',
			person_source: 'address',
			person: bed.person,
			garments: {
				garment: [{ garment_source: 'address', garment: bed.garment, garment_class: 'dress' }],
			},
		});
		expect(error).toBeUndefined();
		expect(outputs[0]?.map(({ json }) => json.status === 'DRY_RUN')).toEqual(
			rows.map(({ dry }) => dry),
		);
		expect(bed.prompts()).toHaveLength(2);
	});
});
