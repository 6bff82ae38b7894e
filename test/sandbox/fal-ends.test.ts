import { modelError } from '../../sandbox/fal/errors';
import type { FalOptions } from '../../sandbox/fal/options';
import { completed, eventually, falCall, requestPath, startTestBed, submitJob } from './setup';
import type { TestBed } from './setup';

let bed: TestBed;
let options: FalOptions;

beforeEach(async () => {
	bed = await startTestBed({ fal: { jobMs: 20, pickUpMs: 5 } });
	({ options } = bed.sandbox.fal);
	options.outcome = () => ({ kind: 'output', body: { images: [] } });
});

afterEach(async () => {
	jest.restoreAllMocks();
	await bed.sandbox.close();
});

const result = (id: string) => falCall(bed.sandbox, 'GET', requestPath(id));
const status = (id: string) => falCall(bed.sandbox, 'GET', `${requestPath(id)}/status`);
const cancel = (id: string) => falCall(bed.sandbox, 'PUT', `${requestPath(id)}/cancel`);
const streamed = (id: string) => falCall(bed.sandbox, 'GET', `${requestPath(id)}/status/stream`);

const NOT_FOUND = { status: 404, json: { status: 'NOT_FOUND' } };

async function done(headers: Record<string, string> = {}): Promise<string> {
	const id = await submitJob(bed.sandbox, bed.input, headers);
	await completed(bed.sandbox, id);
	return id;
}

describe('a cancel of a job that waits', () => {
	const REQUESTED = { status: 202, json: { status: 'CANCELLATION_REQUESTED' } };

	async function waiting(): Promise<string> {
		options.slots = 0;
		return await submitJob(bed.sandbox, bed.input);
	}

	it('can be promised no more than that of a running one, and remove it', async () => {
		options.queuedCancel = 'requested';
		const id = await waiting();
		expect(await cancel(id)).toMatchObject(REQUESTED);
		expect((await status(id)).json).toMatchObject({
			status: 'COMPLETED',
			error_type: 'client_cancelled',
		});
		expect((await cancel(id)).json.status).toBe('ALREADY_COMPLETED');
	});

	it('can come too late: the job runs all the same', async () => {
		Object.assign(options, { queuedCancel: 'late', cancelStopsRunning: true });
		const id = await waiting();
		expect(await cancel(id)).toMatchObject(REQUESTED);
		options.slots = 1;
		const next = await done();
		await completed(bed.sandbox, id);
		expect((await result(id)).status).toBe(200);
		expect((await result(next)).status).toBe(200);
	});

	it('can leave no trace of it', async () => {
		options.removedShows = 'gone';
		const id = await waiting();
		const stream = streamed(id);
		await eventually(() =>
			bed.sandbox.calls.some(({ path }) => path.endsWith('/stream')) ? true : undefined,
		);
		expect(await cancel(id)).toMatchObject({ status: 200, json: { status: 'OK' } });
		expect(await status(id)).toMatchObject(NOT_FOUND);
		expect(await result(id)).toMatchObject(NOT_FOUND);
		expect(await cancel(id)).toMatchObject(NOT_FOUND);
		// The stream ends, and says no more than that the job waited.
		expect((await stream).text).not.toContain('COMPLETED');
		expect(bed.sandbox.fal.submits()).toMatchObject([{ requestId: id, billedUnits: 0 }]);
	});

	it('leaves a trace of one that ran, whatever is said of those that waited', async () => {
		Object.assign(options, { removedShows: 'gone', cancelStopsRunning: true, jobMs: 60_000 });
		const id = await submitJob(bed.sandbox, bed.input);
		await eventually(async () =>
			(await status(id)).json.status === 'IN_PROGRESS' ? true : undefined,
		);
		await cancel(id);
		expect((await result(id)).status).toBe(499);
	});
});

describe('an attempt that fails', () => {
	it('is made good by the next, for which the job waits again', async () => {
		options.failingAttempts = 2;
		options.pickUpMs = 20;
		const id = await submitJob(bed.sandbox, bed.input);
		const states = [...(await streamed(id)).text.matchAll(/"status":"(\w+)"/g)].map(
			([, state]) => state,
		);
		const again = ['IN_QUEUE', 'IN_PROGRESS'];
		expect(states).toEqual([...again, ...again, ...again, 'COMPLETED']);
		expect((await result(id)).status).toBe(200);
	});

	it('frees its slot, and can be scripted for single jobs', async () => {
		options.slots = 1;
		// Longer than the second submit takes, so that it waits when the first attempt has failed.
		options.jobMs = 400;
		options.failingAttempts = ({ requestId }) =>
			requestId === bed.sandbox.fal.submits()[0]?.requestId ? 1 : 0;
		const [first, second] = [
			await submitJob(bed.sandbox, bed.input),
			await submitJob(bed.sandbox, bed.input),
		];
		await Promise.all([completed(bed.sandbox, first), completed(bed.sandbox, second)]);
		const [one, other] = bed.sandbox.fal.submits().map(({ completedAt = 0 }) => completedAt);
		expect(other).toBeLessThan(one ?? 0);
	});

	it.each(['1', 'true', 'yes'])('is the last with X-Fal-No-Retry: %s', async (value) => {
		options.failingAttempts = 1;
		const id = await done({ 'X-Fal-No-Retry': value });
		expect(await result(id)).toMatchObject({
			status: 503,
			json: { error_type: 'runner_disconnected' },
		});
		expect((await status(id)).json.error_type).toBe('runner_disconnected');
	});

	it('is the last when it is the tenth', async () => {
		options.failingAttempts = 9;
		expect((await result(await done({ 'X-Fal-No-Retry': '0' }))).status).toBe(200);
		options.failingAttempts = 10;
		expect((await result(await done())).status).toBe(503);
	});

	it('does not stop the clock of the start time-out', async () => {
		Object.assign(options, { failingAttempts: 1, pickUpMs: 150 });
		const id = await done({ 'X-Fal-Request-Start-Timeout': '0.2' });
		const reply = await result(id);
		expect([reply.status, reply.headers['x-fal-request-timeout-type']]).toEqual([504, 'user']);
	});

	it('lets the job be cancelled while it waits for the next', async () => {
		Object.assign(options, { failingAttempts: 1, slots: 1, pickUpMs: 100 });
		const id = await submitJob(bed.sandbox, bed.input);
		await eventually(async () =>
			(await status(id)).json.status === 'IN_PROGRESS' ? true : undefined,
		);
		options.slots = 0;
		await eventually(async () =>
			(await status(id)).json.status === 'IN_QUEUE' ? true : undefined,
		);
		expect((await cancel(id)).json.status).toBe('OK');
		expect((await result(id)).status).toBe(499);
	});
});

describe('a result', () => {
	const HOUR_MS = 60 * 60 * 1000;
	const MINUTE_MS = 60 * 1000;
	const unstored = { 'X-Fal-Store-IO': '0' };

	/** Asks again when so much time has passed since the end. */
	async function later(id: string, ms: number) {
		const endedAt = bed.sandbox.fal
			.submits()
			.find(({ requestId }) => requestId === id)?.completedAt;
		const clock = jest.spyOn(Date, 'now').mockReturnValue((endedAt ?? 0) + ms);
		const reply = await result(id);
		clock.mockRestore();
		return reply;
	}

	/** An output of so many bytes of JSON, braces and all. */
	function ofSize(bytes: number): void {
		const empty = JSON.stringify({ text: '' }).length;
		options.outcome = () => ({ kind: 'output', body: { text: 'x'.repeat(bytes - empty) } });
	}

	it('that is not stored is kept for an hour, or six minutes from 10 KB', async () => {
		ofSize(10 * 1024 - 1);
		const small = await done(unstored);
		expect((await later(small, HOUR_MS - 1)).status).toBe(200);
		expect(await later(small, HOUR_MS)).toMatchObject(NOT_FOUND);
		ofSize(10 * 1024);
		const large = await done(unstored);
		expect((await later(large, 6 * MINUTE_MS - 1)).status).toBe(200);
		expect(await later(large, 6 * MINUTE_MS)).toMatchObject(NOT_FOUND);
		// What is not kept is the result, not the fact that the job is done.
		expect((await status(large)).json.status).toBe('COMPLETED');
	});

	it('that is stored stays, unless it is over 1 MB', async () => {
		ofSize(1024 * 1024);
		expect((await later(await done(), 24 * HOUR_MS)).status).toBe(200);
		ofSize(1024 * 1024 + 1);
		expect(await later(await done(), 6 * MINUTE_MS)).toMatchObject(NOT_FOUND);
	});

	it('is kept as long as the sandbox is told', async () => {
		options.resultKeptMs = 50;
		const [gone, stored] = [await done(unstored), await done()];
		await eventually(async () => ((await result(gone)).status === 404 ? true : undefined));
		expect((await result(stored)).status).toBe(200);
		options.resultKeptMs = 2 * HOUR_MS;
		expect((await later(gone, 2 * HOUR_MS - 1)).status).toBe(200);
	});
});

describe('a failure of the model', () => {
	it('is in the status too when the sandbox is told so', async () => {
		options.failuresInStatus = true;
		options.outcome = undefined;
		const id = await submitJob(bed.sandbox, { ...bed.input, category: 'hats' });
		expect((await completed(bed.sandbox, id)).json).toMatchObject({
			error: 'Invalid status code: 422',
			error_type: 'one_of',
		});
		options.outcome = () => ({ kind: 'model', answer: modelError(500, 'Broken') });
		const { json } = await status(await done());
		expect(json).toMatchObject({ status: 'COMPLETED', error: 'Invalid status code: 500' });
		expect(json).not.toHaveProperty('error_type');
	});

	it('leaves a success alone, and a script its words', async () => {
		options.failuresInStatus = true;
		expect((await status(await done())).json).not.toHaveProperty('error');
		const answer = modelError(422, 'Refused');
		options.outcome = () => ({ kind: 'model', answer, statusError: { error: 'No' } });
		expect((await status(await done())).json).toMatchObject({ error: 'No' });
	});
});
