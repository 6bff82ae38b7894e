import { PassThrough } from 'node:stream';

import { falOrigins } from '../../../lib/fal/fetch';
import type { FalJob } from '../../../lib/fal/job';
import type { Door, HttpCall } from '../../../lib/http';
import { fakeDoor, type Reply } from '../astria/fakeDoor';

export const ORIGINS = falOrigins('https://queue.fal.run');

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
