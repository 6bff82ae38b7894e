import { modelError } from '../../sandbox/fal/errors';
import type { JobOutcome } from '../../sandbox/fal/options';
import { call } from './http';
import { completed, eventually, falCall, requestPath, startTestBed, submitJob, V16 } from './setup';
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

describe('addresses', () => {
	it('under the whole endpoint path, or with a wrong method, answer 405', async () => {
		const id = await submitJob(bed.sandbox, bed.input);
		for (const [method, path] of [
			['GET', `/${V16}/requests/${id}/status`],
			['GET', `/${V16}/requests/${id}`],
			['PUT', `/${V16}/requests/${id}/cancel`],
			['GET', `${requestPath(id)}/response`],
			['POST', `${requestPath(id)}/cancel`],
			['POST', requestPath(id)],
		] as const) {
			expect([method, path, (await falCall(bed.sandbox, method, path)).status]).toEqual([
				method,
				path,
				405,
			]);
		}
		expect(bed.sandbox.fal.submits()).toHaveLength(1);
	});

	it('of another application do not know the request', async () => {
		const id = await submitJob(bed.sandbox, bed.input);
		const reply = await falCall(bed.sandbox, 'GET', `/fal-ai/flux/requests/${id}/status`);
		expect(reply).toMatchObject({ status: 404, json: { status: 'NOT_FOUND' } });
	});

	it('of unknown and retired endpoints answer 404 and 410, and take nothing', async () => {
		expect((await falCall(bed.sandbox, 'POST', '/fal-ai/fashn/tryon/v9', bed.input)).status).toBe(
			404,
		);
		expect((await falCall(bed.sandbox, 'POST', '/fashn/tryon', bed.input)).status).toBe(410);
		expect(bed.sandbox.fal.submits()).toEqual([]);
	});
});

describe('submit', () => {
	it.each([
		undefined,
		'Bearer sandbox-id:sandbox-secret',
		'Key sandbox-id',
		'sandbox-id:sandbox-secret',
	])('refuses the authorization %p', async (authorization) => {
		const headers: Record<string, string> = {};
		if (authorization !== undefined) headers.Authorization = authorization;
		const url = `${bed.sandbox.fal.url}/${V16}`;
		const seen = await call(url, { method: 'POST', headers, body: JSON.stringify(bed.input) });
		expect([seen.status, seen.text]).toEqual([401, '{"detail":"invalid key credentials"}']);
	});

	it('refuses a locked account, which may still fetch its results', async () => {
		const id = await submitJob(bed.sandbox, bed.input);
		await completed(bed.sandbox, id);
		bed.sandbox.fal.options.locked = 'Exhausted balance.';
		const reply = await falCall(bed.sandbox, 'POST', `/${V16}`, bed.input);
		expect(reply).toMatchObject({
			status: 403,
			json: { detail: 'User is locked. Reason: Exhausted balance.' },
		});
		expect((await result(id)).status).toBe(200);
		expect(bed.sandbox.fal.submits()).toHaveLength(1);
	});

	it('refuses when the queue is longer than the caller wants', async () => {
		bed.sandbox.fal.options.slots = 0;
		for (let n = 0; n < 3; n += 1) await submitJob(bed.sandbox, bed.input);
		const path = (longest: number) => `/${V16}?fal_max_queue_length=${longest}`;
		const refused = await falCall(bed.sandbox, 'POST', path(2), bed.input);
		expect(refused.status).toBe(429);
		expect(refused.json).toEqual({ detail: expect.any(String) });
		expect(refused.headers).not.toHaveProperty('x-fal-error-type');
		expect((await falCall(bed.sandbox, 'POST', path(3), bed.input)).status).toBe(200);
	});

	it.each([
		['X-Fal-Request-Start-Timeout', '0.1'],
		['X-Fal-Request-Timeout', 'soon'],
		['X-Fal-Queue-Priority', 'high'],
		['X-Fal-Object-Lifecycle-Preference', '3600'],
	])('refuses the header %s: %s', async (name, value) => {
		const reply = await falCall(bed.sandbox, 'POST', `/${V16}`, bed.input, { [name]: value });
		expect(reply).toMatchObject({ status: 400, json: { error_type: 'bad_request' } });
		expect(bed.sandbox.fal.submits()).toEqual([]);
	});
});

describe('scripted jobs', () => {
	const script = (outcome: JobOutcome) => {
		bed.sandbox.fal.options.outcome = () => outcome;
		return submitJob(bed.sandbox, bed.input);
	};
	const LONG_AFTER_MS = 400;
	const wait = () => new Promise((resolve) => setTimeout(resolve, LONG_AFTER_MS));

	it('can be stuck in the queue, without holding up the next', async () => {
		bed.sandbox.fal.options.slots = 1;
		const id = await script({ kind: 'stuck', state: 'IN_QUEUE' });
		bed.sandbox.fal.options.outcome = undefined;
		const next = await submitJob(bed.sandbox, bed.input);
		await completed(bed.sandbox, next);
		expect((await status(id)).json.status).toBe('IN_QUEUE');
		expect((await cancel(id)).json.status).toBe('OK');
	});

	it('can be stuck in progress', async () => {
		const id = await script({ kind: 'stuck', state: 'IN_PROGRESS' });
		await inState(id, 'IN_PROGRESS');
		await wait();
		expect((await status(id)).json.status).toBe('IN_PROGRESS');
	});

	it('can be failed by the platform: in the status and on the result call', async () => {
		const message = 'Runner disconnected';
		const errorType = 'runner_disconnected';
		const id = await script({ kind: 'request', status: 503, errorType, message });
		expect((await completed(bed.sandbox, id)).json).toMatchObject({
			error: message,
			error_type: errorType,
		});
		const reply = await result(id);
		expect(reply.status).toBe(503);
		expect(reply.headers['x-fal-error-type']).toBe(errorType);
		expect(reply.json).toEqual({ detail: message, error_type: errorType });
	});

	it('can be failed by the model with any answer, on the result call only', async () => {
		const answer = modelError(500, 'The model broke down', true);
		const id = await script({ kind: 'model', answer });
		expect((await completed(bed.sandbox, id)).json).not.toHaveProperty('error');
		const reply = await result(id);
		expect([reply.status, reply.json]).toEqual([500, { detail: 'The model broke down' }]);
		expect(reply.headers).toMatchObject({ 'x-fal-retryable': 'true', 'x-fal-needs-retry': '1' });
	});
});

describe('prices', () => {
	const prices = (query: string) => falCall(bed.sandbox, 'GET', `/v1/models/pricing${query}`);

	it('are told for one or several endpoints', async () => {
		const price = { unit_price: 0.075, unit: 'images', currency: 'USD' };
		const v15 = 'fal-ai/fashn/tryon/v1.5';
		expect((await prices(`?endpoint_id=${V16},${v15}`)).json).toMatchObject({
			prices: [
				{ endpoint_id: V16, ...price },
				{ endpoint_id: v15, ...price },
			],
		});
	});

	it('are not told for unknown endpoints or none', async () => {
		expect((await prices('?endpoint_id=fashn/tryon')).status).toBe(404);
		expect((await prices('')).status).toBe(422);
	});
});
