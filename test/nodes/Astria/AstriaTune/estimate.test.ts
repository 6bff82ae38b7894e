import { jsonOf, picked } from '../../../engine/items';
import { type Bed, makeBed } from './bed';

let bed: Bed;

beforeEach(async () => {
	bed = await makeBed({ astria: { trainingMs: 50 } });
});

afterEach(async () => {
	await bed.sandbox.close();
});

const ESTIMATE = { operation: 'estimate' };

function writes() {
	return bed.calls().filter(({ method }) => method !== 'GET');
}

test('without like tunes no price is told, and nothing is made', async () => {
	const { outputs, error } = await bed.run([{ title: 'SKU-1' }], ESTIMATE);
	expect(error).toBeUndefined();
	expect(outputs[0]?.[0]?.json).toEqual({
		ready: true,
		pictures: 0,
		estimatedCost: null,
		title: 'SKU-1',
		trainingPictures: 1,
		reused: false,
	});
	expect(writes()).toEqual([]);
});

test('the estimate is what the same tunes then cost', async () => {
	await bed.run([{ title: 'The first' }]);
	const rows = [{ title: 'SKU-1' }, { title: 'SKU-2' }];
	const told = await bed.run(rows, { ...ESTIMATE, estimateOutput: 'all' });
	const made = await bed.run(rows);
	const sum = (made.outputs[0] ?? []).reduce((all, { json }) => all + Number(json.cost), 0);
	expect(sum).toBeGreaterThan(0);
	const [all] = told.outputs[0] ?? [];
	expect(all?.json).toMatchObject({ rows: 2, readyRows: 2, rowsWithoutPrice: 0, currency: 'USD' });
	expect(all?.json.estimatedCost).toBeCloseTo(sum, 6);
	expect(all?.json.balance).toBeGreaterThan(0);
});

test.each(['One Item in All', 'ALL'])('the output may be called %j', async (output) => {
	const estimateOutput = '={{ $json.output }}';
	const { outputs } = await bed.run([{ output }, {}], { ...ESTIMATE, estimateOutput });
	expect(jsonOf(outputs[0])).toMatchObject([{ rows: 2, readyRows: 2 }]);
});

test('an output that is no choice is refused', async () => {
	const estimateOutput = '={{ $json.output }}';
	const { error } = await bed.run([{ output: 'table' }], { ...ESTIMATE, estimateOutput });
	expect(error?.message).toBe(`'Output' is "table", which is none of its choices.`);
});

test('a tune of another kind tells no price', async () => {
	await bed.run([{ title: 'A reference' }]);
	const { outputs } = await bed.run([{}], { ...ESTIMATE, model_type: 'lora' });
	expect(outputs[0]?.[0]?.json).toMatchObject({ ready: true, estimatedCost: null });
});

test('a tune that is there costs nothing', async () => {
	await bed.run([{ title: 'SKU-1' }]);
	const { outputs } = await bed.run([{ title: 'SKU-1' }, { title: 'SKU-2' }], {
		...ESTIMATE,
		reuse: '={{ "yes" }}',
	});
	expect(outputs[0]?.map(({ json }) => [json.reused, Number(json.estimatedCost) > 0])).toEqual([
		[true, false],
		[false, true],
	]);
});

test('rows are counted, of which several make one tune', async () => {
	const rows = [{ title: 'A' }, { title: 'A' }, { title: 'B' }, { title: 'B' }, { title: 'B' }];
	const { outputs } = await bed.run(rows, {
		...ESTIMATE,
		tunesFrom: 'title',
		images: `={{ $json.title === "A" ? "" : "${bed.person}" }}`,
		estimateOutput: 'all',
	});
	expect(jsonOf(outputs[0])).toMatchObject([{ rows: 5, readyRows: 3, rowsWithoutPrice: 3 }]);
});

test('a bad row is named, and the others are looked at', async () => {
	const gone = `${bed.sandbox.media.url}/nothing`;
	const rows = [bed.person, gone, ''].map((url, n) => ({ url, title: `T${n}` }));
	const { outputs, error } = await bed.run(rows, { ...ESTIMATE, images: '={{ $json.url }}' });
	expect(error).toBeUndefined();
	expect(outputs[0]?.map(({ json }) => json.problem)).toEqual([
		undefined,
		expect.stringMatching(/^Item 2: 'Images' cannot be opened: status 404/),
		expect.stringMatching(/^Item 3: 'Images' is empty/),
	]);
});

describe('of a pack', () => {
	const PACK = { resource: 'pack', ...ESTIMATE, packId: picked('corporate-headshots') };

	test('the price of a new tune is that of its class', async () => {
		const { outputs, error } = await bed.run([{}], PACK);
		expect(error).toBeUndefined();
		const got = await bed.run([{}], { ...PACK, operation: 'get' });
		const costs = got.outputs[0]?.[0]?.json.costs;
		expect(outputs[0]?.[0]?.json.estimatedCost).toBe(Reflect.get(Object(costs), 'woman'));
		expect(writes()).toEqual([]);
	});

	test('on a tune that exists its prompts cost what the run then costs', async () => {
		const made = await bed.run([{ title: 'Anna' }]);
		const tuneId = picked(String(made.outputs[0]?.[0]?.json.tuneId));
		const reuse = { ...PACK, mode: 'reuse', tunes: { tunes: [{ tuneId }] } };
		const told = await bed.run([{}], reuse);
		const balance = bed.sandbox.astria.balanceMc();
		const { error } = await bed.run([{}], { ...reuse, operation: 'createTune' });
		expect(error).toBeUndefined();
		const spent = (balance - bed.sandbox.astria.balanceMc()) / 100_000;
		expect(spent).toBeGreaterThan(0);
		expect(told.outputs[0]?.[0]?.json.estimatedCost).toBeCloseTo(spent, 6);
	});
});
