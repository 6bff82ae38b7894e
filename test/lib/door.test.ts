import { getEventListeners } from 'node:events';
import { Readable } from 'node:stream';

import { ConnectionError, TryOnError } from '../../lib/errors';
import {
	type Door,
	type HttpCall,
	isOk,
	jsonOf,
	openDoor,
	readAll,
	USER_AGENT,
} from '../../lib/http';
import { answerOf, fakeHelpers, type Helper } from './fakeHelpers';

const API = 'https://api.example.com';
const KEY = 'sd_secret';

/** Milliseconds that a call gets which is to run out of time. */
const SHORT_MS = 30;

function doorWith(helper: Helper = () => answerOf(), members: object = {}, origins = [API]) {
	const { context, calls } = fakeHelpers(helper, members);
	const options = { service: 'Test', credentialType: 'testApi', apiOrigins: origins };
	return { door: openDoor(context, options), calls };
}

function callOf(more: Partial<HttpCall> = {}): HttpCall {
	return { method: 'GET', url: `${API}/x`, timeoutMs: 60_000, stage: 'wait', ...more };
}

/** What a call fails with. */
async function failureOf(pending: Promise<unknown>): Promise<TryOnError> {
	try {
		await pending;
	} catch (error) {
		if (error instanceof TryOnError) return error;
		throw error;
	}
	throw new Error('It did not fail');
}

/** Never answers. */
const silence: Helper = async () => await new Promise(() => {});

/** A body that brings some bytes, and then nothing more. */
function stalled(onRead = () => {}): Readable {
	const body = new Readable({ read: onRead });
	body.push(Buffer.from('some'));
	return body;
}

type Way = keyof Door;
const WAYS: readonly Way[] = ['api', 'apiStream', 'plain', 'plainStream'];

describe('the key', () => {
	test.each([
		'https://evil.example/x',
		'https://api.example.com.evil.example/x',
		'https://sub.api.example.com/x',
		'https://api.example.com:8443/x',
		'http://api.example.com/x',
		'https://api.example.com@evil.example/x',
	])('does not go to %s, which is another origin', async (url) => {
		for (const way of ['api', 'apiStream'] as const) {
			const { door, calls } = doorWith();
			const error = await failureOf(door[way](callOf({ url })));
			expect(error.message).toBe(
				`The key was not sent to ${new URL(url).origin}: it is not Test's API.`,
			);
			expect(error.details).toEqual({ stage: 'wait', retryable: false, charged: 'no' });
			expect(error).not.toBeInstanceOf(ConnectionError);
			expect(calls).toEqual([]);
		}
	});

	test('goes to the origins of the API, however they are written', async () => {
		const { door, calls } = doorWith(undefined, {}, ['https://QUEUE.example.com:443/run', API]);
		await door.api(callOf({ url: 'https://queue.example.com/y' }));
		await door.api(callOf());
		expect(calls.map(({ credential }) => credential)).toEqual(['testApi', 'testApi']);
	});

	test('is not put on a plain call, wherever it goes', async () => {
		const { door, calls } = doorWith();
		await door.plain(callOf());
		await door.plainStream(callOf());
		expect(calls.map(({ credential }) => credential)).toEqual([undefined, undefined]);
	});

	test.each([
		[
			'ECONNRESET',
			'The connection to api.example.com broke before the answer was complete (ECONNRESET).',
		],
		['ECONNREFUSED', 'api.example.com cannot be reached (ECONNREFUSED).'],
	])('is in nothing that is told of a failed connection: %s', async (code, message) => {
		const config = { headers: { Authorization: `Bearer ${KEY}` } };
		const raw = Object.assign(new Error(`socket hang up ${KEY}`), { code, config });
		const { door } = doorWith(() => {
			throw raw;
		});
		for (const way of WAYS) {
			const error = await failureOf(door[way](callOf()));
			expect(error).toBeInstanceOf(ConnectionError);
			expect(error.message).toBe(message);
			expect(JSON.stringify([error, error.stack, error.cause])).not.toContain(KEY);
		}
	});
});

test.each<[Way, HttpCall['body'], boolean]>([
	['api', undefined, false],
	['api', '{}', false],
	['apiStream', undefined, false],
	['plain', undefined, true],
	['plain', 'x', false],
	['plainStream', undefined, true],
])('%s with a body of %p follows redirects: %p', async (way, body, follows) => {
	const { door, calls } = doorWith();
	await door[way](callOf({ body }));
	expect(calls[0]?.options.disableFollowRedirect).toBe(!follows);
});

test('a call is what it says, names its sender, and is not read by n8n', async () => {
	const { door, calls } = doorWith();
	// 31 bytes are given a millisecond on the slowest line.
	const body = 'x'.repeat(3_100);
	await door.api(callOf({ method: 'POST', headers: { Accept: 'text/plain' }, body }));
	expect(calls[0]?.options).toMatchObject({
		method: 'POST',
		url: `${API}/x`,
		headers: { 'User-Agent': USER_AGENT, Accept: 'text/plain' },
		body,
		timeout: 60_100,
		encoding: 'stream',
		returnFullResponse: true,
		ignoreHttpStatusErrors: true,
	});
});

test('an answer of any status is an answer, with the names of its headers in lower case', async () => {
	const headers = { 'Content-Type': 'text/html', 'Set-Cookie': ['a=1', 'b=2'] };
	const { door } = doorWith(() => answerOf('oops', headers, 502));
	const head = { 'content-type': 'text/html', 'set-cookie': '["a=1","b=2"]' };
	expect(await door.api(callOf())).toEqual({
		status: 502,
		headers: head,
		body: Buffer.from('oops'),
	});
	const { stream, ...rest } = await door.plainStream(callOf());
	expect(rest).toEqual({ status: 502, headers: head });
	expect(await readAll(stream)).toEqual(Buffer.from('oops'));
});

test.each<[string, unknown, string]>([
	['nothing', undefined, 'stopped'],
	['a bare body', 'text', 'stopped'],
	['no status', { headers: {}, body: stalled() }, 'stopped'],
	['no headers', { statusCode: 200, body: stalled() }, 'stopped'],
	['no body', { statusCode: 200, headers: {} }, 'no body'],
	['a body of null', { statusCode: 200, headers: {}, body: null }, 'no body'],
	['a body that n8n has read', { statusCode: 200, headers: {}, body: Buffer.from('x') }, 'no body'],
	['half a stream', { statusCode: 200, headers: {}, body: { pipe: () => {} } }, 'no body'],
])('where n8n hands back %s, the call may have been seen', async (_name, handed, code) => {
	const { door } = doorWith(() => handed);
	const error = await failureOf(door.plain(callOf()));
	expect(error).toBeInstanceOf(ConnectionError);
	expect(error).toMatchObject({ sent: true, message: expect.stringContaining(`(${code})`) });
});

test('an error of ours that comes through n8n stays as it is', async () => {
	const own = new TryOnError('Ours.', { stage: 'upload', retryable: false });
	const { door } = doorWith(() => {
		throw own;
	});
	expect(await failureOf(door.plain(callOf()))).toBe(own);
});

describe('Stop', () => {
	test.each(WAYS)('ends a call that is under way at once: %s', async (way) => {
		const stop = new AbortController();
		const { door, calls } = doorWith(silence);
		const pending = failureOf(door[way](callOf({ signal: stop.signal })));
		stop.abort();
		expect(await pending).toMatchObject({
			sent: true,
			message: expect.stringContaining('stopped'),
		});
		// So that n8n's helper lets the connection go.
		expect(calls[0]?.options.abortSignal?.aborted).toBe(true);
	});

	test('ends the reading of an answer', async () => {
		const stop = new AbortController();
		const body = stalled(() => stop.abort());
		const { door } = doorWith(() => answerOf(body));
		const pending = failureOf(door.api(callOf({ signal: stop.signal })));
		expect(await pending).toMatchObject({ message: expect.stringContaining('(stopped)') });
		expect(body.destroyed).toBe(true);
	});

	test('of the execution does not end a call that is to outlive it, such as a cancel', async () => {
		const stopped = AbortSignal.abort();
		const members = { getExecutionCancelSignal: () => stopped, getNode: () => 'the node' };
		const { door, calls } = doorWith(undefined, members);
		await door.api(callOf());
		const seen = calls[0]?.seen;
		if (!seen || !('getExecutionCancelSignal' in seen)) throw new Error('It is no execution');
		expect(seen.getExecutionCancelSignal()?.aborted).toBe(false);
		expect(seen.getNode()).toBe('the node');
	});
});

test.each([
	['in an execution n8n reads it for each call', { getExecutionCancelSignal: () => undefined }, 2],
	['elsewhere it is read once', {}, 1],
])('the credential: %s', async (_name, members, times) => {
	const getCredentials = jest.fn(async (type: string) => ({ type }));
	const helper: Helper = async ({ seen }) => {
		expect(await seen?.getCredentials('testApi')).toEqual({ type: 'testApi' });
		expect(seen?.getNode()).toBe('the node');
		return answerOf();
	};
	const { door } = doorWith(helper, { getCredentials, getNode: () => 'the node', ...members });
	for (const _call of [1, 2]) await door.api(callOf());
	expect(getCredentials).toHaveBeenCalledTimes(times);
});

describe('the time of a call', () => {
	const late = /^api\.example\.com has not answered in full within/;

	test.each(WAYS)('ends one that is not answered: %s', async (way) => {
		const { door, calls } = doorWith(silence);
		const { signal } = new AbortController();
		const error = await failureOf(door[way](callOf({ timeoutMs: SHORT_MS, signal })));
		expect(error.message).toMatch(late);
		expect(calls[0]?.options.abortSignal?.aborted).toBe(true);
	});

	test.each(WAYS)('grows with what is sent: %s', async (way) => {
		const slow: Helper = async () => {
			const aMoment = AbortSignal.timeout(SHORT_MS);
			await new Promise((resolve) => aMoment.addEventListener('abort', resolve));
			return answerOf();
		};
		// 31 bytes are given a millisecond.
		const body = 'x'.repeat(31 * 1_000);
		expect(await doorWith(slow).door[way](callOf({ timeoutMs: 1, body }))).toMatchObject({
			status: 200,
		});
	});

	test('ends an answer that does not end', async () => {
		const { door } = doorWith(() => answerOf(stalled()));
		expect((await failureOf(door.api(callOf({ timeoutMs: SHORT_MS })))).message).toMatch(late);
	});

	test('may be longer for the whole answer, and is told', async () => {
		const { door } = doorWith(() => answerOf(stalled()));
		const call = callOf({ timeoutMs: 1, wholeMs: SHORT_MS });
		const before = performance.now();
		expect((await failureOf(door.api(call))).message).toMatch(/within 0 s\.$/);
		expect(performance.now() - before).toBeGreaterThan(SHORT_MS - 5);
	});

	test('ends a stream only where it is limited', async () => {
		const { door, calls } = doorWith(() => answerOf(stalled()));
		const limited = await door.plainStream(callOf({ wholeMs: SHORT_MS }));
		const free = await door.plainStream(callOf({ timeoutMs: SHORT_MS }));
		expect((await failureOf(readAll(limited.stream))).message).toMatch(late);
		expect(calls[0]?.options.abortSignal?.aborted).toBe(true);
		await new Promise((resolve) =>
			AbortSignal.timeout(SHORT_MS).addEventListener('abort', resolve),
		);
		expect(free.stream.destroyed).toBe(false);
		expect(calls[1]?.options.abortSignal?.aborted).toBe(false);
	});

	test('counts for a call, and not for what fails in another way', async () => {
		const { door } = doorWith(() => answerOf(Readable.from(broken())));
		expect((await failureOf(door.api(callOf()))).message).toMatch(/broke before .* \(EPIPE\)/);
	});
});

// eslint-disable-next-line require-yield -- a body that breaks before its first byte
async function* broken(): AsyncGenerator<Buffer> {
	await Promise.resolve();
	throw Object.assign(new Error('broken'), { code: 'EPIPE' });
}

test('a stream that fails while nobody reads it does not end the process', async () => {
	const body = stalled();
	const { door } = doorWith(() => answerOf(body));
	const { stream } = await door.apiStream(callOf());
	stream.destroy(new Error('reset'));
	await new Promise((resolve) => stream.once('close', resolve));
	await expect(readAll(stream)).rejects.toThrow('reset');
});

test('a stream that is closed unread lets its connection go, and one that was read to its end keeps it', async () => {
	const { door, calls } = doorWith(() => answerOf('text'));
	(await door.apiStream(callOf())).stream.destroy();
	await readAll((await door.apiStream(callOf())).stream);
	expect(calls.map(({ options }) => options.abortSignal?.aborted)).toEqual([true, false]);
});

describe('an answer that is too large', () => {
	const message = 'api.example.com answered with more than 0 MB, which is not read.';

	test('is not read further than it may be', async () => {
		const { door } = doorWith(() => answerOf('12345'));
		expect((await failureOf(door.api(callOf({ maxBytes: 4 })))).message).toBe(message);
		expect((await door.api(callOf({ maxBytes: 5 }))).body.toString()).toBe('12345');
	});

	test('is not read at all when its head says so', async () => {
		const body = stalled();
		const { door } = doorWith(() => answerOf(body, { 'Content-Length': '5' }));
		expect((await failureOf(door.plainStream(callOf({ maxBytes: 4 })))).message).toBe(message);
		expect(body.destroyed).toBe(true);
	});

	test('is no stream that has no limit', async () => {
		const { door } = doorWith(() => answerOf('12345', { 'Content-Length': '99999999999' }));
		expect(String(await readAll((await door.plainStream(callOf())).stream))).toBe('12345');
	});
});

test.each(WAYS)(
	'many calls at once put no listener on the signal that they share: %s',
	async (way) => {
		const stop = new AbortController();
		const { signal } = stop;
		const { door, calls } = doorWith(({ options }) => {
			// As n8n's helper listens.
			if (options.abortSignal instanceof AbortSignal) {
				options.abortSignal.addEventListener('abort', () => {});
			}
			return new Promise(() => {});
		});
		const pending = Array.from(
			{ length: 20 },
			async () => await failureOf(door[way](callOf({ signal }))),
		);
		expect(calls).toHaveLength(20);
		expect(getEventListeners(signal, 'abort')).toEqual([]);
		stop.abort();
		await Promise.all(pending);
	},
);

test.each<[string, unknown]>([
	['{"a":1}', { a: 1 }],
	['[]', []],
	['null', null],
	['<html>', undefined],
	['', undefined],
])('an answer of %p is JSON: %p', (text, json) => {
	expect(jsonOf({ status: 200, headers: {}, body: Buffer.from(text) })).toEqual(json);
});

test.each([
	[199, false],
	[200, true],
	[299, true],
	[300, false],
	[404, false],
])('status %i says that all is well: %p', (status, ok) => {
	expect(isOk({ status, headers: {} })).toBe(ok);
});
