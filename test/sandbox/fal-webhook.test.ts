import { FaultBook } from '../../sandbox/faults';
import { startServer } from '../../sandbox/server';
import type { RunningServer } from '../../sandbox/server';
import type { RecordedCall } from '../../sandbox/types';
import { eventually, recordOf, startTestBed, submitJob } from './setup';
import type { TestBed } from './setup';

let bed: TestBed;
let receiver: RunningServer;
let calls: RecordedCall[];
let faults: FaultBook;

beforeEach(async () => {
	bed = await startTestBed({
		fal: { loopbackWebhooks: true, webhookRetryMs: 20, webhookTries: 3 },
	});
	calls = [];
	faults = new FaultBook();
	receiver = await startServer({
		service: 'media',
		routes: [{ method: 'POST', path: /\/hook/, handle: () => ({ status: 204 }) }],
		calls,
		faults,
	});
});

afterEach(async () => {
	await bed.sandbox.close();
	await receiver.close();
});

const submit = (input: unknown, target = `${receiver.url}/hook`) =>
	submitJob(bed.sandbox, input, {}, `?fal_webhook=${encodeURIComponent(target)}`);

const tries = (count: number) =>
	eventually(() => {
		const list = bed.sandbox.fal.webhookTries();
		return list.length >= count ? list : undefined;
	});

const QUIET_MS = 300;
const quiet = () => new Promise((resolve) => setTimeout(resolve, QUIET_MS));

it('tells of a failure with the model’s own words', async () => {
	const id = await submit({ ...bed.input, category: 'hats' });
	const hook = await eventually(() => calls[0]);
	expect(JSON.parse(hook.body.toString())).toMatchObject({
		request_id: id,
		status: 'ERROR',
		error: 'Invalid status code: 422',
		payload: { detail: [{ loc: ['body', 'category'], type: 'one_of' }] },
	});
});

it('is tried again until it is taken, with the same body', async () => {
	faults.add({ on: /hook/, fault: { kind: 'answer', answer: { status: 500 } } });
	faults.add({ on: /hook/, fault: { kind: 'reset' } });
	const id = await submit(bed.input);
	const statuses = (await tries(3)).map(({ requestId, status }) => [requestId, status]);
	expect(statuses).toEqual([
		[id, 500],
		[id, undefined],
		[id, 204],
	]);
	expect(new Set(calls.map(({ body }) => body.toString())).size).toBe(1);
});

it('is given up after the set number of tries', async () => {
	faults.add({ on: /hook/, fault: { kind: 'answer', answer: { status: 404 } }, times: 99 });
	await submit(bed.input);
	await tries(3);
	await quiet();
	expect(calls).toHaveLength(3);
});

it('takes a redirect for final and does not follow it', async () => {
	const headers = { Location: `${receiver.url}/hook?followed` };
	faults.add({ on: /hook/, fault: { kind: 'answer', answer: { status: 302, headers } }, times: 9 });
	await submit(bed.input);
	await tries(1);
	await quiet();
	expect(calls.map(({ query }) => query.toString())).toEqual(['']);
});

describe('a target', () => {
	/** The first try to deliver there. */
	const tried = async (target: string) => {
		bed.sandbox.fal.options.outcome = () => ({ kind: 'output', body: {} });
		await submit(bed.input, target);
		return (await tries(1))[0];
	};

	it('elsewhere is never called from here, and taken for unreachable', async () => {
		const asked = jest.spyOn(globalThis, 'fetch');
		const url = 'https://example.com/hook';
		expect(await tried(url)).toEqual({ requestId: expect.any(String), url });
		await quiet();
		expect(bed.sandbox.fal.webhookTries()).toHaveLength(1);
		expect(asked.mock.calls.filter(([called]) => called === url)).toEqual([]);
		asked.mockRestore();
	});

	it.each([
		['http://example.com/hook', 'not https'],
		['ftp://example.com/hook', 'not https'],
		['no address', 'not https'],
		['https://', 'private address'],
		['https://10.1.2.3/hook', 'private address'],
		['https://172.31.0.1/hook', 'private address'],
		['https://192.168.1.1:5678/hook', 'private address'],
		['https://169.254.169.254/hook', 'private address'],
		['https://100.64.0.1/hook', 'private address'],
		['https://0x7f.1/hook', 'private address'],
		['https://localhost/hook', 'private address'],
		['https://n8n.internal/hook', 'private address'],
		['https://n8n.local/hook', 'private address'],
		['https://[::1]/hook', 'private address'],
		['https://[::ffff:10.0.0.1]/hook', 'private address'],
		['https://[fd00::1]/hook', 'private address'],
		['https://[fe80::1]/hook', 'private address'],
	])('%s is dropped: %s', async (url, reason) => {
		bed.sandbox.fal.options.loopbackWebhooks = false;
		expect(await tried(url)).toMatchObject({ url, dropped: reason });
	});

	it.each([
		'https://172.15.0.1/',
		'https://172.32.0.1/',
		'https://[2001:db8::1]/',
		'https://local.example/',
	])('%s is public', async (url) => {
		bed.sandbox.fal.options.loopbackWebhooks = false;
		expect(await tried(url)).not.toHaveProperty('dropped');
	});

	it('on this machine is dropped unless the sandbox is told otherwise', async () => {
		bed.sandbox.fal.options.loopbackWebhooks = false;
		expect(await tried(`${receiver.url}/hook`)).toMatchObject({ dropped: 'not https' });
		await quiet();
		expect(calls).toEqual([]);
	});
});

describe('a payload that could not be written', () => {
	beforeEach(() => {
		bed.sandbox.fal.options.webhookPayloadError = 'Response payload is not JSON serializable';
	});

	it.each([
		['a success', {}, { status: 'OK' }],
		['a failure', { category: 'hats' }, { status: 'ERROR', error: 'Invalid status code: 422' }],
	])('is null beside %s', async (_, extra, outcome) => {
		const id = await submit({ ...bed.input, ...extra });
		const hook = await eventually(() => calls[0]);
		expect(JSON.parse(hook.body.toString())).toEqual({
			request_id: id,
			gateway_request_id: id,
			...outcome,
			payload: null,
			payload_error: 'Response payload is not JSON serializable',
		});
	});
});

it('names the last attempt as the gateway’s request', async () => {
	bed.sandbox.fal.options.failingAttempts = 1;
	const id = await submit(bed.input);
	const hook = await eventually(() => calls[0]);
	const body = recordOf(hook.body.toString());
	expect(body).toMatchObject({ request_id: id, status: 'OK' });
	expect(body.gateway_request_id).toMatch(/^[0-9a-f-]{36}$/);
	expect(body.gateway_request_id).not.toBe(id);
	expect(hook.headers['x-fal-webhook-request-id']).toBe(id);
});
