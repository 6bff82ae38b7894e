import { executeStep, retryInEditor, startRetry } from '../engine/again';
import { NODE } from '../engine/engine';
import { edited } from '../engine/graph';
import { atCall } from '../engine/moment';
import { loop, SHAPES, subWorkflow, together, tool } from '../engine/shapes';
import { runWorkflow, startWorkflow } from '../engine/workflow';
import {
	type FashnBed,
	fashnBed,
	type Parameters,
	RETRY,
	seeded,
	seedOfRow,
	SUBMIT,
} from './fashn';

let bed: FashnBed;

beforeEach(async () => {
	bed = await fashnBed();
});

afterEach(async () => {
	jest.restoreAllMocks();
	await bed.sandbox.close();
});

/** Fails the job of a seed in a way that costs nothing and may pass, so many times. */
function failJobs(seed: number, times: number): void {
	let left = times;
	bed.sandbox.fal.options.outcome = ({ input }) => {
		if (Reflect.get(Object(input), 'seed') !== seed || left === 0) return undefined;
		left -= 1;
		return { kind: 'request', status: 503, errorType: 'runner_disconnected', message: 'Gone' };
	};
}

test.each(SHAPES)('$name: every row is bought once, and delivered', async (shape) => {
	const result = await runWorkflow(shape.workflow(bed.node(seedOfRow), seeded(3)));
	expect(result.run.status).toBe('success');
	expect(bed.seeds()).toEqual([0, 1, 2]);
	const { good, failed } = shape.rows(result);
	expect(failed).toEqual([]);
	expect(new Set(good.map(({ requestId }) => requestId)).size).toBe(3);
	expect(good.every(({ imageUrl }) => typeof imageUrl === 'string')).toBe(true);
});

test.each(SHAPES)('$name: equal rows are as many purchases', async (shape) => {
	const rows = [{ seed: 7 }, { seed: 7 }, { seed: 7 }];
	const result = await runWorkflow(shape.workflow(bed.node(seedOfRow), rows));
	expect(bed.seeds()).toEqual([7, 7, 7]);
	expect(new Set(shape.rows(result).good.map(({ requestId }) => requestId)).size).toBe(3);
});

// Agents v1 and v2 raise the run index on each try: their case is in money.test.ts.
const UNDER_RETRY = [together, loop(1), loop(2), subWorkflow('once'), subWorkflow('each'), tool(3)];

describe.each(['stopWorkflow', 'continueRegularOutput', 'continueErrorOutput'] as const)(
	'Retry On Fail under %s',
	(onError) => {
		test.each(UNDER_RETRY)('$name: only what failed is bought again', async (shape) => {
			failJobs(0, 2);
			const under = bed.node(seedOfRow, { ...RETRY, onError });
			const result = await runWorkflow(shape.workflow(under, seeded(3)));
			const { good, failed } = shape.rows(result);
			// n8n tries again when a node throws, or when its first output begins with an error row.
			expect(failed).toEqual([]);
			expect(good).toHaveLength(3);
			expect(bed.seeds()).toEqual([0, 0, 0, 1, 2]);
		});
	},
);

test("the editor's Retry picks up what the failed execution has bought", async () => {
	failJobs(1, 1);
	const failed = await runWorkflow(together.workflow(bed.node(seedOfRow), seeded(3)));
	expect(failed.run.status).toBe('error');
	const retried = await retryInEditor(failed);
	expect(retried.run.status).toBe('success');
	expect(together.rows(retried).good).toHaveLength(3);
	expect(bed.seeds()).toEqual([0, 1, 1, 2]);
});

test("the editor's Retry with the saved workflow buys what was changed there", async () => {
	failJobs(1, 1);
	const failed = await runWorkflow(loop(1).workflow(bed.node(seedOfRow), seeded(3)));
	const [under] = failed.of.nodes.filter(({ name }) => name === NODE);
	const parameters = { ...under?.parameters, additionalFields: { seed: '={{ $json.seed + 10 }}' } };
	const retried = await retryInEditor(failed, edited(failed.of, NODE, { parameters }));
	expect(retried.run.status).toBe('success');
	expect(bed.seeds()).toEqual([0, 1, 11, 12]);
});

test('Execute step buys the rows again, for a person asked', async () => {
	const run = together.workflow(bed.node(seedOfRow), seeded(2));
	const first = await runWorkflow({ ...run, mode: 'manual' });
	const step = await executeStep(first, NODE);
	expect(together.rows(step).good).toHaveLength(2);
	expect(bed.seeds()).toEqual([0, 0, 1, 1]);
});

const ONE_BY_ONE: Parameters = (column) => ({
	...seedOfRow(column),
	options: { jobsInFlight: 1 },
});

describe.each([
	['without Retry On Fail', {}],
	['with Retry On Fail', RETRY],
])('%s', (_, settings) => {
	const shapes = [together, loop(1), subWorkflow('once'), tool(1), tool(2), tool(3)];
	test.each(shapes)('$name: nothing is bought after Stop', async (shape) => {
		const started = startWorkflow(shape.workflow(bed.node(ONE_BY_ONE, settings), seeded(4)));
		await atCall(bed.sandbox, SUBMIT, 2);
		started.stop();
		const { run } = await started.finished;
		expect(run.status).not.toBe('success');
		expect(bed.seeds()).toEqual([0, 1]);
	});
});

test("Stop during the editor's Retry", async () => {
	failJobs(0, 1);
	const failed = await runWorkflow(together.workflow(bed.node(ONE_BY_ONE), seeded(4)));
	const started = startRetry(failed);
	await atCall(bed.sandbox, SUBMIT);
	started.stop();
	await started.finished;
	expect(bed.seeds()).toEqual([0, 0]);
});

test('equal requests of two items, side by side, are two purchases', async () => {
	const shape = tool(2, { batchSize: 2 });
	const rows = [{ seed: 7 }, { seed: 7 }];
	const result = await runWorkflow(shape.workflow(bed.node(seedOfRow), rows));
	expect(new Set(shape.rows(result).good.map(({ requestId }) => requestId)).size).toBe(2);
	expect(bed.seeds()).toEqual([7, 7]);
});
