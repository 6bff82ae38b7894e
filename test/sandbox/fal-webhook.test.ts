import { FaultBook } from '../../sandbox/faults';
import { startServer } from '../../sandbox/server';
import type { RunningServer } from '../../sandbox/server';
import type { RecordedCall } from '../../sandbox/types';
import { completed, eventually, startTestBed, submitJob } from './setup';
import type { TestBed } from './setup';

let bed: TestBed;
let receiver: RunningServer;
let calls: RecordedCall[];
let faults: FaultBook;

beforeEach(async () => {
	bed = await startTestBed({ fal: { webhookRetryMs: 20, webhookTries: 3 } });
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

it('never leaves this machine', async () => {
	const id = await submit(bed.input, 'http://example.com/hook');
	await completed(bed.sandbox, id);
	const target = 'http://example.com/hook';
	expect(await tries(1)).toEqual([{ requestId: id, url: target, status: undefined }]);
	await quiet();
	expect(bed.sandbox.fal.webhookTries()).toHaveLength(1);
});
