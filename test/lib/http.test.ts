import { Readable } from 'node:stream';

import { ConnectionError } from '../../lib/errors';
import { type Door, type HttpCall, MAX_ANSWER_BYTES, readAll } from '../../lib/http';
import { type Sandbox, startSandbox } from '../../sandbox/index';
import type { FaultKind } from '../../sandbox/types';
import { until } from '../engine/clock';
import { throughDoor } from '../engine/door';

let sandbox: Sandbox;
let address: string;

beforeEach(async () => {
	sandbox = await startSandbox();
	address = sandbox.media.publish(Buffer.alloc(10_000, 'x'), 'text/plain');
});

afterEach(async () => {
	await sandbox.close();
});

const PATIENCE_MS = 300;

async function* slowly(bytes: Buffer, pieces: number, pauseMs: number) {
	const step = bytes.length / pieces;
	for (let at = 0; at < bytes.length; at += step) {
		await new Promise((resolve) => setTimeout(resolve, pauseMs));
		yield bytes.subarray(at, at + step);
	}
}

function callOf(more: Partial<HttpCall> = {}): HttpCall {
	return { method: 'GET', url: address, timeoutMs: PATIENCE_MS, stage: 'result', ...more };
}

async function through(work: (door: Door) => Promise<unknown>, fault?: FaultKind) {
	if (fault) sandbox.faults.add({ on: /GET \/files/, fault, times: 9 });
	const origin = new URL(address).origin;
	return await throughDoor(
		origin,
		async (door) => await work(door).catch((error: unknown) => error),
	);
}

/** Longer than the call is patient in all, while no silence is. */
const DRIP: FaultKind = { kind: 'drip', pieces: 40, pauseMs: 50 };

describe('a call that does not end in its time', () => {
	test.each<[string, FaultKind]>([
		['hangs', { kind: 'hang' }],
		['stalls', { kind: 'stall' }],
		['comes in drops', DRIP],
	])('%s', async (_name, fault) => {
		const error = await through(async (door) => await door.plain(callOf()), fault);
		expect(error).toBeInstanceOf(ConnectionError);
		expect(error).toMatchObject({ sent: true });
	});

	test.each<[string, FaultKind]>([
		['stalls', { kind: 'stall' }],
		['comes in drops', DRIP],
	])('nor does the stream of one that %s', async (_name, fault) => {
		const call = callOf({ wholeMs: PATIENCE_MS });
		const error = await through(
			async (door) => await readAll((await door.plainStream(call)).stream),
			fault,
		);
		expect(error).toBeInstanceOf(ConnectionError);
		expect(error).toMatchObject({ message: expect.stringMatching(/has not answered in full/) });
	});

	test('is told by how long it was given', async () => {
		const call = callOf({ timeoutMs: 5_000, wholeMs: 1_100 });
		const error = await through(async (door) => await door.plain(call), { kind: 'hang' });
		const { host } = new URL(address);
		expect(error).toMatchObject({ message: `${host} has not answered in full within 1 s.` });
	});

	test('is not one that sends much over a slow line', async () => {
		const size = 100_000;
		const body = Readable.from(slowly(Buffer.alloc(size), 10, 60));
		const headers = { 'Content-Length': String(size) };
		const call = callOf({ method: 'POST', body, headers });
		const answer = await through(async (door) => await door.plain(call));
		expect(answer).toMatchObject({ status: 404 });
	});
});

test('a stream without a limit outlives the time of its head', async () => {
	const body = await through(
		async (door) => await readAll((await door.plainStream(callOf())).stream),
		{ kind: 'drip', pieces: 10, pauseMs: 60 },
	);
	expect(body).toEqual(Buffer.alloc(10_000, 'x'));
});

test('a stream that is closed unread lets its connection go', async () => {
	const unread = async (door: Door) => {
		(await door.plainStream(callOf({ timeoutMs: 60_000 }))).stream.destroy();
	};
	await through(unread, { kind: 'huge', bytes: 50 * 1024 * 1024 });
	await until(() => !sandbox.isAtWork());
});

describe('an answer that is too large', () => {
	const huge: FaultKind = { kind: 'huge', bytes: 50 * 1024 * 1024 };

	test.each(['api', 'plain'] as const)('is not read by %s', async (way) => {
		const call = callOf({ timeoutMs: 9_000 });
		const error = await through(async (door) => (await door[way](call)).body.length, huge);
		const { host } = new URL(address);
		expect(error).toMatchObject({
			message: `${host} answered with more than 32 MB, which is not read.`,
			sent: true,
			details: { retryable: false },
		});
	});

	test('is not read as a stream either', async () => {
		const call = callOf({ timeoutMs: 9_000, maxBytes: 1024 * 1024 });
		const error = await through(
			async (door) => (await readAll((await door.plainStream(call)).stream)).length,
			huge,
		);
		expect(error).toMatchObject({ message: expect.stringContaining('more than 1 MB') });
	});

	test('lets its connection go', async () => {
		const call = callOf({ timeoutMs: 60_000 });
		await through(async (door) => await door.plain(call), huge);
		await until(() => !sandbox.isAtWork());
	});

	test('may be as large as it may', async () => {
		const fault: FaultKind = { kind: 'huge', bytes: MAX_ANSWER_BYTES };
		const bytes = await through(
			async (door) => (await door.plain(callOf({ timeoutMs: 9_000 }))).body.length,
			fault,
		);
		expect(bytes).toBe(MAX_ANSWER_BYTES);
	});
});
