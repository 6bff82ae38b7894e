import type { FalSubmit, JobOutcome } from '../../../../sandbox/fal/options';
import { until } from '../../../engine/clock';
import { RETRY, storeFile } from '../../../engine/engine';
import { errorsOf } from '../../../engine/items';
import { smallPerson } from '../../../engine/pictures';
import { type Bed, makeBed } from './bed';

let bed: Bed;

beforeEach(async () => {
	bed = await makeBed();
});

afterEach(async () => {
	await bed.sandbox.close();
});

function seedOf({ input }: FalSubmit): unknown {
	return Reflect.get(Object(input), 'seed');
}

/** Scripts the jobs whose seed is listed; the rest run. */
function script(outcomes: Record<number, JobOutcome>): void {
	bed.sandbox.fal.options.outcome = (submit) => outcomes[Number(seedOf(submit))];
}

const refusedContent: JobOutcome = {
	kind: 'model',
	answer: {
		status: 422,
		body: {
			detail: [
				{
					loc: ['body', 'garment_image'],
					msg: 'The content was flagged',
					type: 'content_policy_violation',
					input: 'https://secret.example/picture-of-somebody.jpg',
				},
			],
		},
	},
};
const brokenMachine: JobOutcome = {
	kind: 'request',
	status: 503,
	errorType: 'runner_disconnected',
	message: 'Runner disconnected',
};

const rows = (count: number) => Array.from({ length: count }, (_, seed) => ({ seed }));
const seeds = {
	additionalFields: { seed: '={{ $json.seed }}' },
	download: false,
};

function submittedSeeds(): unknown[] {
	return bed.sandbox.fal.submits().map(seedOf).sort();
}

test('Retry On Fail buys no row twice that was bought', async () => {
	script({ 0: refusedContent });
	const { outputs } = await bed.run(rows(4), seeds, { ...RETRY, onError: 'continueErrorOutput' });
	expect(outputs[0]).toHaveLength(3);
	expect(errorsOf(outputs[1])).toHaveLength(1);
	expect(submittedSeeds()).toEqual([0, 1, 2, 3]);
});

test('Retry On Fail buys again only what failed without a charge and may pass', async () => {
	let tries = 0;
	bed.sandbox.fal.options.outcome = (submit) => {
		if (seedOf(submit) !== 0) return undefined;
		tries += 1;
		return tries < 3 ? brokenMachine : undefined;
	};
	const { outputs, error } = await bed.run(rows(3), seeds, {
		...RETRY,
		onError: 'continueErrorOutput',
	});
	expect(error).toBeUndefined();
	expect(outputs[0]).toHaveLength(3);
	expect(submittedSeeds()).toEqual([0, 0, 0, 1, 2]);
});

test('Retry On Fail does not repeat a submit whose outcome is unknown', async () => {
	bed.sandbox.faults.add({
		on: /POST \/fal-ai\/fashn/,
		fault: { kind: 'resetAfter' },
	});
	// fal has taken it, and what is not to be stored cannot be found.
	const unfindable = { ...seeds, options: { storeIo: false } };
	const { outputs } = await bed.run(rows(1), unfindable, {
		...RETRY,
		onError: 'continueErrorOutput',
	});
	expect(outputs[1]?.[0]?.json.details).toMatchObject({ charged: 'unknown' });
	expect(bed.sandbox.fal.submits()).toHaveLength(1);
});

test('Retry On Fail under Stop Workflow picks up the jobs of the first try', async () => {
	let failing = true;
	bed.sandbox.fal.options.outcome = (submit) => {
		if (seedOf(submit) !== 1 || !failing) return undefined;
		failing = false;
		return brokenMachine;
	};
	const { outputs, error } = await bed.run(rows(4), seeds, RETRY);
	expect(error).toBeUndefined();
	expect(outputs[0]).toHaveLength(4);
	expect(submittedSeeds()).toEqual([0, 1, 1, 2, 3]);
});

test('Retry On Fail of Submit picks up the jobs of the first try', async () => {
	const answer = { status: 429, headers: { 'retry-after': '0' }, body: { detail: 'slow down' } };
	// As often as a submit is tried.
	const fault = { kind: 'answer', answer } as const;
	bed.sandbox.faults.add({ on: /POST \/fal-ai\/fashn/, fault, after: 1, times: 7 });
	const { outputs, error } = await bed.run(
		rows(3),
		{ ...seeds, operation: 'submit', options: { jobsInFlight: 1 } },
		RETRY,
	);
	expect(bed.sandbox.faults.unmet).toBe(0);
	expect(error).toBeUndefined();
	expect(submittedSeeds()).toEqual([0, 1, 2]);
	expect(outputs[0]?.map(({ json }) => json.requestId)).toEqual(
		bed.sandbox.fal.submits().map(({ requestId }) => requestId),
	);
});

test('the same request in two rows is two purchases', async () => {
	const { outputs } = await bed.run([{}, {}], { download: false });
	expect(outputs[0]).toHaveLength(2);
	expect(bed.sandbox.fal.submits()).toHaveLength(2);
});

test('the same file is uploaded once, also over a retry', async () => {
	const bytes = await smallPerson(3);
	const items = await Promise.all(
		rows(3).map(async (json) => ({
			json,
			binary: { data: await storeFile(bytes, 'person.jpg', 'image/jpeg') },
		})),
	);
	script({ 0: refusedContent });
	const { outputs } = await bed.run(
		items,
		{ ...seeds, model_image_source: 'binary' },
		{ ...RETRY, onError: 'continueErrorOutput' },
	);
	expect(errorsOf(outputs[1])).toEqual([expect.stringContaining('flagged')]);
	expect(outputs[0]).toHaveLength(2);
	const uploads = bed.sandbox.calls.filter(({ path }) => path.includes('/storage/upload/initiate'));
	expect(uploads).toHaveLength(1);
});

test('under Stop Workflow a failed row ends the run and names what was bought', async () => {
	bed.sandbox.fal.options.slots = 3;
	bed.sandbox.fal.options.jobMs = 400;
	script({ 0: { kind: 'request', status: 500, errorType: 'internal_error', message: 'Boom' } });
	const { error } = await bed.run(rows(12), {
		...seeds,
		options: { jobsInFlight: 6 },
	});
	expect(error?.message).toMatch(/^Item 1: Job [\w-]+: fal says: Boom/);
	const submits = bed.sandbox.fal.submits();
	expect(submits.length).toBeLessThan(12);
	const cancelled = bed.sandbox.calls
		.filter(({ method }) => method === 'PUT')
		.map(({ path }) => path.split('/').at(-2));
	// What had not started is cancelled, what is running is named, and no id is lost.
	for (const { requestId } of submits) {
		expect(error?.message.includes(requestId) || cancelled.includes(requestId)).toBe(true);
	}
	const details: unknown = error?.context?.details;
	expect(details).toMatchObject({ charged: 'no', paidRequestIds: expect.any(Array) });
});

test.each(['stream', 'polling'])('Stop cancels every remote job (%s)', async (way) => {
	bed.sandbox.fal.options.stream = way === 'stream';
	bed.sandbox.fal.options.outcome = () => ({ kind: 'stuck', state: 'IN_QUEUE' });
	const started = bed.start(rows(5), seeds);
	await until(() => bed.sandbox.fal.submits().length === 5);
	started.stop();
	await started.finished;
	await until(() => bed.sandbox.calls.filter(({ method }) => method === 'PUT').length === 5);
	const cancelled = bed.sandbox.calls.filter(({ method }) => method === 'PUT');
	expect(new Set(cancelled.map(({ path }) => path)).size).toBe(5);
	for (const { headers } of cancelled) expect(headers.authorization).toMatch(/^Key /);
});

test('Stop during a submit loses no job', async () => {
	bed.sandbox.faults.add({ on: /POST \/fal-ai/, fault: { kind: 'delay', ms: 400 } });
	const started = bed.start(rows(1), seeds);
	await until(() => bed.sandbox.calls.some(({ method }) => method === 'POST'));
	started.stop();
	await started.finished;
	await until(() => bed.sandbox.calls.some(({ method }) => method === 'PUT'));
	expect(bed.sandbox.fal.submits()).toHaveLength(1);
});

test('Max Wait cancels the job and says what fal said', async () => {
	bed.sandbox.fal.options.outcome = () => ({ kind: 'stuck', state: 'IN_QUEUE' });
	const { outputs } = await bed.run(
		rows(1),
		{ ...seeds, options: { maxWait: 1 } },
		{ onError: 'continueErrorOutput' },
	);
	const [requestId] = bed.sandbox.fal.submits().map((submit) => submit.requestId);
	expect(errorsOf(outputs[1])[0]).toMatch(/still in the queue after 1 s, the 'Max Wait'/);
	expect(errorsOf(outputs[1])[0]).toContain(`Job ${requestId} was cancelled and is not charged.`);
	expect(outputs[1]?.[0]?.json.details).toMatchObject({
		requestId,
		charged: 'no',
		cancelStatus: 'OK',
	});
});

test('Max Wait of a running job says that it may still be charged', async () => {
	bed.sandbox.fal.options.outcome = () => ({ kind: 'stuck', state: 'IN_PROGRESS' });
	const { outputs } = await bed.run(
		rows(1),
		{ ...seeds, options: { maxWait: 1 } },
		{ onError: 'continueErrorOutput' },
	);
	expect(errorsOf(outputs[1])[0]).toMatch(/CANCELLATION_REQUESTED.* may still be charged/);
	expect(outputs[1]?.[0]?.json.details).toMatchObject({ charged: 'unknown' });
});
