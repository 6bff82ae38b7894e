import fc from 'fast-check';

import { StoppedError, TryOnError, UnknownOutcomeError } from '../../../lib/errors';
import { requestKey } from '../../../lib/fal/client';
import { reviveJob, submit } from '../../../lib/fal/driver';
import { FalAnswerError } from '../../../lib/fal/errors';
import type { RequestOptions } from '../../../lib/fal/fields/options';
import { LostAnswerError } from '../../../lib/fal/lost';
import { Claims } from '../../../lib/jobs/memory';
import { broken, type Reply } from '../astria/fakeDoor';
import { TestClock } from '../clock';
import { clientOf, ENDPOINT, fakeFal, pathOf } from './fakeFal';

const WISH = { model_image: 'https://a.example/1', seed: 7 };

describe('requestKey', () => {
	const key = (input: unknown) => requestKey(ENDPOINT, input);

	test('is the same for the same JSON, whatever the order of its names', () => {
		fc.assert(
			fc.property(fc.dictionary(fc.string(), fc.jsonValue(), { maxKeys: 8 }), (input) => {
				const back = Object.fromEntries(Object.entries(input).reverse());
				expect(key(back)).toBe(key(input));
				// What is undefined is not sent.
				expect(key({ ...back, '\u0000never': undefined })).toBe(key(input));
			}),
		);
	});

	test('is another one for any other JSON', () => {
		fc.assert(
			fc.property(fc.jsonValue(), fc.jsonValue(), (one, other) => {
				const same = isSame(JSON.parse(JSON.stringify(one)), JSON.parse(JSON.stringify(other)));
				expect(key({ field: one }) === key({ field: other })).toBe(same);
			}),
		);
	});

	test.each([
		[{ a: 1, b: { c: [1, 2], d: 1.5 } }, '{ "b": { "d": 15e-1, "c": [1.0, 2] }, "a": 1.0 }', true],
		[{ a: '1' }, '{ "a": 1 }', false],
		[{ a: [1, 2] }, '{ "a": [2, 1] }', false],
		[{ a: [['b', 1]] }, '{ "a": { "b": 1 } }', false],
		[{ a: 1 }, '{ "a": 1, "b": null }', false],
		[{ a: 1 }, '{ "a": 1, "seed": 3 }', false],
	])('%j and %s', (sent, stored, same) => {
		expect(key(JSON.parse(stored)) === key(sent)).toBe(same);
	});

	test('is another one for another endpoint', () => {
		expect(requestKey('fal-ai/fashn/tryon/v1.5', WISH)).not.toBe(key(WISH));
	});
});

/** Equality of JSON, in other words than those of the key. */
function isSame(one: unknown, other: unknown): boolean {
	try {
		expect(one).toStrictEqual(other);
		return true;
	} catch {
		return false;
	}
}

describe('Claims', () => {
	test('forgets the oldest of very many', () => {
		const claims = new Claims<string>();
		for (let n = 0; n <= 10_000; n++) claims.take(`job-${n}`);
		expect(claims.has('job-0')).toBe(false);
		expect(claims.has('job-1')).toBe(true);
		expect(claims.has('job-10000')).toBe(true);
	});

	test('knows a call as under way until the last of equal ones has ended, well or badly', async () => {
		const claims = new Claims<string>();
		const ends: Array<(error?: Error) => void> = [];
		const call = async () =>
			await claims.during('key', async () => {
				await new Promise<void>((resolve, reject) =>
					ends.push((error) => (error ? reject(error) : resolve())),
				);
				return 'answer';
			});
		expect(claims.isUnderWay('key')).toBe(false);
		const calls = [call(), call(), call()];
		ends[0]?.();
		expect(await calls[0]).toBe('answer');
		ends[1]?.(new Error('It broke'));
		await expect(calls[1]).rejects.toThrow('It broke');
		expect(claims.isUnderWay('key')).toBe(true);
		expect(claims.isUnderWay('another')).toBe(false);
		ends[2]?.();
		await calls[2];
		expect(claims.isUnderWay('key')).toBe(false);
	});
});

const INPUT = { model_image: 'https://a.example/1.png', seed: 0, sync_mode: false };

const TAKEN: Reply = {
	json: {
		request_id: 'job-1',
		status_url: 'https://queue.fal.run/status',
		response_url: 'https://queue.fal.run/response',
		cancel_url: 'https://queue.fal.run/cancel',
		queue_position: 2,
	},
};

const PAUSES = [1_000, 2_000, 5_000, 10_000, 20_000, 30_000];

interface Circumstances {
	signal?: AbortSignal;
	options?: RequestOptions;
	claims?: Claims<string>;
}

/** Submits a job; the last of what fal says it says to all further calls. */
async function submitting(
	said: Array<Reply | Error>,
	{ signal, options = {}, claims = new Claims<string>() }: Circumstances = {},
) {
	const clock = new TestClock();
	const began = clock.now();
	const door = fakeFal({
		api: async (_, index) => {
			// An answer takes its time.
			await clock.sleep(100);
			const reply = said[Math.min(index, said.length - 1)] ?? {};
			if (reply instanceof Error) throw reply;
			return reply;
		},
	});
	const request = { endpointId: ENDPOINT, input: INPUT, options };
	const submitted = submit(clientOf(door), { clock, signal }, claims, request);
	const [end] = await Promise.allSettled([submitted]);
	return {
		job: end.status === 'fulfilled' ? end.value : undefined,
		error: end.status === 'rejected' ? (end.reason as unknown) : undefined,
		calls: door.calls,
		pauses: clock.waits.filter((ms) => ms !== 100),
		began,
		clock,
	};
}

test("a job is what fal has taken, with fal's own addresses", async () => {
	const { job, calls, clock } = await submitting([TAKEN]);
	expect(job).toEqual({
		endpointId: ENDPOINT,
		requestId: 'job-1',
		submittedAt: clock.now(),
		statusUrl: 'https://queue.fal.run/status',
		responseUrl: 'https://queue.fal.run/response',
		cancelUrl: 'https://queue.fal.run/cancel',
		queuePosition: 2,
	});
	expect(calls.map(pathOf)).toEqual(['/fal-ai/fashn/tryon/v1.6']);
	expect(calls).toMatchObject([{ method: 'POST', stage: 'submit' }]);
	// 0 and false are sent.
	expect(JSON.parse(String(calls[0]?.body))).toEqual(INPUT);
});

test('the options of a request go along with it', async () => {
	const webhookUrl = 'https://n8n.example/webhook';
	const { calls } = await submitting([TAKEN], { options: { webhookUrl, storeIo: false } });
	expect(new URL(calls[0]?.url ?? '').searchParams.get('fal_webhook')).toBe(webhookUrl);
	expect(calls[0]?.headers).toMatchObject({ 'x-fal-store-io': '0' });
});

describe('a submit is sent again only when fal certainly did not take it', () => {
	const notTaken: Array<[string, Reply | Error]> = [
		['429', { status: 429 }],
		['503 with Retry-After', { status: 503, headers: { 'retry-after': '2' } }],
		['503 with a hint', { status: 503, headers: { 'x-fal-needs-retry': '1' } }],
		['a connection that was never made', broken(false)],
	];

	test.each(notTaken)('after %s', async (_, trouble) => {
		const { job, calls } = await submitting([trouble, trouble, TAKEN]);
		expect(job?.requestId).toBe('job-1');
		expect(calls).toHaveLength(3);
	});

	test.each(notTaken)('%s to the end costs nothing', async (_, trouble) => {
		const { error, calls } = await submitting([trouble]);
		expect(error).not.toBeInstanceOf(UnknownOutcomeError);
		expect(error).toMatchObject({ details: { charged: 'no' } });
		expect(calls).toHaveLength(PAUSES.length + 1);
	});

	test('each time later', async () => {
		const { pauses } = await submitting([{ status: 429 }]);
		expect(pauses).toEqual(PAUSES);
	});

	test.each([301, 400, 401, 402, 403, 404, 408, 409, 410, 413, 422, 499])(
		'a refusal is sent once, and costs nothing: %i',
		async (status) => {
			const { error, calls } = await submitting([{ status, json: { detail: 'no' } }]);
			expect(error).toBeInstanceOf(FalAnswerError);
			expect(error).toMatchObject({ details: { charged: 'no', statusCode: status } });
			expect(calls).toHaveLength(1);
		},
	);
});

describe('an answer is lost, and nothing is sent again,', () => {
	const said = (reason: string) =>
		`The request was sent, but ${reason} It is unknown whether fal took it, so it was not sent again and may be charged.`;

	test.each<[string, Reply | Error, string, number | undefined]>([
		['when the connection breaks', broken(), 'the connection broke.', undefined],
		[
			'when somebody in between answers',
			{ text: '<html>', headers: { 'content-type': 'text/html' } },
			"queue.fal.run answered with a web page instead of fal's data.",
			200,
		],
		...[500, 502, 503, 504].map((status): [string, Reply, string, number] => [
			`with ${status}`,
			{ status, json: { detail: 'oops' } },
			`the answer was status ${status}.`,
			status,
		]),
	])('%s', async (_, reply, reason, statusCode) => {
		const { error, calls } = await submitting([reply]);
		expect(error).toBeInstanceOf(LostAnswerError);
		expect(error).toMatchObject({ message: said(reason) });
		expect(error instanceof TryOnError && error.details).toEqual({
			stage: 'submit',
			retryable: false,
			charged: 'unknown',
			statusCode,
		});
		expect(calls).toHaveLength(1);
	});

	test.each([500, 502, 504])('with %i, also where that hints at a retry', async (status) => {
		const headers = { 'retry-after': '1', 'x-fal-needs-retry': '1', 'x-fal-retryable': 'true' };
		const { error, calls } = await submitting([{ status, headers }, TAKEN]);
		expect(error).toBeInstanceOf(LostAnswerError);
		expect(calls).toHaveLength(1);
	});

	test.each([
		'../../../storage/auth/token?x=',
		'a/b',
		'a?b',
		'a#b',
		'..',
		'a%2fb',
		'a b',
		'',
		7,
		null,
		{ id: 'x' },
	])('when it holds no id that can be one: %p', async (id) => {
		const claims = new Claims<string>();
		const { error, calls } = await submitting([{ json: { request_id: id } }], { claims });
		expect(error).toBeInstanceOf(LostAnswerError);
		expect(error).toMatchObject({ message: said('the answer held no usable request id.') });
		expect(claims.has(String(id))).toBe(false);
		expect(calls).toHaveLength(1);
	});

	test.each([[null], [[]], ['x']])('when it is %j', async (json) => {
		const { error } = await submitting([{ json }]);
		expect(error).toBeInstanceOf(LostAnswerError);
	});

	test('with the time of the call that was lost, not of those before', async () => {
		const { error, began } = await submitting([{ status: 429 }, { status: 429 }, broken()]);
		// Two calls and their pauses, and then the third.
		const sentAt = began + 100 + 1_000 + 100 + 2_000;
		expect(error).toMatchObject({ sentAt, lostAt: sentAt + 100 });
	});
});

describe('Stop', () => {
	test('before a submit: nothing is sent', async () => {
		const { error, calls } = await submitting([TAKEN], { signal: AbortSignal.abort('Enough.') });
		expect(error).toBeInstanceOf(StoppedError);
		expect(error).toMatchObject({ message: 'Enough.', details: { charged: 'no' } });
		expect(calls).toEqual([]);
	});

	test('during a submit: its answer is awaited, or its id would be lost', async () => {
		const stop = new AbortController();
		const submitted = submitting([TAKEN], { signal: stop.signal });
		stop.abort();
		const { job, calls } = await submitted;
		expect(job?.requestId).toBe('job-1');
		expect(calls[0]?.signal).toBeUndefined();
	});

	test('between two tries: no other one is sent', async () => {
		const stop = new AbortController();
		const submitted = submitting([{ status: 429 }], { signal: stop.signal });
		stop.abort();
		const { calls } = await submitted;
		expect(calls).toHaveLength(1);
	});
});

describe('whose a job is', () => {
	const key = requestKey(ENDPOINT, INPUT);

	test('is known as soon as its id is there', async () => {
		const claims = new Claims<string>();
		await submitting([TAKEN], { claims });
		expect(claims.has('job-1')).toBe(true);
		expect(claims.isUnderWay(key)).toBe(false);
	});

	test('is open while its call is under way, and no longer', async () => {
		const claims = new Claims<string>();
		const submits = [submitting([TAKEN], { claims }), submitting([broken()], { claims })];
		expect(claims.isUnderWay(key)).toBe(true);
		expect(claims.isUnderWay(requestKey(ENDPOINT, { ...INPUT, seed: 1 }))).toBe(false);
		await Promise.all(submits);
		expect(claims.isUnderWay(key)).toBe(false);
	});
});

describe('a job is read back from where it was kept', () => {
	const kept = {
		endpointId: ENDPOINT,
		requestId: 'job-1',
		submittedAt: 12,
		statusUrl: 'https://queue.fal.run/status',
		responseUrl: 'https://queue.fal.run/response',
		cancelUrl: 'https://queue.fal.run/cancel',
		seed: 0,
		callback: 'https://n8n.example/resume',
	};

	test('with all that the row tells of it', () => {
		expect(reviveJob(kept)).toEqual(kept);
	});

	test('though most of it is missing', () => {
		expect(reviveJob({ endpointId: ENDPOINT, requestId: 'job-1' })).toEqual({
			endpointId: ENDPOINT,
			requestId: 'job-1',
			submittedAt: 0,
		});
	});

	test.each([
		{ endpointId: 7 },
		{ endpointId: undefined },
		{ requestId: '../x' },
		{ requestId: 7 },
	])('but not with %j', (wrong) => {
		expect(reviveJob({ ...kept, ...wrong })).toBeUndefined();
	});
});
