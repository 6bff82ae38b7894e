import { TIMED_OUT } from '../../sandbox/faults';
import { together } from '../engine/shapes';
import { runWorkflow } from '../engine/workflow';
import { type FashnBed, fashnBed, RETRY, seeded, seedOfRow, SUBMIT } from './fashn';

/*
 * On Error: Stop Workflow. n8n shows one error and drops every row, so that this error has to name
 * whatever was bought, or may have been.
 */

let bed: FashnBed;

beforeEach(async () => {
	bed = await fashnBed({ fal: { jobMs: 400 } });
});

afterEach(async () => {
	jest.restoreAllMocks();
	await bed.sandbox.close();
});

const ROWS = 5;

const seedOf = (input: unknown): number => Number(Reflect.get(Object(input), 'seed'));

const REFUSED = {
	detail: [{ msg: 'The content was flagged', type: 'content_policy_violation' }],
};

test.each([
	['once', {}],
	['with Retry On Fail', RETRY],
])('the row that ends the run %s names the ids and rows of all the others', async (_, settings) => {
	// Row 1 fails as soon as it runs, while the others are under way; one of them is lost for good.
	bed.sandbox.fal.options.outcome = ({ input }) =>
		seedOf(input) === 0 ? { kind: 'model', answer: { status: 422, body: REFUSED } } : undefined;
	bed.sandbox.faults.add({ on: SUBMIT, fault: TIMED_OUT, after: ROWS - 1 });

	const result = await runWorkflow(together.workflow(bed.node(seedOfRow, settings), seeded(ROWS)));

	expect(bed.sent()).toBe(ROWS);
	const { error } = result.run.data.resultData;
	const message = error?.message ?? '';
	const submits = bed.sandbox.fal.submits();
	expect(submits).toHaveLength(ROWS - 1);
	const failed = submits.find(({ input }) => seedOf(input) === 0);
	expect(message).toContain(`Job ${failed?.requestId}: `);
	const others = submits.filter((submit) => submit !== failed);
	for (const { input, requestId } of others) {
		expect(message).toContain(`item ${seedOf(input) + 1} (${requestId}`);
	}
	const bought = new Set(submits.map(({ input }) => seedOf(input)));
	const lost = seeded(ROWS).findIndex(({ seed }) => !bought.has(Number(seed)));
	expect(message).toContain(`item ${lost + 1} (it is unknown whether its job was taken)`);

	const details: unknown = Reflect.get(Object(Reflect.get(Object(error), 'context')), 'details');
	expect(details).toMatchObject({
		paidRequestIds: expect.arrayContaining(others.map(({ requestId }) => requestId)),
		submittedRows: expect.arrayContaining([
			...others.map(({ input, requestId }) => `item ${seedOf(input) + 1}: ${requestId}`),
			`item ${lost + 1}: unknown`,
		]),
	});
});
