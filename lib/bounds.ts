import type { ByteStream, HttpCall } from './http';

/**
 * Bytes of an answer that is read whole. fal's *Sync Mode* puts pictures into it: four of the largest
 * that FASHN makes, 864 x 1296 pixels, are 18 MB at most, not compressed and in base64.
 */
export const MAX_ANSWER_BYTES = 32 * 1024 * 1024;

/**
 * Bytes per millisecond that the slowest upload brings: a line of 1 Mbit/s that four of them share.
 */
const SLOWEST_UPLOAD = 31;

function bytesOf({ body, headers }: Pick<HttpCall, 'body' | 'headers'>): number {
	if (body === undefined) return 0;
	if (typeof body === 'string') return Buffer.byteLength(body);
	if (Buffer.isBuffer(body)) return body.length;
	if (!(body instanceof FormData)) return Number(headers?.['Content-Length'] ?? 0);
	const parts = [...body.values()];
	return parts.reduce(
		(sum, part) => sum + (typeof part === 'string' ? Buffer.byteLength(part) : part.size),
		0,
	);
}

/** Milliseconds that the body of a call takes on a slow line. */
export function sendingMs(call: Pick<HttpCall, 'body' | 'headers'>): number {
	return Math.ceil(bytesOf(call) / SLOWEST_UPLOAD);
}

/** Reads a stream to its end. @throws what the stream emits as its error */
export async function readAll(stream: ByteStream): Promise<Buffer> {
	const chunks: Uint8Array[] = [];
	for await (const part of stream) {
		const chunk: unknown = part;
		if (chunk instanceof Uint8Array) chunks.push(chunk);
	}
	return Buffer.concat(chunks);
}

/**
 * Ends a stream that brings more than it may. The bytes are counted as they arrive, so it does not
 * matter who reads them, or how: n8n's versions each have their own way.
 *
 * @param maxBytes how many may come
 * @param tooMuch makes the error that the stream then ends with
 */
export function endAbove(stream: ByteStream, maxBytes: number, tooMuch: () => Error): void {
	const push = stream.push.bind(stream);
	let bytes = stream.readableLength;
	stream.push = (chunk: unknown, encoding?: BufferEncoding) => {
		if (chunk instanceof Uint8Array) bytes += chunk.length;
		if (bytes <= maxBytes) return push(chunk, encoding);
		stream.destroy(tooMuch());
		return false;
	};
}

/**
 * Lets the connection go when a stream is closed before its end. n8n's HTTP helper may hand out a
 * stream around the answer's own (axios, `maxContentLength`), which knows of it only while somebody
 * reads: one that is closed unread would hold the connection until its time limit.
 *
 * @param connection ends the call
 */
export function closeWith(stream: ByteStream, connection: AbortController): void {
	const destroy = stream.destroy.bind(stream);
	stream.destroy = (error) => {
		const isWhole = stream.readableEnded;
		destroy(error);
		if (!isWhole) connection.abort();
		return stream;
	};
}

/** Does something when a signal is aborted, unless the stream has been closed before. */
export function whileOpen(stream: ByteStream, signal: AbortSignal, onAbort: () => void): void {
	if (signal.aborted) {
		onAbort();
		return;
	}
	signal.addEventListener('abort', onAbort, { once: true });
	stream.once('close', () => signal.removeEventListener('abort', onAbort));
}
