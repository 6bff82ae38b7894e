import { retryInEditor } from '../engine/again';
import { loop, type Shape, together, tool } from '../engine/shapes';
import { runWorkflow, type WorkflowResult } from '../engine/workflow';
import { type FashnBed, fashnBed, type Parameters, RETRY, SUBMIT } from './fashn';

let bed: FashnBed;

beforeEach(async () => {
	bed = await fashnBed();
});

afterEach(async () => {
	jest.restoreAllMocks();
	await bed.sandbox.close();
});

const ROWS = [{ category: 'tops' }, { category: 'tops' }, { category: 'bottoms' }];

const chosen: Parameters = (column) => ({
	category: column('category'),
	options: { chooseSeeds: true },
});

const isSeed = (seed: number) => Number.isInteger(seed) && seed >= 0 && seed < 2 ** 32;

const toldIn = (shape: Shape, result: WorkflowResult) =>
	shape
		.rows(result)
		.good.map(({ seed }) => Number(seed))
		.sort((one, other) => one - other);

test.each([together, loop(1), loop(2), tool(2), tool(3)])(
	'each row has a seed of its own, which it tells: $name',
	async (shape) => {
		const result = await runWorkflow(shape.workflow(bed.node(chosen), ROWS));
		const seeds = bed.seeds();
		expect(seeds.every(isSeed)).toBe(true);
		expect(new Set(seeds).size).toBe(3);
		expect(toldIn(shape, result)).toEqual(seeds);
	},
);

test('a row that was not bought has the same seed on the next try', async () => {
	const answer = { status: 422, body: { detail: 'Not now' } };
	bed.sandbox.faults.add({ on: SUBMIT, fault: { kind: 'answer', answer }, times: 2 });
	const result = await runWorkflow(together.workflow(bed.node(chosen, RETRY), ROWS));
	const sent = bed.sandbox.calls
		.filter(({ method, path }) => SUBMIT.test(`${method} ${path}`))
		.map(({ body }) => Number(Reflect.get(Object(JSON.parse(String(body))), 'seed')));
	expect(sent.length).toBeGreaterThan(3);
	expect(new Set(sent).size).toBe(3);
	// A job that had not begun when another row failed was cancelled, and is there twice.
	const bought = [...new Set(bed.seeds())];
	expect(bought).toEqual([...new Set(sent)].sort((one, other) => one - other));
	expect(toldIn(together, result)).toEqual(bought);
});

test('a job that an earlier try has bought tells the seed that it was bought with', async () => {
	bed.sandbox.faults.add({
		on: SUBMIT,
		fault: { kind: 'answer', answer: { status: 400 } },
		times: 1,
	});
	const settings = { ...RETRY, onError: 'continueRegularOutput' } as const;
	const result = await runWorkflow(together.workflow(bed.node(chosen, settings), ROWS));
	expect(bed.seeds()).toHaveLength(3);
	expect(toldIn(together, result)).toEqual(bed.seeds());
});

test('the editor’s Retry picks jobs up by what they ask for, whatever was chosen', async () => {
	bed.sandbox.faults.add({
		on: /GET .*\/requests\/[^/]+$/,
		fault: { kind: 'answer', answer: { status: 503 } },
		times: 18,
	});
	const failed = await runWorkflow(together.workflow(bed.node(chosen), ROWS));
	expect(failed.run.status).toBe('error');
	const seeds = bed.seeds();
	const result = await retryInEditor(failed);
	expect(toldIn(together, result).filter((seed) => seeds.includes(seed)).length).toBe(seeds.length);
	expect(bed.seeds()).toHaveLength(3);
});

test('another execution chooses others', async () => {
	await runWorkflow(together.workflow(bed.node(chosen), ROWS));
	const first = bed.seeds();
	await runWorkflow(together.workflow(bed.node(chosen), ROWS));
	expect(new Set(bed.seeds()).size).toBe(6);
	expect(first).toHaveLength(3);
});

test('a row’s own seed is left alone, and told', async () => {
	const own: Parameters = (column) => ({
		additionalFields: { seed: column('seed', 'number') },
		options: { chooseSeeds: true },
	});
	const result = await runWorkflow(together.workflow(bed.node(own), [{ seed: 0 }, { seed: 7 }]));
	expect(bed.seeds()).toEqual([0, 7]);
	expect(toldIn(together, result)).toEqual([0, 7]);
});

test('without a seed none is told', async () => {
	const result = await runWorkflow(together.workflow(bed.node(), [{}]));
	expect(together.rows(result).good[0]).not.toHaveProperty('seed');
	expect(bed.sandbox.fal.submits()[0]?.input).not.toHaveProperty('seed');
});
