import fc from 'fast-check';
import type { IDataObject } from 'n8n-workflow';

import { type Charged, type ErrorDetails, TryOnError, wholeMessage } from '../../../lib/errors';
import { runRows } from '../../../lib/jobs/rows';
import { batchOf, type Event, REFUSALS, type Run, Service, type TestBatch } from './service';

/** What may have been the end of a purchase that the next try of the row makes anew. */
const ENDS_FREE = new Set<Event>([...REFUSALS, 'failed free']);

const event = fc.constantFrom<Event>('done', 'refused', 'unknown', 'failed', 'failed free', 'late');
const scripts = fc.array(fc.array(event, { minLength: 1, maxLength: 4 }), {
	minLength: 1,
	maxLength: 8,
});

/** What comes out of each row. */
async function outOf(batch: TestBatch): Promise<string[]> {
	const outcomes = await runRows(batch);
	expect(outcomes.map(({ row }) => row)).toEqual(batch.rows);
	return outcomes.map((outcome) => ('output' in outcome ? outcome.output : outcome.error.message));
}

test('however often n8n retries, a row is bought again after a free failure, and else comes out as before', async () => {
	await fc.assert(
		fc.asyncProperty(scripts, fc.integer({ min: 1, max: 4 }), async (script, tries) => {
			const service = new Service(script);
			const context: IDataObject = {};
			const outs: string[][] = [];
			for (let attempt = 0; attempt < tries; attempt += 1) {
				outs.push(await outOf(batchOf(service, script.length, { context })));
			}
			script.forEach((events, row) => {
				const lived = [...events, 'done' as const].slice(0, tries);
				const kept = lived.findIndex((fate) => !ENDS_FREE.has(fate));
				const purchases = kept < 0 ? lived : lived.slice(0, kept + 1);
				const bought = service.submits.filter((other) => other === row);
				expect(bought).toHaveLength(purchases.filter((fate) => !REFUSALS.has(fate)).length);
				const same = outs.slice(purchases.length - 1).map((out) => out[row]);
				expect(new Set(same).size).toBe(1);
			});
		}),
		{ numRuns: 300 },
	);
});

test('every row ends with an output or an error that has its id', async () => {
	await fc.assert(
		fc.asyncProperty(scripts, async (script) => {
			const outcomes = await runRows(batchOf(new Service(script), script.length));
			for (const outcome of outcomes) {
				const [fate] = script[outcome.row] ?? [];
				expect('output' in outcome).toBe(fate === 'done');
				if ('error' in outcome && fate !== 'refused' && fate !== 'unknown') {
					expect(outcome.error.message).toContain(outcome.error.details.requestId);
				}
			}
		}),
	);
});

/** How the only row of a run ends. */
async function errorOf(service: Service): Promise<TryOnError> {
	const [outcome] = await runRows(batchOf(service, 1));
	if (!outcome || 'output' in outcome) throw new Error('It went well');
	return outcome.error;
}

describe('what is said of a purchase that ends badly', () => {
	const fetch = 'Fetch it with Get.';

	test.each<[Event, string, Partial<ErrorDetails>]>([
		['refused', 'no', { stage: 'submit', charged: 'no' }],
		['unknown', '?', { stage: 'submit', charged: 'unknown' }],
		['a part was bought', 'half', { charged: 'yes', requestId: 'part-1' }],
		// Nobody foresaw it, so that the service may have taken the job before.
		['unforeseen', 'x is no function', { stage: 'submit', charged: 'unknown' }],
		['failed', 'Job job-1: bad content', { charged: 'unknown' }],
		['failed for good', 'Job job-1: no face', { charged: 'no' }],
		['failed free', 'Job job-1: broken machine', { charged: 'no' }],
		[
			'unread',
			`Job job-1: The line broke. The job was submitted and may be finished. ${fetch}`,
			{ charged: 'unknown' },
		],
		[
			'not put out',
			`Job job-1: The disk is full. The job was submitted and may be finished. ${fetch}`,
			{ stage: 'result', charged: 'unknown' },
		],
	])('%s', async (event, message, details) => {
		const error = await errorOf(new Service([[event]]));
		expect(wholeMessage(error)).toBe(message);
		const requestId = message.startsWith('Job job-1') ? { requestId: 'job-1' } : {};
		expect(error.details).toMatchObject({ ...requestId, ...details });
	});

	test.each<[string, Service['cancelling'] | undefined, string, Partial<ErrorDetails>]>([
		[
			'is cancelled',
			{ status: 'GONE', cancelled: true },
			'Job job-1 was cancelled and is not charged.',
			{ charged: 'no', cancelStatus: 'GONE' },
		],
		[
			'can no more be cancelled',
			{ status: 'TOO_LATE', cancelled: false },
			`Job job-1: Test answered TOO_LATE to the cancel, so it may still be charged. ${fetch}`,
			{ charged: 'unknown', cancelStatus: 'TOO_LATE' },
		],
		[
			'cannot be reached',
			new Error('reset'),
			`Job job-1 could not be cancelled: Test was not reached. ${fetch}`,
			{ charged: 'unknown', cancelStatus: 'not reached' },
		],
		['goes on', undefined, `Job job-1 goes on. ${fetch}`, { charged: 'yes' }],
	])('a job that is waited for no longer %s', async (_name, cancelling, message, details) => {
		const service = new Service([['late']]);
		if (cancelling) service.cancelling = cancelling;
		else Object.assign(service, { cancel: undefined, chargeOf: (): Charged => 'yes' });
		const error = await errorOf(service);
		expect(wholeMessage(error)).toBe(
			`The job was not finished after 60 s, the 'Max Wait' of this node. ${message}`,
		);
		expect(error.details).toMatchObject({ requestId: 'job-1', ...details });
		expect(service.cancels).toEqual(cancelling ? ['job-1'] : []);
	});

	test('a service may call its jobs by another name, and know what they cost', async () => {
		const service = new Service([['unread']]);
		service.noun = 'Tune';
		service.chargeOf = () => 'yes';
		const error = await errorOf(service);
		expect(error.message).toMatch(/^Tune job-1: /);
		expect(error.details.charged).toBe('yes');
	});
});

describe('the next try of a row', () => {
	/** Two tries of one row, and how often it was bought. */
	async function twice(service: Service, again: Run = {}, before: Run = {}) {
		const context: IDataObject = {};
		const [first] = await outOf(batchOf(service, 1, { context, ...before }));
		const [second] = await outOf(batchOf(service, 1, { context, ...again }));
		return { first, second, bought: service.submits.length };
	}

	test.each([...ENDS_FREE])('buys after: %s', async (event) => {
		const { second } = await twice(new Service([[event, 'done']]));
		expect(second).toMatch(/^picture of /);
	});

	test.each<Event>([
		'done',
		'unknown',
		'a part was bought',
		'unforeseen',
		'failed',
		'failed for good',
		'late',
		'unread',
		'not put out',
	])('comes out as before, and buys nothing, after: %s', async (event) => {
		const { first, second, bought } = await twice(new Service([[event, 'done']]));
		expect(second).toBe(first);
		expect(bought).toBe(1);
	});

	test('buys after a job that was cancelled before it cost', async () => {
		const service = new Service([['late', 'done']]);
		service.cancelling = { status: 'GONE', cancelled: true };
		expect(await twice(service)).toMatchObject({ second: 'picture of job-2', bought: 2 });
	});

	test('submits again where the driver finds what was bought for it', async () => {
		const service = new Service([['a part was bought', 'done']]);
		service.maySubmitAgain = ({ message }) => message === 'half';
		expect(await twice(service)).toMatchObject({ second: 'picture of job-2' });
	});

	test('buys nothing where what was noted of its job cannot be read', async () => {
		const service = new Service([['done', 'done']]);
		jest.spyOn(service, 'revive').mockReturnValue(undefined);
		const { second, bought } = await twice(service);
		expect(second).toMatch(/submitted by an earlier try/);
		expect(bought).toBe(1);
	});

	test("of the editor's Retry has the job that the failed execution has bought", async () => {
		const again = { execution: '2' };
		const { first, second, bought } = await twice(new Service([['done', 'done']]), again);
		expect(second).toBe(first);
		expect(bought).toBe(1);
	});

	test('in the next round of a loop is another purchase', async () => {
		expect(await twice(new Service([['done', 'done']]), { run: 1 })).toMatchObject({ bought: 2 });
	});

	test('tells of no job that it has not bought', async () => {
		const context: IDataObject = {};
		const service = new Service([]);
		const taken: string[] = [];
		const onTaken = (row: number, id: string) => taken.push(`${row}: ${id}`);
		await runRows({ ...batchOf(service, 1, { context }), onTaken });
		await runRows({ ...batchOf(service, 1, { context }), onTaken });
		expect(taken).toEqual(['0: job-1']);
	});

	test.each<[string, Event, number]>([
		['what it was handed is bought anew', 'done', 2],
		['what it was not handed is picked up', 'unread', 1],
	])('as a tool: %s', async (_name, event, bought) => {
		const tries = [
			{ call: 'call 1', run: 0 },
			{ call: 'call 2', run: 1 },
		] as const;
		expect(await twice(new Service([[event, 'done']]), ...tries)).toMatchObject({ bought });
	});
});
