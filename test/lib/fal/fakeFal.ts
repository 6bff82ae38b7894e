import { PassThrough } from 'node:stream';

import { FalClient, type FalJob, falOrigins } from '../../../lib/fal/client';
import type { Door, HttpCall } from '../../../lib/http';
import { fakeDoor, type Reply } from '../astria/fakeDoor';

// Nobody waits for anything here: a test that takes as long as this hangs. Milliseconds.
jest.setTimeout(3_000);

export const ORIGINS = falOrigins('https://queue.fal.run');

export const clientOf = (door: Door) => new FalClient(door, ORIGINS);

export const ENDPOINT = 'fal-ai/fashn/tryon/v1.6';

export const JOB: FalJob = { endpointId: ENDPOINT, requestId: 'job-1', submittedAt: 0 };

/** What fal says in a test. */
export interface Script {
	/** To a call with the key. */
	api?(call: HttpCall, index: number): Reply | Promise<Reply>;
	/** To a call without it. */
	plain?(call: HttpCall, index: number): Reply | Promise<Reply>;
	/** To one that wants a status stream; the stream is the test's to write to. */
	stream?(call: HttpCall, stream: PassThrough): Reply;
}

/** A door behind which fal stands. */
export interface FakeFal extends Door {
	/** Calls with the key. */
	readonly calls: HttpCall[];
	readonly plainCalls: HttpCall[];
	readonly streamCalls: HttpCall[];
}

const nobody = (call: HttpCall): never => {
	throw new Error(`Nobody was to be called: ${call.url}`);
};

const EVENT_STREAM = { 'content-type': 'text/event-stream' };

/** Makes fal say what a test wants; whatever else is asked of it fails the test. */
export function fakeFal({ api = nobody, plain = nobody, stream = nobody }: Script): FakeFal {
	const keyed = fakeDoor(api);
	const open = fakeDoor(plain);
	const streamCalls: HttpCall[] = [];
	return {
		...keyed,
		plain: open.api,
		plainCalls: open.calls,
		streamCalls,
		apiStream: async (call) => {
			streamCalls.push(call);
			const body = new PassThrough();
			call.signal?.addEventListener('abort', () => body.destroy());
			const { status = 200, headers = EVENT_STREAM } = stream(call, body);
			return await Promise.resolve({ status, headers, stream: body });
		},
	};
}

/** An event of a status stream, as fal sends it. */
export const eventOf = (status: unknown) => `data: ${JSON.stringify(status)}\n\n`;

/** What is asked for, without the host. */
export const pathOf = ({ url }: Pick<HttpCall, 'url'>) => {
	const { pathname, search } = new URL(url);
	return `${pathname}${search}`;
};

/** Milliseconds of a step of `later`. */
const STEP = 1_000;

/** What a stream has brought is read some turns of the event loop later. */
const TURNS = 6;

/** Puts a clock in place of the machine's that passes with {@link later} only; streams go on. */
export function stopTime(): void {
	jest.useFakeTimers({
		now: Date.parse('2026-01-01T12:00:00Z'),
		// Node itself takes them for the body of a `Response`, among other things.
		doNotFake: ['nextTick', 'setImmediate', 'queueMicrotask'],
	});
}

/** Lets what is under way arrive. */
export async function arrive(): Promise<void> {
	for (let turn = 0; turn < TURNS; turn++) await new Promise((resolve) => setImmediate(resolve));
}

/** Lets so many milliseconds pass, and what they bring arrive. */
export async function later(ms: number): Promise<void> {
	for (let left = ms; left >= 0; left -= STEP) {
		await jest.advanceTimersByTimeAsync(Math.min(left, STEP));
		await arrive();
	}
}
