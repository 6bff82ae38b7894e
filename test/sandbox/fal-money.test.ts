import { modelError, requestError } from '../../sandbox/fal/errors';
import type { FalOptions, JobOutcome } from '../../sandbox/fal/options';
import { completed, eventually, falCall, requestPath, startTestBed, submitJob, V16 } from './setup';
import type { TestBed } from './setup';

let bed: TestBed;
let options: FalOptions;

beforeEach(async () => {
	bed = await startTestBed({ fal: { jobMs: 20, pickUpMs: 5 } });
	({ options } = bed.sandbox.fal);
});

afterEach(async () => {
	await bed.sandbox.close();
});

async function run(input: unknown = bed.input) {
	const id = await submitJob(bed.sandbox, input);
	const status = await completed(bed.sandbox, id);
	return { status, result: await falCall(bed.sandbox, 'GET', requestPath(id)) };
}

function script(outcome: JobOutcome): void {
	options.outcome = () => outcome;
}

/** What the last submit was billed. */
const billed = () => bed.sandbox.fal.submits().at(-1)?.billedUnits;

const submitted = () => falCall(bed.sandbox, 'POST', `/${V16}`, bed.input);

const OK = { url: 'http://127.0.0.1/a.png' };

describe('billable units', () => {
	it('are the pictures that were made', async () => {
		const { result } = await run({ ...bed.input, num_samples: 3 });
		expect(result.headers['x-fal-billable-units']).toBe('3');
		expect(billed()).toBe(3);
	});

	it('are 0 for an input that no runner worked on', async () => {
		const { result } = await run({ ...bed.input, category: 'hats' });
		expect([result.status, result.headers['x-fal-billable-units']]).toEqual([422, '0']);
		expect(billed()).toBe(0);
	});

	it.each<[string, JobOutcome]>([
		['of the model', { kind: 'model', answer: modelError(500, 'Broken', true) }],
		['of the platform', { kind: 'request', status: 503, errorType: 'x', message: 'y' }],
	])('are not told for a 5xx %s', async (_, outcome) => {
		script(outcome);
		const { result } = await run();
		expect(result.status).toBeGreaterThanOrEqual(500);
		expect(result.headers).not.toHaveProperty('x-fal-billable-units');
		expect(billed()).toBe(0);
	});

	it('are what a scripted answer says: a refusal that cost time on a machine', async () => {
		const answer = modelError(422, 'Refused');
		script({
			kind: 'model',
			answer: { ...answer, headers: { ...answer.headers, 'x-fal-billable-units': '2' } },
		});
		const { result } = await run();
		expect([result.status, result.headers['x-fal-billable-units']]).toEqual([422, '2']);
		expect(billed()).toBe(2);
	});

	it('are 0 for a job that was cancelled in the queue', async () => {
		options.slots = 0;
		const id = await submitJob(bed.sandbox, bed.input);
		await falCall(bed.sandbox, 'PUT', `${requestPath(id)}/cancel`);
		expect(billed()).toBe(0);
	});
});

describe('a balance', () => {
	it('goes down by each finished picture, and not by a failure', async () => {
		options.balance = 0.3;
		await run({ ...bed.input, num_samples: 3 });
		expect(options.balance).toBe(0.075);
		script({ kind: 'model', answer: requestError(500, 'x', 'y') });
		await run();
		expect(options.balance).toBe(0.075);
	});

	it('that is used up locks the account for submits and uploads, not for results', async () => {
		options.balance = 0.15;
		const { result } = await run({ ...bed.input, num_samples: 2 });
		expect(options.balance).toBe(0);
		const detail =
			'User is locked. Reason: Exhausted balance. Top up your balance at fal.ai/dashboard/billing.';
		expect(await submitted()).toMatchObject({ status: 403, json: { detail } });
		const upload = await falCall(bed.sandbox, 'POST', '/storage/upload/initiate', {
			content_type: 'image/png',
		});
		expect(upload).toMatchObject({ status: 403, json: { detail } });
		const id = String(result.headers['x-fal-request-id']);
		expect((await falCall(bed.sandbox, 'GET', requestPath(id))).status).toBe(200);
		expect(bed.sandbox.fal.submits()).toHaveLength(1);
	});

	it('is overdrawn by what was submitted in time, and can be topped up', async () => {
		options.balance = 0.075;
		const ids = [await submitJob(bed.sandbox, bed.input), await submitJob(bed.sandbox, bed.input)];
		await Promise.all(ids.map((id) => completed(bed.sandbox, id)));
		expect(options.balance).toBe(-0.075);
		expect((await submitted()).status).toBe(403);
		options.balance = 10;
		expect((await submitted()).status).toBe(200);
	});

	it('lasts for ever unless one is set, and gives way to another lock', async () => {
		await run();
		expect(options.balance).toBeUndefined();
		expect((await submitted()).status).toBe(200);
		Object.assign(options, { balance: 0, locked: 'Admin lock' });
		expect((await submitted()).json.detail).toBe('User is locked. Reason: Admin lock');
	});
});

describe('what another model may give', () => {
	it.each<[string, unknown, string]>([
		['no picture at all', { images: [] }, '0'],
		['two pictures', { images: [OK, OK] }, '2'],
		['one picture, elsewhere', { image: OK }, '1'],
		['an array', [OK], '1'],
		['a text', 'a picture of a dress', '1'],
		['nothing', null, '1'],
	])('%s', async (_, body, units) => {
		script({ kind: 'output', body });
		const { status, result } = await run();
		expect(status.json).not.toHaveProperty('error');
		expect([result.status, result.text]).toEqual([
			200,
			typeof body === 'string' ? body : JSON.stringify(body),
		]);
		expect(result.headers['x-fal-billable-units']).toBe(units);
	});

	it('is billed what the script says', async () => {
		options.balance = 1;
		script({ kind: 'output', body: { images: [] }, units: 2 });
		const { result } = await run();
		expect(result.headers['x-fal-billable-units']).toBe('2');
		expect(options.balance).toBe(0.85);
	});

	it('comes of an endpoint that the account has besides FASHN’s, at its price', async () => {
		const other = 'fal-ai/leffa/virtual-tryon';
		const submitOther = () => falCall(bed.sandbox, 'POST', `/${other}`, bed.input);
		expect((await submitOther()).status).toBe(404);
		options.otherEndpoints = { [other]: { unitPrice: 0.04, unit: 'megapixels' } };
		options.balance = 1;
		script({ kind: 'output', body: { image: OK } });
		const { json } = await submitOther();
		const path = `/fal-ai/leffa/requests/${String(json.request_id)}`;
		const result = await eventually(async () => {
			const reply = await falCall(bed.sandbox, 'GET', path);
			return reply.status === 200 ? reply : undefined;
		});
		expect(result.json).toEqual({ image: OK });
		expect(options.balance).toBe(0.96);
		const prices = await falCall(bed.sandbox, 'GET', `/v1/models/pricing?endpoint_id=${other}`);
		expect(prices.json).toMatchObject({
			prices: [{ endpoint_id: other, unit_price: 0.04, unit: 'megapixels', currency: 'USD' }],
		});
	});

	it('is an error of the sandbox without a script', async () => {
		options.otherEndpoints = { 'fal-ai/leffa': { unitPrice: 0.04, unit: 'images' } };
		const { json } = await falCall(bed.sandbox, 'POST', '/fal-ai/leffa', bed.input);
		const path = `/fal-ai/leffa/requests/${String(json.request_id)}`;
		const result = await eventually(async () => {
			const reply = await falCall(bed.sandbox, 'GET', path);
			return reply.status === 400 ? undefined : reply;
		});
		expect(result).toMatchObject({
			status: 500,
			json: { detail: 'Sandbox error: No model behind fal-ai/leffa' },
		});
	});
});

describe('a status that', () => {
	it.each<[string, JobOutcome, Record<string, unknown>]>([
		[
			'tells an error of a result that is fine',
			{ kind: 'output', body: { images: [OK] }, statusError: { error: 'Oh', errorType: 'odd' } },
			{ error: 'Oh', error_type: 'odd' },
		],
		[
			'tells a type alone',
			{ kind: 'output', body: { images: [OK] }, statusError: { errorType: 'odd' } },
			{ error_type: 'odd' },
		],
	])('%s', async (_, outcome, told) => {
		script(outcome);
		const { status, result } = await run();
		expect(status.json).toMatchObject({ status: 'COMPLETED', ...told });
		expect(['error', 'error_type'].filter((name) => name in status.json)).toEqual(
			Object.keys(told),
		);
		expect(result).toMatchObject({ status: 200, json: { images: [OK] } });
	});

	it('tells the model’s failure, which the result tells in full', async () => {
		const statusError = { error: 'Unprocessable', errorType: 'content_policy_violation' };
		script({ kind: 'model', answer: modelError(422, 'Refused'), statusError });
		const { status, result } = await run();
		expect(status.json).toMatchObject({
			error: 'Unprocessable',
			error_type: 'content_policy_violation',
		});
		expect(result).toMatchObject({ status: 422, json: { detail: 'Refused' } });
	});

	it('tells nothing of a platform failure that only the result has', async () => {
		script({ kind: 'model', answer: requestError(503, 'runner_disconnected', 'Gone') });
		const { status, result } = await run();
		expect(status.json).not.toHaveProperty('error');
		expect(status.json).not.toHaveProperty('error_type');
		expect(result.json).toEqual({ detail: 'Gone', error_type: 'runner_disconnected' });
	});
});
