import type { IDataObject, INodeParameters } from 'n8n-workflow';

import { retryInEditor } from '../engine/again';
import { loop, type Shape, subWorkflow, together, tool } from '../engine/shapes';
import { runWorkflow } from '../engine/workflow';
import type { FaultKind } from '../../sandbox/types';
import {
	type FashnBed,
	fashnBed,
	HISTORY,
	type Parameters,
	randomSeed,
	RETRY,
	seeded,
	seedOfRow,
	SHORT_WAIT,
	SUBMIT,
} from './fashn';

/*
 * What ordinary workflows must neither buy twice nor hide: each of these failed before purchases
 * belonged to execution, run and row.
 */

let bed: FashnBed;

beforeEach(async () => {
	bed = await fashnBed();
});

afterEach(async () => {
	jest.restoreAllMocks();
	await bed.sandbox.close();
});

const CONTINUE = ['continueRegularOutput', 'continueErrorOutput'] as const;

const bought = () => bed.sandbox.fal.submits().length;

/** Refuses the content of every top, for good, in a way that may be charged. */
function refuseTops(): void {
	const body = { detail: [{ msg: 'The content was flagged', type: 'content_policy_violation' }] };
	bed.sandbox.fal.options.outcome = ({ input }) =>
		Reflect.get(Object(input), 'category') === 'tops'
			? { kind: 'model', answer: { status: 422, body } }
			: undefined;
}

/** Three rows, of which the first is refused. */
const FIRST_REFUSED = ['tops', 'bottoms', 'bottoms'].map((category) => ({ category }));

const gatewayTimeout: FaultKind = { kind: 'answer', answer: { status: 504, body: 'timeout' } };

const forbidden: FaultKind = { kind: 'answer', answer: { status: 403, body: 'no' } };

/** The seed of the row, and little patience. */
const briefly: Parameters = (column) => ({ ...seedOfRow(column), options: SHORT_WAIT });

describe('1: an expression that is another one on each try buys nothing again', () => {
	const changing: Array<[string, Parameters]> = [
		['a random seed', randomSeed],
		[
			'the time in Additional Fields',
			() => ({
				additionalFields: { additional_fields: '={{ ({ note: $now.toMillis() }) }}' },
			}),
		],
	];

	describe.each(changing)('%s', (_, parameters) => {
		test.each([together, loop(1), subWorkflow('once')])(
			'the first of three rows is refused: $name',
			async (shape) => {
				refuseTops();
				const under = bed.node(
					(column) => ({ ...parameters(column), category: column('category') }),
					{ ...RETRY, onError: 'continueRegularOutput' },
				);
				const result = await runWorkflow(shape.workflow(under, FIRST_REFUSED));
				expect(bought()).toBe(3);
				expect(shape.rows(result).good).toHaveLength(2);
			},
		);

		test.each([
			['is not known', { kind: 'resetAfter' as const }],
			['is a 504', gatewayTimeout],
		])('a submit whose outcome %s is sent once', async (_outcome, fault) => {
			bed.sandbox.faults.add({ on: SUBMIT, fault, times: 5 });
			// Whether fal has taken it or not: nobody can see.
			bed.sandbox.faults.add({ on: HISTORY, fault: forbidden, times: 99 });
			const under = bed.node(parameters, { ...RETRY, onError: 'continueRegularOutput' });
			const result = await runWorkflow(together.workflow(under, seeded(1)));
			expect(together.rows(result).failed).toMatchObject([{ details: { charged: 'unknown' } }]);
			expect(bed.sent()).toBe(1);
		});
	});

	test('a row with a misspelled category leaves the others alone', async () => {
		const under = bed.node((column) => ({ ...randomSeed(column), category: column('category') }), {
			...RETRY,
			onError: 'continueRegularOutput',
		});
		const rows: IDataObject[] = [{ category: 'topps' }, { category: 'tops' }, { category: 'tops' }];
		const result = await runWorkflow(together.workflow(under, rows));
		expect(bought()).toBe(2);
		expect(together.rows(result)).toMatchObject({
			good: expect.any(Array),
			failed: [{ error: expect.stringContaining('topps') }],
		});
	});

	test('three rounds of a loop, the first row of each is refused', async () => {
		refuseTops();
		const under = bed.node((column) => ({ ...randomSeed(column), category: column('category') }), {
			...RETRY,
			onError: 'continueRegularOutput',
		});
		const shape = loop(3);
		const rows = [1, 2, 3].flatMap(() => FIRST_REFUSED);
		const result = await runWorkflow(shape.workflow(under, rows));
		expect(bought()).toBe(9);
		expect(shape.rows(result).good).toHaveLength(6);
	});
});

describe('4: as a tool of an agent', () => {
	test.each([tool(1), tool(2)])(
		'Retry On Fail picks up what an earlier try has bought: $name',
		async (shape) => {
			// The job ends well, and reading its result fails for longer than a try lasts.
			const busy: FaultKind = { kind: 'answer', answer: { status: 500, body: 'upstream' } };
			bed.sandbox.faults.add({ on: /GET .*\/requests\/[\w-]+$/, fault: busy, times: 7 });
			const under = bed.node(seedOfRow, RETRY);
			const result = await runWorkflow(shape.workflow(under, seeded(1)));
			expect(bought()).toBe(1);
			expect(shape.rows(result).good).toHaveLength(1);
		},
	);

	test.each([tool(1), tool(2)])(
		'Retry On Fail repeats no submit of unknown outcome: $name',
		async (shape) => {
			bed.sandbox.faults.add({ on: SUBMIT, fault: gatewayTimeout, times: 5 });
			await runWorkflow(shape.workflow(bed.node(briefly, RETRY), seeded(1)));
			expect(bed.sent()).toBe(1);
		},
	);

	test.each([tool(1), tool(2), tool(3)])(
		'nor when an expression asks for something else on each try: $name',
		async (shape) => {
			bed.sandbox.faults.add({ on: SUBMIT, fault: gatewayTimeout, times: 5 });
			await runWorkflow(
				shape.workflow(
					bed.node((column) => ({ ...briefly(column), ...randomSeed(column) }), RETRY),
					seeded(1),
				),
			);
			expect(bed.sent()).toBe(1);
		},
	);

	test('two items of a batch with the same request have a picture each', async () => {
		const shape = tool(2, { batchSize: 2, inTurn: true });
		const result = await runWorkflow(
			shape.workflow(bed.node(seedOfRow), [{ seed: 7 }, { seed: 7 }]),
		);
		const ids = shape.rows(result).good.map(({ requestId }) => requestId);
		expect(new Set(ids).size).toBe(2);
		expect(bought()).toBe(2);
	});
});

describe('7: Estimate buys nothing', () => {
	// It took the place of the option Dry Run, which was read from the first row only.
	test.each([together, loop(1)])('$name', async (shape) => {
		const estimate: Parameters = (column) => ({ ...seedOfRow(column), operation: 'estimate' });
		const result = await runWorkflow(shape.workflow(bed.node(estimate, RETRY), seeded(3)));
		expect(shape.rows(result).good).toHaveLength(3);
		expect(bed.sent()).toBe(0);
	});
});

describe("8: the editor's Retry frees a row of unknown outcome, for a person asked", () => {
	// fal has not seen these submits: whoever looks for them finds nothing, and they stay unknown.
	test.each([together, loop(1)])('$name', async (shape) => {
		bed.sandbox.faults.add({ on: SUBMIT, fault: gatewayTimeout });
		const failed = await runWorkflow(shape.workflow(bed.node(briefly), seeded(1)));
		expect(failed.run.status).toBe('error');
		const retried = await retryInEditor(failed);
		expect(retried.run.status).toBe('success');
		expect(shape.rows(retried).good).toHaveLength(1);
		expect(bought()).toBe(1);
	});

	test('and buys none again of those that it knows', async () => {
		const options = { ...SHORT_WAIT, jobsInFlight: 1 };
		bed.sandbox.faults.add({ on: SUBMIT, fault: gatewayTimeout, after: 1 });
		const under = bed.node((column) => ({ ...seedOfRow(column), options }));
		const failed = await runWorkflow(together.workflow(under, seeded(3)));
		const retried = await retryInEditor(failed, failed.of);
		expect(together.rows(retried).good).toHaveLength(3);
		expect(bed.seeds()).toEqual([0, 1, 2]);
	});
});

describe.each(CONTINUE)('11: under %s a guard lets no row pass for finished', (onError) => {
	const guards: Array<[string, INodeParameters]> = [
		['Max Jobs', { maxJobs: 1 }],
		['a bad run option', { jobsInFlight: 'many' }],
	];

	describe.each(guards)('%s', (_, options) => {
		const shapes: Shape[] = [together, loop(2), subWorkflow('once')];
		test.each(shapes)('$name', async (shape) => {
			const under = bed.node((column) => ({ ...seedOfRow(column), options }), { onError });
			const result = await runWorkflow(shape.workflow(under, seeded(2)));
			const { good, failed } = shape.rows(result);
			expect(bought()).toBe(0);
			expect(good).toEqual([]);
			expect(failed).toHaveLength(2);
		});
	});
});

describe('12: a locked account ends the run at the first row that finds out', () => {
	const IN_FLIGHT = 3;

	test.each(CONTINUE)('under %s', async (onError) => {
		bed.sandbox.fal.options.locked = 'Exhausted balance';
		const under = bed.node(
			(column) => ({ ...seedOfRow(column), options: { jobsInFlight: IN_FLIGHT } }),
			{ onError },
		);
		const result = await runWorkflow(together.workflow(under, seeded(30)));
		expect(together.rows(result).failed).toHaveLength(30);
		expect(bed.sent()).toBeLessThanOrEqual(IN_FLIGHT);
	});
});
