import type { Door, HttpAnswer, HttpCall } from '../../../lib/http';
import { ConnectionError } from '../../../lib/errors';

/** What a test's service says to one call. */
export type Reply = Partial<Omit<HttpAnswer, 'body'>> & { json?: unknown; text?: string };

/** A door behind which a function answers, with every call kept. */
export interface FakeDoor extends Door {
	readonly calls: HttpCall[];
}

function answerOf({ status = 200, headers = {}, json, text }: Reply): HttpAnswer {
	const body = text ?? (json === undefined ? '' : JSON.stringify(json));
	return { status, headers, body: Buffer.from(body) };
}

/** @param reply may throw a ConnectionError */
export function fakeDoor(
	reply: (call: HttpCall, index: number) => Reply | Promise<Reply>,
): FakeDoor {
	const calls: HttpCall[] = [];
	const unused = async (): Promise<never> => await Promise.reject(new Error('Not part of a test'));
	return {
		calls,
		api: async (call) => {
			calls.push(call);
			return answerOf(await reply(call, calls.length - 1));
		},
		apiStream: unused,
		plain: unused,
		plainStream: unused,
	};
}

/** A connection that broke, or was never made. */
export function broken(sent = true): ConnectionError {
	return new ConnectionError(
		'The connection broke.',
		{ service: 'Astria', stage: 'wait', retryable: true, charged: 'no' },
		sent,
	);
}
