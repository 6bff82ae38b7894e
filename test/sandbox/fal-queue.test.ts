import { call } from './http';
import { completed, eventually, falCall, requestPath, startTestBed, submitJob } from './setup';
import type { TestBed } from './setup';

let bed: TestBed;

beforeEach(async () => {
	bed = await startTestBed();
});

afterEach(async () => {
	await bed.sandbox.close();
});

const result = (id: string) => falCall(bed.sandbox, 'GET', requestPath(id));
const cancel = (id: string) => falCall(bed.sandbox, 'PUT', `${requestPath(id)}/cancel`);
const status = (id: string) => falCall(bed.sandbox, 'GET', `${requestPath(id)}/status`);

function inState(id: string, state: string) {
	return eventually(async () => {
		const reply = await status(id);
		return reply.json.status === state ? reply : undefined;
	});
}

describe('states', () => {
	it('are 202, 202, 200, and a result carries the headers of the facts', async () => {
		const id = await submitJob(bed.sandbox, { ...bed.input, num_samples: 3 });
		expect(await inState(id, 'IN_QUEUE')).toMatchObject({
			status: 202,
			json: { queue_position: 0 },
		});
		expect(await inState(id, 'IN_PROGRESS')).toMatchObject({ status: 202, json: { logs: null } });
		expect(await inState(id, 'COMPLETED')).toMatchObject({ status: 200 });
		expect((await result(id)).headers).toMatchObject({
			'x-fal-request-id': id,
			'x-fal-billable-units': '3',
		});
	});

	it('no more jobs run than there are slots; the others move up', async () => {
		bed.sandbox.fal.options.slots = 1;
		const ids: string[] = [];
		for (let n = 0; n < 3; n += 1) ids.push(await submitJob(bed.sandbox, bed.input));
		const [first = '', second = '', third = ''] = ids;
		await inState(first, 'IN_PROGRESS');
		expect((await status(second)).json).toMatchObject({ status: 'IN_QUEUE', queue_position: 0 });
		expect((await status(third)).json).toMatchObject({ status: 'IN_QUEUE', queue_position: 1 });
		await inState(second, 'IN_PROGRESS');
		expect((await status(first)).json.status).toBe('COMPLETED');
		expect((await status(third)).json).toMatchObject({ status: 'IN_QUEUE', queue_position: 0 });
		await completed(bed.sandbox, third);
	});

	it('low priority starts after everyone else', async () => {
		const { options } = bed.sandbox.fal;
		options.slots = 0;
		const low = await submitJob(bed.sandbox, bed.input, { 'X-Fal-Queue-Priority': 'low' });
		const normal = await submitJob(bed.sandbox, bed.input, { 'X-Fal-Queue-Priority': 'normal' });
		const lower = await submitJob(bed.sandbox, bed.input, { 'X-Fal-Queue-Priority': 'low' });
		expect((await status(normal)).json.queue_position).toBe(0);
		expect((await status(low)).json.queue_position).toBe(1);
		expect((await status(lower)).json.queue_position).toBe(2);
		// Until all could start, had there been a slot.
		await new Promise((resolve) => setTimeout(resolve, 2 * options.pickUpMs));
		options.slots = 1;
		const next = await submitJob(bed.sandbox, bed.input);
		await completed(bed.sandbox, next);
		expect((await status(normal)).json.status).toBe('COMPLETED');
		expect((await status(low)).json.status).not.toBe('COMPLETED');
		await completed(bed.sandbox, low);
	});

	it('a start time-out ends a job that waits, as 504 of type user; the newer header wins', async () => {
		bed.sandbox.fal.options.slots = 0;
		const id = await submitJob(bed.sandbox, bed.input, {
			'X-Fal-Request-Start-Timeout': '0.2',
			'X-Fal-Request-Timeout': '500',
		});
		expect((await completed(bed.sandbox, id)).json).toMatchObject({
			error_type: 'request_timeout',
		});
		const reply = await result(id);
		expect(reply.status).toBe(504);
		expect(reply.headers).toMatchObject({
			'x-fal-error-type': 'request_timeout',
			'x-fal-request-timeout-type': 'user',
		});
		expect(reply.json.error_type).toBe('request_timeout');
	});

	it('a start time-out does not touch a job that runs', async () => {
		bed.sandbox.fal.options.jobMs = 500;
		const id = await submitJob(bed.sandbox, bed.input, { 'X-Fal-Request-Start-Timeout': '0.3' });
		await completed(bed.sandbox, id);
		expect((await result(id)).status).toBe(200);
	});
});

describe('status stream', () => {
	const stream = (id: string) =>
		falCall(bed.sandbox, 'GET', `${requestPath(id)}/status/stream?logs=1`);

	it('comes event by event', async () => {
		const id = await submitJob(bed.sandbox, bed.input);
		const seen: Array<{ at: number; text: string }> = [];
		const url = `${bed.sandbox.fal.url}${requestPath(id)}/status/stream`;
		await call(url, {
			headers: { Authorization: `Key ${bed.sandbox.fal.key}` },
			onData: (text) => seen.push({ at: Date.now(), text }),
		});
		const [first, last] = [seen[0], seen.at(-1)];
		expect(first?.text).toContain('IN_QUEUE');
		expect(last?.text).toContain('COMPLETED');
		expect((last?.at ?? 0) - (first?.at ?? 0)).toBeGreaterThan(100);
	});

	it('of a finished job is its last state alone', async () => {
		const id = await submitJob(bed.sandbox, bed.input);
		await completed(bed.sandbox, id);
		const { text } = await stream(id);
		expect(text.match(/data: /g)).toHaveLength(1);
		expect(text).toContain('"COMPLETED"');
	});

	it('can be missing', async () => {
		bed.sandbox.fal.options.stream = false;
		const id = await submitJob(bed.sandbox, bed.input);
		expect((await stream(id)).status).toBe(404);
	});

	it('can be held back until the end', async () => {
		bed.sandbox.fal.options.stream = 'buffered';
		const id = await submitJob(bed.sandbox, bed.input);
		const reply = await stream(id);
		expect((await status(id)).json.status).toBe('COMPLETED');
		expect(reply.headers['content-type']).toBe('text/event-stream');
		expect(reply.text).toMatch(/IN_QUEUE[^]*IN_PROGRESS[^]*COMPLETED/);
	});
});

describe('cancel', () => {
	it('removes a waiting job: 200 OK, and no webhook', async () => {
		Object.assign(bed.sandbox.fal.options, { slots: 0, loopbackWebhooks: true });
		const hook = encodeURIComponent(`${bed.sandbox.fal.url}/hook`);
		const id = await submitJob(bed.sandbox, bed.input, {}, `?fal_webhook=${hook}`);
		expect(await cancel(id)).toMatchObject({ status: 200, json: { status: 'OK' } });
		expect((await status(id)).json).toMatchObject({ error_type: 'client_cancelled' });
		expect((await result(id)).status).toBe(499);
		expect(bed.sandbox.fal.webhookTries()).toEqual([]);
	});

	it('asks a running job to stop, which may finish all the same', async () => {
		const id = await submitJob(bed.sandbox, bed.input);
		await inState(id, 'IN_PROGRESS');
		expect(await cancel(id)).toMatchObject({
			status: 202,
			json: { status: 'CANCELLATION_REQUESTED' },
		});
		await completed(bed.sandbox, id);
		expect((await result(id)).status).toBe(200);
		expect(await cancel(id)).toMatchObject({ status: 400, json: { status: 'ALREADY_COMPLETED' } });
	});

	it('stops a running job when told to, which frees its slot', async () => {
		Object.assign(bed.sandbox.fal.options, { cancelStopsRunning: true, slots: 1, jobMs: 60_000 });
		const id = await submitJob(bed.sandbox, bed.input);
		await inState(id, 'IN_PROGRESS');
		const next = await submitJob(bed.sandbox, bed.input);
		expect((await cancel(id)).status).toBe(202);
		expect((await status(id)).json).toMatchObject({ error_type: 'client_cancelled' });
		await inState(next, 'IN_PROGRESS');
	});
});
