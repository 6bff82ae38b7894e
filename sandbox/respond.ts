import type { ServerResponse } from 'node:http';
import { once } from 'node:events';
import type { SandboxAnswer } from './types';

interface EncodedBody {
	bytes: Buffer;
	contentType?: string;
}

function encodeBody(body: unknown): EncodedBody {
	if (body === undefined) return { bytes: Buffer.alloc(0) };
	if (Buffer.isBuffer(body)) return { bytes: body, contentType: 'application/octet-stream' };
	if (typeof body === 'string') {
		return { bytes: Buffer.from(body), contentType: 'text/plain; charset=utf-8' };
	}
	return { bytes: Buffer.from(JSON.stringify(body)), contentType: 'application/json' };
}

function setHead(response: ServerResponse, answer: SandboxAnswer, contentType?: string): void {
	response.statusCode = answer.status;
	if (contentType !== undefined) response.setHeader('Content-Type', contentType);
	for (const [name, value] of Object.entries(answer.headers ?? {})) response.setHeader(name, value);
}

function eventText(event: unknown): string {
	return `data: ${JSON.stringify(event)}\n\n`;
}

/** Ends the connection at once with a TCP reset, so that the caller sees `ECONNRESET`. */
export function resetConnection(response: ServerResponse): void {
	response.socket?.resetAndDestroy();
}

async function sendEvents(
	response: ServerResponse,
	answer: SandboxAnswer,
	events: AsyncIterable<unknown>,
): Promise<void> {
	setHead(response, answer, 'text/event-stream');
	response.setHeader('Cache-Control', 'no-cache');
	response.flushHeaders();

	const gone = new Promise<undefined>((resolve) => {
		response.once('close', () => resolve(undefined));
	});
	const iterator = events[Symbol.asyncIterator]();
	for (;;) {
		// A stream may wait for minutes between two events; a caller that hung up ends it at once.
		const next = await Promise.race([iterator.next(), gone]);
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
export async function sendAnswer(response: ServerResponse, answer: SandboxAnswer): Promise<void> {
	if (answer.events !== undefined) {
		await sendEvents(response, answer, answer.events);
		return;
	}
	const { bytes, contentType } = encodeBody(answer.body);
	setHead(response, answer, contentType);
	response.setHeader('Content-Length', bytes.length);
	response.end(bytes);
}

/**
 * Sends the right head and half of the body, then ends the connection. Of an event stream the first
 * event is cut in half. An empty body leaves nothing to cut: the connection is reset instead.
 */
export async function sendCutOff(response: ServerResponse, answer: SandboxAnswer): Promise<void> {
	let bytes: Buffer;
	if (answer.events === undefined) {
		const encoded = encodeBody(answer.body);
		bytes = encoded.bytes;
		setHead(response, answer, encoded.contentType);
		response.setHeader('Content-Length', bytes.length);
	} else {
		const first = await answer.events[Symbol.asyncIterator]().next();
		bytes = first.done === true ? Buffer.alloc(0) : Buffer.from(eventText(first.value));
		setHead(response, answer, 'text/event-stream');
	}
	if (bytes.length === 0) {
		resetConnection(response);
		return;
	}
	await new Promise<void>((resolve) => {
		response.once('close', resolve);
		response.write(bytes.subarray(0, Math.floor(bytes.length / 2)), () => response.destroy());
	});
}
