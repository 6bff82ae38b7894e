import type { IDataObject } from 'n8n-workflow';

import type { FalOptions } from '../../sandbox/fal/options';
import { TIMED_OUT, TIMED_OUT_TAKEN } from '../../sandbox/faults';
import type { FaultKind } from '../../sandbox/types';
import { atCall } from '../engine/moment';
import { together } from '../engine/shapes';
import { runWorkflow, startWorkflow } from '../engine/workflow';
import {
	type FashnBed,
	fashnBed,
	HISTORY,
	type Parameters,
	RETRY,
	seeded,
	seedOfRow,
	SHORT_WAIT,
	SUBMIT,
} from './fashn';

/*
 * Submits whose answers are lost. What fal has taken is found in its request history and delivered;
 * what it does not show stays unknown, and is not sent again.
 */

let bed: FashnBed;

beforeEach(async () => {
	bed = await fashnBed({ fal: { historyDelayMs: 20 } });
});

afterEach(async () => {
	jest.restoreAllMocks();
	await bed.sandbox.close();
});

const CONTINUE = { onError: 'continueRegularOutput' } as const;

const boughtIds = () => bed.sandbox.fal.submits().map(({ requestId }) => requestId);

const looks = () =>
	bed.sandbox.calls.filter(({ method, path }) => HISTORY.test(`${method} ${path}`)).length;

function ids(rows: readonly IDataObject[]): unknown[] {
	return rows.map(({ requestId }) => requestId);
}

const within: Parameters = (column) => ({
	...seedOfRow(column),
	options: SHORT_WAIT,
});

const taken = (status: number): FaultKind => ({
	kind: 'answerAfter',
	answer: { status, body: 'upstream' },
});

/** fal has taken them, and the answer says nothing of it. */
const TAKEN: Array<[string, FaultKind]> = [
	['cut off', { kind: 'cutOff' }],
	['reset', { kind: 'resetAfter' }],
	['a 504', TIMED_OUT_TAKEN],
	['a 502', taken(502)],
	['a 500', taken(500)],
];

const SETTINGS = [
	['without Retry On Fail', {}],
	['with Retry On Fail', RETRY],
] as const;

describe.each(SETTINGS)('%s', (_, settings) => {
	test.each(TAKEN)(
		'an answer that is %s costs no row and no second submit',
		async (_name, fault) => {
			bed.sandbox.faults.add({ on: SUBMIT, fault });
			const result = await runWorkflow(together.workflow(bed.node(seedOfRow, settings), seeded(2)));
			expect(result.run.status).toBe('success');
			const { good, failed } = together.rows(result);
			expect(failed).toEqual([]);
			expect(new Set(ids(good))).toEqual(new Set(boughtIds()));
			expect(bed.seeds()).toEqual([0, 1]);
			expect(bed.sent()).toBe(2);
		},
	);

	test.each(TAKEN)('two of three equal rows, whose answers are %s', async (_name, fault) => {
		bed.sandbox.faults.add({ on: SUBMIT, fault, times: 2 });
		const rows = [{ seed: 7 }, { seed: 7 }, { seed: 7 }];
		const result = await runWorkflow(together.workflow(bed.node(seedOfRow, settings), rows));
		const { good, failed } = together.rows(result);
		expect(failed).toEqual([]);
		expect(good).toHaveLength(3);
		expect(ids(good).sort()).toEqual(boughtIds().sort());
		expect(new Set(boughtIds()).size).toBe(3);
	});

	test('what fal has not taken stays unknown, and is not sent again', async () => {
		bed.sandbox.faults.add({ on: SUBMIT, fault: TIMED_OUT, times: 5 });
		const under = bed.node(within, { ...settings, ...CONTINUE });
		const result = await runWorkflow(together.workflow(under, seeded(1)));
		const [failed] = together.rows(result).failed;
		expect(failed?.details).toMatchObject({ charged: 'unknown', stage: 'submit' });
		expect(failed?.error).toMatch(/unknown whether fal took it.* shows no request .* this input/);
		expect(failed?.error).toMatch(/fal\.ai\/dashboard\/requests/);
		expect(bed.sent()).toBe(1);
		expect(looks()).toBeGreaterThan(1);
	});
});

test.each<Array<[string, Partial<FalOptions>]>[number]>([
	['times are those of the end', { historyTime: 'ended_at' }],
	['times are those of the start', { historyTime: 'started_at' }],
	['times are those of the submit', { historyTime: 'sent_at' }],
	['what runs is listed', { historyShowsRunning: true, jobMs: 300 }],
	['what runs is not listed', { historyShowsRunning: false, jobMs: 300 }],
])('whichever history fal has: %s', async (_, options) => {
	Object.assign(bed.sandbox.fal.options, options);
	bed.sandbox.faults.add({ on: SUBMIT, fault: { kind: 'cutOff' } });
	const result = await runWorkflow(together.workflow(bed.node(seedOfRow), seeded(1)));
	expect(ids(together.rows(result).good)).toEqual(boughtIds());
});

test('one of three equal rows that fal has not taken is the only one that stays unknown', async () => {
	bed.sandbox.faults.add({ on: SUBMIT, fault: { kind: 'cutOff' } });
	bed.sandbox.faults.add({ on: SUBMIT, fault: TIMED_OUT });
	const rows = [{ seed: 7 }, { seed: 7 }, { seed: 7 }];
	// The found ones are waited for as well, and a busy machine takes its time.
	const inTime: Parameters = (column) => ({ ...within(column), options: { maxWait: 40 } });
	const result = await runWorkflow(together.workflow(bed.node(inTime, CONTINUE), rows));
	const { good, failed } = together.rows(result);
	expect(failed).toHaveLength(1);
	expect(ids(good).sort()).toEqual(boughtIds().sort());
	expect(good).toHaveLength(2);
});

test("a job whose answer is still to come is no other row's", async () => {
	bed.sandbox.fal.options.historyShowsRunning = true;
	bed.sandbox.faults.add({ on: SUBMIT, fault: { kind: 'drip', pieces: 4, pauseMs: 200 } });
	bed.sandbox.faults.add({ on: SUBMIT, fault: TIMED_OUT });
	const rows = [{ seed: 7 }, { seed: 7 }];
	const result = await runWorkflow(together.workflow(bed.node(within, CONTINUE), rows));
	const { good, failed } = together.rows(result);
	expect(ids(good)).toEqual(boughtIds());
	expect(failed).toMatchObject([{ details: { charged: 'unknown' } }]);
});

test("an equal request of before is nobody's loss", async () => {
	const first = await runWorkflow(together.workflow(bed.node(within), [{ seed: 7 }]));
	bed.sandbox.faults.add({ on: SUBMIT, fault: TIMED_OUT });
	const second = await runWorkflow(together.workflow(bed.node(within, CONTINUE), [{ seed: 7 }]));
	expect(together.rows(first).good).toHaveLength(1);
	expect(together.rows(second).failed).toMatchObject([{ details: { charged: 'unknown' } }]);
});

test('thirty rows whose answers are lost in one hiccup share their looks', async () => {
	bed.sandbox.faults.add({ on: SUBMIT, fault: { kind: 'cutOff' }, times: 30 });
	const under = bed.node((column) => ({ ...seedOfRow(column), options: { jobsInFlight: 30 } }));
	const result = await runWorkflow(together.workflow(under, seeded(30)));
	expect(together.rows(result).good).toHaveLength(30);
	expect(bed.seeds()).toHaveLength(30);
	expect(looks()).toBeLessThan(15);
});

test.each([401, 403, 404])('a history that answers %i is asked once', async (status) => {
	const refusal: FaultKind = { kind: 'answer', answer: { status, body: { detail: 'no' } } };
	bed.sandbox.faults.add({ on: HISTORY, fault: refusal, times: 99 });
	bed.sandbox.faults.add({ on: SUBMIT, fault: { kind: 'cutOff' } });
	const under = bed.node(seedOfRow, { ...RETRY, ...CONTINUE });
	const result = await runWorkflow(together.workflow(under, seeded(1)));
	const [failed] = together.rows(result).failed;
	expect(failed?.details).toMatchObject({ charged: 'unknown', retryable: false });
	expect(failed?.error).toMatch(new RegExp(`history.*status ${status}`));
	expect(failed?.error).toMatch(/fal\.ai\/dashboard\/requests/);
	expect(looks()).toBe(1);
	expect(bed.sent()).toBe(1);
});

test.each<[string, FaultKind]>([
	['a 500', { kind: 'answer', answer: { status: 500, body: 'oops' } }],
	['a 429', { kind: 'answer', answer: { status: 429, body: 'slow down' } }],
	['a web page', { kind: 'answer', answer: { status: 200, body: '<html>' } }],
	['reset', { kind: 'reset' }],
])('a look that is answered with %s is made again', async (_, fault) => {
	bed.sandbox.faults.add({ on: HISTORY, fault, times: 2 });
	bed.sandbox.faults.add({ on: SUBMIT, fault: { kind: 'cutOff' } });
	const result = await runWorkflow(together.workflow(bed.node(seedOfRow), seeded(1)));
	expect(ids(together.rows(result).good)).toEqual(boughtIds());
	expect(looks()).toBeGreaterThan(2);
});

test("with 'Store Request and Answer' off the history is not asked", async () => {
	bed.sandbox.faults.add({ on: SUBMIT, fault: { kind: 'cutOff' } });
	const under = bed.node((column) => ({ ...seedOfRow(column), options: { storeIo: false } }), {
		...RETRY,
		...CONTINUE,
	});
	const result = await runWorkflow(together.workflow(under, seeded(1)));
	const [failed] = together.rows(result).failed;
	expect(failed?.details).toMatchObject({ charged: 'unknown' });
	expect(failed?.error).toMatch(/'Store Request and Answer' is off/);
	expect(looks()).toBe(0);
	expect(bed.sent()).toBe(1);
});

test('Stop ends the look-up, and buys nothing', async () => {
	bed.sandbox.faults.add({ on: SUBMIT, fault: TIMED_OUT, times: 5 });
	const under = bed.node(
		(column) => ({ ...seedOfRow(column), options: { jobsInFlight: 1 } }),
		RETRY,
	);
	const started = startWorkflow(together.workflow(under, seeded(3)));
	await atCall(bed.sandbox, HISTORY);
	started.stop();
	const { run } = await started.finished;
	expect(run.status).not.toBe('success');
	const seen = looks();
	await new Promise((resolve) => setTimeout(resolve, 300));
	expect(looks()).toBe(seen);
	expect(bed.sent()).toBe(1);
});

test('under Stop Workflow a failed row ends the look-up of another, and names its charge', async () => {
	bed.sandbox.faults.add({ on: SUBMIT, fault: TIMED_OUT });
	const body = { detail: [{ msg: 'The content was flagged', type: 'content_policy_violation' }] };
	bed.sandbox.fal.options.outcome = () => ({ kind: 'model', answer: { status: 422, body } });
	const result = await runWorkflow(together.workflow(bed.node(seedOfRow), seeded(2)));
	const { error } = result.run.data.resultData;
	expect(error?.message).toMatch(/item \d \(it is unknown whether its job was taken\)/);
});

test('Submit tells the id that it has found', async () => {
	bed.sandbox.faults.add({ on: SUBMIT, fault: { kind: 'cutOff' } });
	const under = bed.node((column) => ({ ...seedOfRow(column), operation: 'submit' }));
	const result = await runWorkflow(together.workflow(under, seeded(1)));
	const [requestId] = boughtIds();
	expect(together.rows(result).good).toMatchObject([
		{
			requestId,
			status: 'COMPLETED',
			statusUrl: `${bed.sandbox.fal.url}/fal-ai/fashn/requests/${requestId}/status`,
		},
	]);
});
