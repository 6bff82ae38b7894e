import { together } from '../engine/shapes';
import { runWorkflow } from '../engine/workflow';
import { type FashnBed, fashnBed, type Parameters, RETRY, seedOfRow } from './fashn';

let bed: FashnBed;

beforeEach(async () => {
	bed = await fashnBed();
});

afterEach(async () => {
	jest.restoreAllMocks();
	await bed.sandbox.close();
});

const limited: Parameters = (column) => ({ ...seedOfRow(column), options: { maxCost: 10 } });

const ROWS = [{ seed: 0 }, { seed: 1 }];

const seedOf = (input: unknown): unknown => Reflect.get(Object(input), 'seed');

/**
 * The job of a seed ends in a way that costs nothing, so that n8n tries again; then fal tells no
 * price any more.
 */
function failThenHidePrices(seed: number): void {
	let failed = false;
	bed.sandbox.fal.options.outcome = ({ input }) => {
		if (failed || seedOf(input) !== seed) return undefined;
		failed = true;
		return { kind: 'request', status: 500, errorType: 'internal_error', message: 'Broken' };
	};
	bed.sandbox.faults.add({ on: /pricing/, fault: { kind: 'reset' }, after: 1, times: 100 });
}

const idOfSeed = (seed: number) =>
	bed.sandbox.fal.submits().find(({ input }) => seedOf(input) === seed)?.requestId ?? 'none';

test('what an earlier try has bought is handed out, although a limit forbids the rest', async () => {
	failThenHidePrices(0);
	const settings = { ...RETRY, onError: 'continueRegularOutput' } as const;
	const result = await runWorkflow(together.workflow(bed.node(limited, settings), ROWS));
	expect(bed.seeds()).toEqual([0, 1]);
	const { good, failed } = together.rows(result);
	expect(good.map(({ requestId }) => requestId)).toEqual([idOfSeed(1)]);
	expect(failed.map(({ error }) => String(error))).toEqual([
		expect.stringMatching(/^Item 1: .*could not be learned.*No further row was submitted/),
	]);
});

test('a limit that forbids the rest says what is left, and what that would cost', async () => {
	let failed = false;
	bed.sandbox.fal.options.outcome = ({ input }) => {
		if (failed || seedOf(input) !== 0) return undefined;
		failed = true;
		return { kind: 'request', status: 500, errorType: 'internal_error', message: 'Broken' };
	};
	const prices = [{ unit_price: 20, unit: 'images', currency: 'USD' }];
	const answer = { status: 200, body: { prices } };
	bed.sandbox.faults.add({ on: /pricing/, fault: { kind: 'answer', answer }, after: 1, times: 9 });
	const settings = { ...RETRY, onError: 'continueRegularOutput' } as const;
	const result = await runWorkflow(together.workflow(bed.node(limited, settings), ROWS));
	expect(bed.seeds()).toEqual([0, 1]);
	expect(together.rows(result).failed.map(({ error }) => String(error))).toEqual([
		expect.stringMatching(
			/^Item 1: This run has 1 row left and would cost about 20\.075 USD, with the 0\.075 USD of what it has bought, more than the 10 of/,
		),
	]);
});

test('with Stop Workflow a limit that ends a later try names what is bought', async () => {
	failThenHidePrices(1);
	const oneByOne: Parameters = (column) => ({
		...seedOfRow(column),
		options: { maxCost: 10, jobsInFlight: 1 },
	});
	const result = await runWorkflow(together.workflow(bed.node(oneByOne, RETRY), ROWS));
	expect(bed.seeds()).toEqual([0, 1]);
	expect(result.run.status).toBe('error');
	const message = result.run.data.resultData.error?.message;
	expect(message).toContain('could not be learned');
	expect(message).toContain(`item 1 (${idOfSeed(0)})`);
});
