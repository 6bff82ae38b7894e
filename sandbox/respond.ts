import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import type { SandboxAnswer } from './types';

/** A body as it goes over the wire. */
export interface EncodedBody {
	bytes: Buffer;
	contentType?: string;
}

/** Turns the body of an answer into bytes and their type. */
export function encodeBody(body: unknown): EncodedBody {
	if (body === undefined) return { bytes: Buffer.alloc(0) };
	if (Buffer.isBuffer(body)) return { bytes: body, contentType: 'application/octet-stream' };
	if (typeof body === 'string') {
		return { bytes: Buffer.from(body), contentType: 'text/plain; charset=utf-8' };
	}
	return { bytes: Buffer.from(JSON.stringify(body)), contentType: 'application/json' };
}

/** Sets status and headers; those of the answer win over the body's type. */
export function setHead(
	response: ServerResponse,
	answer: SandboxAnswer,
	contentType?: string,
): void {
	response.statusCode = answer.status;
	if (contentType !== undefined) response.setHeader('Content-Type', contentType);
	for (const [name, value] of Object.entries(answer.headers ?? {})) response.setHeader(name, value);
}

/** One event of a stream, as text. */
export function eventText(event: unknown): string {
	return `data: ${JSON.stringify(event)}\n\n`;
}

/** Ends the connection at once with a TCP reset, so that the caller sees `ECONNRESET`. */
export function resetConnection(response: ServerResponse): void {
	response.socket?.resetAndDestroy();
}

/** Resolves when the connection is closed, by whomever. */
export function hungUp(response: ServerResponse): Promise<undefined> {
	return new Promise((resolve) => {
		if (response.destroyed) resolve(undefined);
		else response.once('close', () => resolve(undefined));
	});
}

/** Waits for somebody else, which is no work of the service. */
export type Rest = <T>(wait: Promise<T>) => Promise<T>;

async function sendEvents(
	response: ServerResponse,
	answer: SandboxAnswer,
	events: AsyncIterable<unknown>,
	rest: Rest,
): Promise<void> {
	setHead(response, answer, 'text/event-stream');
	response.setHeader('Cache-Control', 'no-cache');
	response.flushHeaders();

	const gone = hungUp(response);
	const iterator = events[Symbol.asyncIterator]();
	for (;;) {
		// A stream may wait for minutes between two events; a caller that hung up ends it at once.
		const next = await rest(Promise.race([iterator.next(), gone]));
		if (next === undefined) {
			// Not awaited: it takes effect when the event under way comes, if ever.
			iterator.return?.().catch(() => undefined);
			return;
		}
		if (next.done === true) break;
		if (!response.write(eventText(next.value))) {
			await Promise.race([once(response, 'drain'), gone]);
		}
	}
	response.end();
}

/** Sends an answer whole, or as an event stream when it has events. */
export async function sendAnswer(
	response: ServerResponse,
	answer: SandboxAnswer,
	rest: Rest = async (wait) => await wait,
): Promise<void> {
	if (answer.events !== undefined) {
		await sendEvents(response, answer, answer.events, rest);
		return;
	}
	const { bytes, contentType } = encodeBody(answer.body);
	setHead(response, answer, contentType);
	response.setHeader('Content-Length', bytes.length);
	response.end(bytes);
}
