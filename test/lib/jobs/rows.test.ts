import fc from 'fast-check';
import type { IDataObject } from 'n8n-workflow';

import {
	type ErrorDetails,
	InputError,
	JobFailedError,
	MaxWaitError,
	ServiceError,
	UnknownOutcomeError,
} from '../../../lib/errors';
import type { JobDriver } from '../../../lib/jobs/driver';
import { SubmitMemory } from '../../../lib/jobs/memory';
import { RowFailure } from '../../../lib/jobs/outcome';
import { type Batch, runRows } from '../../../lib/jobs/rows';
import { TestClock } from '../clock';

type Job = { id: string };

/** What becomes of a row's next submit or job. */
type Event = 'done' | 'refused' | 'unknown' | 'failed' | 'failedFree' | 'late' | 'bad';

const DETAILS: ErrorDetails = { stage: 'result', retryable: false, charged: 'no' };

/** A service that does to each row what its script says, one event a purchase. */
class Service implements JobDriver<number, Job> {
	readonly service = 'Test';
	readonly submits: number[] = [];
	private readonly fates = new Map<string, Event>();

	constructor(private readonly script: Event[][]) {}

	fingerprint(row: number): string {
		return `row ${row}`;
	}

	async submit(row: number): Promise<Job> {
		const fate = this.script[row]?.shift() ?? 'done';
		if (fate === 'refused') throw new ServiceError('no', { ...DETAILS, stage: 'submit' });
		this.submits.push(row);
		if (fate === 'unknown') throw new UnknownOutcomeError('?', { ...DETAILS, charged: 'unknown' });
		const id = `job-${this.submits.length}`;
		this.fates.set(id, fate);
		return { id };
	}

	revive(stored: IDataObject): Job | undefined {
		return typeof stored.id === 'string' ? { id: stored.id } : undefined;
	}

	async finish({ id }: Job): Promise<string> {
		switch (this.fates.get(id)) {
			case 'failed':
				throw new JobFailedError('bad content', { ...DETAILS, charged: 'unknown' });
			case 'failedFree':
				throw new JobFailedError('broken machine', { ...DETAILS, retryable: true });
			case 'late':
				throw new MaxWaitError('too late', { ...DETAILS, charged: 'unknown' });
			default:
				return `picture of ${id}`;
		}
	}

	async cancel() {
		return { status: 'TOO_LATE', cancelled: false };
	}

	hasStarted(): boolean {
		return true;
	}

	idOf({ id }: Job): string {
		return id;
	}
}

function batchOf(
	service: Service,
	script: Event[][],
	context: IDataObject,
	onError: 'continue' | 'stop' = 'continue',
	run = 0,
): Batch<number, Job, string, string> {
	return {
		rows: script.map((_, row) => row),
		driver: service,
		memory: new SubmitMemory(context, { execution: '1', run }),
		nameOf: (row) => `row ${row + 1}`,
		onTaken: () => {},
		timing: { clock: new TestClock() },
		jobsInFlight: 3,
		onError,
		prepare: async (row) => {
			if (script[row]?.[0] === 'bad') throw new InputError('Field', 'is bad', 'Mend it.');
			return row;
		},
		finish: async (job) => await service.finish(job),
		collect: async (_row, _job, result) => result,
	};
}

const event = fc.constantFrom<Event>('done', 'refused', 'unknown', 'failed', 'failedFree', 'late');
const scripts = fc.array(fc.array(event, { minLength: 1, maxLength: 4 }), {
	minLength: 1,
	maxLength: 8,
});

test('however often n8n retries, a row is bought again only after a free failure', async () => {
	await fc.assert(
		fc.asyncProperty(scripts, fc.integer({ min: 1, max: 4 }), async (script, tries) => {
			const free = script.map((events) => {
				// A purchase may follow only refusals and free failures.
				const firstKept = events.findIndex((fate) => fate !== 'refused' && fate !== 'failedFree');
				return events.slice(0, firstKept < 0 ? events.length : firstKept);
			});
			const service = new Service(script.map((events) => [...events]));
			const context: IDataObject = {};
			for (let attempt = 0; attempt < tries; attempt += 1) {
				// n8n keeps the context as JSON between two tries.
				const stored: IDataObject = JSON.parse(JSON.stringify(context));
				Object.assign(context, stored);
				const outcomes = await runRows(batchOf(service, script, context));
				expect(outcomes.map(({ row }) => row)).toEqual(script.map((_, row) => row));
			}
			script.forEach((_, row) => {
				const bought = service.submits.filter((other) => other === row).length;
				const allowed = (free[row] ?? []).filter((fate) => fate === 'failedFree').length + 1;
				expect(bought).toBeLessThanOrEqual(allowed);
			});
		}),
		{ numRuns: 300 },
	);
});

test('every row ends with an output or an error that has its id', async () => {
	await fc.assert(
		fc.asyncProperty(scripts, async (script) => {
			const service = new Service(script.map((events) => [...events]));
			const outcomes = await runRows(batchOf(service, script, {}));
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

test('the next round of a loop is another purchase', async () => {
	const script: Event[][] = [['done', 'done']];
	const service = new Service([['done', 'done']]);
	const context: IDataObject = {};
	await runRows(batchOf(service, script, context, 'continue', 0));
	await runRows(batchOf(service, script, context, 'continue', 1));
	expect(service.submits).toEqual([0, 0]);
});

test('under Stop Workflow a bad row costs nobody anything', async () => {
	const script: Event[][] = [['done'], ['done'], ['bad'], ['done']];
	const service = new Service(script);
	const running = runRows(batchOf(service, script, {}, 'stop'));
	await expect(running).rejects.toMatchObject({ row: 2 });
	expect(service.submits).toEqual([]);
});

test('under Stop Workflow the failed row names the ids of the others', async () => {
	const script: Event[][] = [['done'], ['failed'], ['done'], ['done'], ['done'], ['done']];
	const service = new Service(script);
	const failure: unknown = await runRows(batchOf(service, script, {}, 'stop')).catch(
		(error: unknown) => error,
	);
	if (!(failure instanceof RowFailure)) throw new Error('It did not fail as a row');
	expect(failure.row).toBe(1);
	const others = service.submits.map((row, index) => ({ row, id: `job-${index + 1}` }));
	for (const { row, id } of others) {
		if (row !== 1) expect(failure.error.message).toContain(id);
	}
	expect(service.submits.length).toBeLessThan(script.length);
});

/** A batch whose jobs are over at once, and whose results come when they are let. */
function unread(onError: 'continue' | 'stop', rows: number, jobsInFlight: number) {
	const script = Array.from({ length: rows }, (): Event[] => ['done']);
	const service = new Service(script);
	const results: Array<() => void> = [];
	const batch = {
		...batchOf(service, script, {}, onError),
		jobsInFlight,
		finish: async (job: Job, _timing: unknown, ended: () => Promise<void>) => {
			await ended();
			await new Promise<void>((resolve) => results.push(resolve));
			return await service.finish(job);
		},
	};
	return { service, results, running: runRows(batch) };
}

/** Lets everything happen that nothing holds up. */
const quiet = async () => await new Promise((resolve) => setTimeout(resolve, 5));

test('a job that is over gives its place to the next one before its result is read', async () => {
	const { service, results, running } = unread('continue', 3, 1);
	await quiet();
	expect(service.submits).toEqual([0, 1]);
	expect(results).toHaveLength(1);
	for (let read = 0; read < 3; read += 1) {
		results[read]?.();
		await quiet();
	}
	expect(await running).toMatchObject([{ output: 'picture of job-1' }, {}, {}]);
});

test('no more is bought than can be read', async () => {
	const { service, results, running } = unread('continue', 50, 4);
	await quiet();
	expect(service.submits).toHaveLength(8);
	results.shift()?.();
	await quiet();
	expect(service.submits).toHaveLength(9);
	const letAll = setInterval(() => results.shift()?.(), 0);
	await running;
	clearInterval(letAll);
	expect(service.submits).toHaveLength(50);
});

test('under Stop Workflow nothing is bought before it is known how a job has ended', async () => {
	const { service, results, running } = unread('stop', 2, 1);
	await quiet();
	expect(service.submits).toEqual([0]);
	results[0]?.();
	await quiet();
	expect(service.submits).toEqual([0, 1]);
	results[1]?.();
	await running;
});

test('under Stop Workflow too the next job does not wait for the output of one', async () => {
	const script: Event[][] = [['done'], ['done']];
	const service = new Service(script);
	let deliver = () => {};
	const batch = { ...batchOf(service, script, {}, 'stop'), jobsInFlight: 1 };
	const running = runRows({
		...batch,
		collect: async (row, _job, result) => {
			if (row === 0) await new Promise<void>((resolve) => (deliver = resolve));
			return result;
		},
	});
	await quiet();
	expect(service.submits).toEqual([0, 1]);
	deliver();
	await running;
});
