import { randomUUID } from 'node:crypto';

import { objectOf } from '../../../../lib/json';
import type { JobOutcome } from '../../../../sandbox/fal/options';
import type { FaultKind } from '../../../../sandbox/types';
import { speedUp } from '../../../engine/clock';
import { RETRY } from '../../../engine/engine';
import { errorsOf, jsonOf } from '../../../engine/items';
import { type Bed, makeBed } from './bed';

let bed: Bed;

beforeEach(async () => {
	speedUp(500);
	bed = await makeBed();
});

afterEach(async () => {
	jest.restoreAllMocks();
	await bed.sandbox.close();
});

const ERRORS = { onError: 'continueErrorOutput' } as const;

async function submitted(): Promise<string> {
	const { outputs } = await bed.run([{}], { operation: 'submit' });
	return String(outputs[0]?.[0]?.json.requestId);
}

test.each([
	['get', /GET .*\/requests\//],
	['cancel', /PUT .*\/cancel/],
])(
	'%s costs nothing: its failure names the job, and speaks of no charge',
	async (operation, on) => {
		bed.sandbox.fal.options.outcome = () => ({ kind: 'stuck', state: 'IN_PROGRESS' });
		const requestId = await submitted();
		bed.sandbox.faults.add({ on, fault: { kind: 'answer', answer: { status: 500 } }, times: 99 });
		const { outputs } = await bed.run([{}], { resource: 'job', operation, requestId }, ERRORS);
		const [message] = errorsOf(outputs[1]);
		expect(message).toMatch(new RegExp(`^Item 1: Job ${requestId}: `));
		expect(message).not.toMatch(/charge/i);
		const details = outputs[1]?.[0]?.json.details;
		expect(details).toMatchObject({ requestId, service: 'fal' });
		expect(details).not.toHaveProperty('charged');
	},
);

test('several items of one job cancel it with one call, and none says that it was not', async () => {
	bed.sandbox.fal.options.outcome = () => ({ kind: 'stuck', state: 'IN_QUEUE' });
	const requestId = await submitted();
	const cancel = { resource: 'job', operation: 'cancel', requestId };
	const { outputs } = await bed.run([{}, {}, {}, {}], cancel);
	expect(jsonOf(outputs[0])).toEqual(
		Array(4).fill(expect.objectContaining({ requestId, status: 'OK', cancelled: true })),
	);
	const calls = bed.sandbox.calls.filter(({ path }) => path.endsWith('/cancel'));
	expect(calls).toHaveLength(1);
});

describe('Get tells a job that has ended from trouble on the way to it', () => {
	const get = async (requestId: string) => {
		const { outputs } = await bed.run(
			[{}],
			{ resource: 'job', operation: 'get', requestId },
			ERRORS,
		);
		return outputs[1]?.[0]?.json.details;
	};

	const refused = {
		detail: [{ loc: ['body'], msg: 'Not this picture.', type: 'content_policy_violation' }],
	};
	const ENDS: Array<[string, JobOutcome, boolean]> = [
		['refused by the model', { kind: 'model', answer: { status: 422, body: refused } }, false],
		[
			'lost by its machine',
			{ kind: 'request', status: 503, errorType: 'runner_disconnected', message: 'gone' },
			true,
		],
		['finished without a picture', { kind: 'output', body: { images: [] } }, false],
	];

	test.each(ENDS)('%s: it has ended', async (_, outcome, retryable) => {
		bed.sandbox.fal.options.outcome = () => outcome;
		const requestId = await submitted();
		while (bed.sandbox.isAtWork()) await new Promise((resolve) => setTimeout(resolve, 5));
		expect(await get(requestId)).toMatchObject({ requestId, jobEnded: true, retryable });
	});

	test('cancelled: it has ended', async () => {
		bed.sandbox.fal.options.outcome = () => ({ kind: 'stuck', state: 'IN_QUEUE' });
		const requestId = await submitted();
		await bed.run([{}], { resource: 'job', operation: 'cancel', requestId });
		expect(await get(requestId)).toMatchObject({ requestId, jobEnded: true });
	});

	test('Cancel tells what it has cancelled when Retry On Fail runs it again', async () => {
		bed.sandbox.fal.options.outcome = () => ({ kind: 'stuck', state: 'IN_QUEUE' });
		const ids = [await submitted(), await submitted()];
		const on = new RegExp(`PUT .*${ids[1]}`);
		bed.sandbox.faults.add({ on, fault: { kind: 'answer', answer: { status: 422 } } });
		const cancel = { resource: 'job', operation: 'cancel', requestId: '={{ $json.id }}' };
		const { outputs, error } = await bed.run(
			ids.map((id) => ({ id })),
			cancel,
			RETRY,
		);
		expect(error?.message).toBeUndefined();
		expect(jsonOf(outputs[0])).toMatchObject(
			ids.map((requestId) => ({ requestId, cancelled: true })),
		);
	});

	const TROUBLE: Array<[string, FaultKind]> = [
		['a failure of the gateway', { kind: 'answer', answer: { status: 502 } }],
		['a key that is refused', { kind: 'answer', answer: { status: 401 } }],
		['a job that is not found', { kind: 'answer', answer: { status: 404 } }],
		['a lost connection', { kind: 'reset' }],
	];

	test.each(TROUBLE)('%s does not end it', async (_, fault) => {
		const requestId = await submitted();
		bed.sandbox.faults.add({ on: /GET .*\/requests\//, fault, times: 99 });
		const details = await get(requestId);
		expect(details).toMatchObject({ requestId });
		expect(details).not.toHaveProperty('jobEnded');
	});
});

test('a refused key is found out once, and no row tells of another one’s job', async () => {
	const ids = Array.from({ length: 40 }, () => randomUUID());
	bed.sandbox.faults.add({
		on: /\/requests\//,
		fault: { kind: 'answer', answer: { status: 401 } },
		times: 99,
	});
	const get = { resource: 'job', operation: 'get', requestId: '={{ $json.id }}' };
	const { outputs } = await bed.run(
		ids.map((id) => ({ id })),
		get,
		{ onError: 'continueRegularOutput' },
	);
	const rows = jsonOf(outputs[0]);
	expect(rows.map(({ id }) => id)).toEqual(ids);
	for (const { id, error, details } of rows) {
		const wasAsked = objectOf(details).requestId !== undefined;
		if (wasAsked) expect(details).toMatchObject({ requestId: id });
		else expect(error).toContain('Not asked, since another row has found out');
	}
	expect(rows.filter(({ error }) => String(error).includes('Not asked')).length).toBeGreaterThan(9);
});
