import { speedUp } from '../../../engine/clock';
import { jsonOf, type Parameters } from '../../../engine/items';
import { smallGarment } from '../../../engine/pictures';
import { type Bed, makeBed, PARTNER } from './bed';

let bed: Bed;

beforeEach(async () => {
	bed = await makeBed();
	speedUp(50);
});

afterEach(async () => {
	jest.restoreAllMocks();
	await bed.sandbox.close();
});

const ESTIMATE = { operation: 'estimate' };

function writes() {
	return bed.calls().filter(({ method }) => method !== 'GET');
}

test('without like prompts the rows are checked and no price is told', async () => {
	const { outputs, error } = await bed.run([{ text: 'a dress' }], ESTIMATE);
	expect(error).toBeUndefined();
	expect(outputs[0]?.[0]?.json).toMatchObject({
		ready: true,
		tuneId: PARTNER,
		text: 'a dress',
		estimatedCost: null,
	});
	expect(writes()).toEqual([]);
});

test('what a like prompt has cost is told for each picture', async () => {
	const first = await bed.run([{ text: 'the first' }], { num_images: 1 });
	const before = writes().length;
	const paid = Number(first.outputs[0]?.[0]?.json.cost);
	expect(paid).toBeGreaterThan(0);
	const { outputs, run } = await bed.run([{ text: 'another' }], {
		...ESTIMATE,
		num_images: 3,
	});
	const [item] = outputs[0] ?? [];
	expect(item?.json.currency).toBe('USD');
	expect(Number(item?.json.estimatedCost)).toBeCloseTo(paid * 3);
	expect(JSON.stringify(run.data.resultData.runData)).toContain('Nothing was submitted.');
	expect(writes()).toHaveLength(before);
});

describe('a prompt that says no number of pictures', () => {
	const unsaid = { num_images: '' };

	test('costs as much as the dearest like one, and nobody knows how many it makes', async () => {
		for (const num_images of [1, 4, 2]) await bed.run([{ text: 'made' }], { num_images });
		const { outputs } = await bed.run([{ text: 'a' }], { ...ESTIMATE, ...unsaid });
		expect(outputs[0]?.[0]?.json).toMatchObject({ ready: true, estimatedCost: 0.16 });
		expect(outputs[0]?.[0]?.json).not.toHaveProperty('pictures');
		const all = await bed.run([{ text: 'a' }], { ...ESTIMATE, ...unsaid, estimateOutput: 'all' });
		expect(all.outputs[0]?.[0]?.json).toMatchObject({ pictures: 0, estimatedCost: 0.16 });
		const before = writes().length;
		const { error } = await bed.run([{ text: 'a' }], { ...unsaid, options: { maxCost: 0.15 } });
		expect(error?.message).toMatch(/^This run has 1 row and would cost about 0\.16 USD/);
		expect(writes()).toHaveLength(before);
	});

	test('a video is one', async () => {
		const { outputs } = await bed.run([{ text: 'a' }], {
			...ESTIMATE,
			...unsaid,
			additionalFields: { video_model: 'seedance2_fast_720p', video_prompt: 'turns' },
		});
		expect(outputs[0]?.[0]?.json).toMatchObject({ ready: true, pictures: 1 });
	});
});

test('a picture that does not open is found', async () => {
	const gone = `${bed.sandbox.media.url}/nothing`;
	const { outputs } = await bed.run([{ text: 'fine' }, { text: 'bad', url: gone }], {
		...ESTIMATE,
		additionalFields: {
			input_image: { file: { input_image_source: 'address', input_image: '={{ $json.url }}' } },
		},
	});
	expect(outputs[0]?.map(({ json }) => json.ready)).toEqual([true, false]);
	expect(outputs[0]?.[1]?.json.problem).toMatch(
		/^Item 2: 'Input Image' cannot be opened: status 404/,
	);
	expect(writes()).toEqual([]);
});

/** A person and a garment, each as a picture. */
const dressed = (): Parameters => ({
	resource: 'tryOn',
	person_source: 'address',
	person: bed.person,
	garments: {
		garment: [{ garment_source: 'address', garment: bed.garment, garment_class: 'dress' }],
	},
});

test('Dress a Person registers nothing for an estimate', async () => {
	const { outputs, error } = await bed.run([{}], { ...dressed(), ...ESTIMATE });
	expect(error).toBeUndefined();
	expect(outputs[0]?.[0]?.json).toMatchObject({ ready: true, tuneId: PARTNER });
	expect(writes()).toEqual([]);
});

describe('the references of Dress a Person', () => {
	const PICTURE = 0.04;
	const REFERENCE = 0.1;
	const dress = (): Parameters => ({ ...dressed(), operation: 'dressPerson', download: false });
	const spent = async (work: () => Promise<unknown>) => {
		const before = bed.sandbox.astria.balanceMc();
		await work();
		return (before - bed.sandbox.astria.balanceMc()) / 100_000;
	};
	/** Rows of one person, each with a garment of its own. */
	const garments = async () =>
		await Promise.all(
			[1, 2].map(async (n) => ({
				url: bed.sandbox.media.publish(await smallGarment(n), 'image/png'),
			})),
		);
	const ofRow = (): Parameters => ({
		garments: {
			garment: [{ garment_source: 'address', garment: '={{ $json.url }}', garment_class: 'dress' }],
		},
	});

	test('are in the estimate, each picture once, and those that are there are not', async () => {
		await bed.run([{}], dress());
		const rows = await garments();
		const asked = { ...dress(), ...ofRow() };
		const { outputs } = await bed.run([...rows, ...rows], { ...asked, ...ESTIMATE });
		const costs = outputs[0]?.map(({ json }) => Number(json.estimatedCost)) ?? [];
		const sum = costs.reduce((all, cost) => all + cost, 0);
		expect(sum).toBeCloseTo(4 * PICTURE + 2 * REFERENCE, 6);
		const run = async () => await bed.run([...rows, ...rows], asked);
		expect(await spent(run)).toBeCloseTo(sum, 6);
	});

	test('count for Max Cost per Run', async () => {
		await bed.run([{}], dress());
		const [row = {}] = await garments();
		const asked = { ...dress(), ...ofRow() };
		const before = writes().length;
		const { error } = await bed.run([row], { ...asked, options: { maxCost: 0.13 } });
		expect(error?.message).toMatch(/would cost about 0\.14 USD, more than the 0\.13/);
		expect(writes()).toHaveLength(before);
		const paid = await bed.run([row], { ...asked, options: { maxCost: 0.14 } });
		expect(jsonOf(paid.outputs[0])).toMatchObject([{ status: 'COMPLETED' }]);
		const again = await bed.run([row], { ...asked, options: { maxCost: PICTURE } });
		expect(jsonOf(again.outputs[0])).toMatchObject([{ status: 'COMPLETED' }]);
	});

	test('without a known price leave the row without one', async () => {
		await bed.run([{}], dress());
		for (const { id } of bed.sandbox.astria.tunes()) await bed.call('DELETE', `/tunes/${id}`);
		const told = await bed.run([{}], { ...dress(), ...ESTIMATE });
		expect(told.outputs[0]?.[0]?.json).toMatchObject({ ready: true, estimatedCost: null });
		const before = writes().length;
		const { error } = await bed.run([{}], { ...dress(), options: { maxCost: 100 } });
		expect(error?.message).toMatch(/price of 1 of 1 rows could not be learned/);
		expect(error?.description).toMatch(/references/);
		expect(writes()).toHaveLength(before);
	});

	test('that cost nothing in this account cost nothing here', async () => {
		await bed.run([{}], dress());
		for (const tune of bed.sandbox.astria.tunes()) Object.assign(tune, { costMc: 0 });
		const [row = {}] = await garments();
		const told = await bed.run([row], { ...dress(), ...ofRow(), ...ESTIMATE });
		expect(told.outputs[0]?.[0]?.json).toMatchObject({ estimatedCost: PICTURE });
	});
});

test('a price that cannot be asked for is unknown, and Max Cost submits nothing', async () => {
	bed.sandbox.faults.add({
		on: /GET \/prompts/,
		fault: { kind: 'answer', answer: { status: 400, body: { error: 'not now' } } },
		times: 100,
	});
	const told = await bed.run([{ text: 'one' }], ESTIMATE);
	expect(told.outputs[0]?.[0]?.json).toMatchObject({ ready: true, estimatedCost: null });
	const { error } = await bed.run([{ text: 'one' }], { options: { maxCost: 100 } });
	expect(error?.message).toMatch(/price of 1 of 1 rows could not be learned/);
	expect(writes()).toEqual([]);
});

test('Max Cost per Run refuses before the first prompt, with an error row for each item', async () => {
	const first = await bed.run([{ text: 'the first' }], { num_images: 1 });
	const price = Number(first.outputs[0]?.[0]?.json.cost);
	const before = writes().length;
	const rows = [{ text: 'one' }, { text: 'two' }];
	const parameters = { num_images: 2, options: { maxCost: price * 4 - 0.01 } };
	const { error } = await bed.run(rows, parameters);
	expect(error?.message).toMatch(/2 rows \(4 pictures\).+'Max Cost per Run'/);
	const { outputs } = await bed.run(rows, parameters, { onError: 'continueRegularOutput' });
	expect(outputs[0]?.map(({ json }) => String(json.error))).toEqual([
		expect.stringContaining('Max Cost per Run'),
		expect.stringContaining('Max Cost per Run'),
	]);
	expect(writes()).toHaveLength(before);
	const paid = await bed.run(rows, { ...parameters, options: { maxCost: price * 4 } });
	expect(paid.outputs[0]).toHaveLength(4);
});

test.each([
	['create', 'prompt'],
	['dressPerson', 'tryOn'],
])('a limit that was added to %s and is empty refuses the run', async (operation, resource) => {
	for (const [name, label] of [
		['maxCost', 'Max Cost per Run'],
		['maxJobs', 'Max Prompts per Run'],
	] as const) {
		const options = { [name]: '={{ $json.budgett }}' };
		const parameters = { ...dressed(), resource, operation, options };
		const { outputs } = await bed.run([{}], parameters, { onError: 'continueRegularOutput' });
		expect(outputs[0]?.[0]?.json).toMatchObject({
			error: expect.stringContaining(`Item 1: '${label}' is empty`),
			details: { charged: 'no', field: label },
		});
	}
	expect(bed.calls()).toEqual([]);
});

test('the estimate is what the same rows then cost, and the balance goes down by it', async () => {
	await bed.run([{ text: 'the first' }], { num_images: 1 });
	const rows = [{ text: 'one' }, { text: 'two' }];
	const basics = { num_images: 3 };
	const balance = async () => {
		const { outputs } = await bed.run([{}], { resource: 'account', operation: 'getBalance' });
		return Number(outputs[0]?.[0]?.json.balance);
	};
	const told = await bed.run(rows, { ...ESTIMATE, ...basics, estimateOutput: 'all' });
	const before = await balance();
	expect(told.outputs[0]?.[0]?.json).toMatchObject({ readyRows: 2, pictures: 6, balance: before });
	const { outputs } = await bed.run(rows, { ...basics, output: 'row' });
	const costs = outputs[0]?.map(({ json }) => Number(json.cost)) ?? [];
	const sum = costs.reduce((whole, cost) => whole + cost, 0);
	expect(sum).toBeGreaterThan(0);
	expect(told.outputs[0]?.[0]?.json.estimatedCost).toBeCloseTo(sum, 6);
	expect(before - (await balance())).toBeCloseTo(sum, 6);
});
