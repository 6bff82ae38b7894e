import type { ByteStream } from '../http';

/** Reads a stream of bytes part by part, whatever its parts are declared as. */
export async function* chunksOf(stream: ByteStream): AsyncGenerator<Buffer> {
	for await (const chunk of stream) {
		yield Buffer.from(chunk);
	}
}

/** Reads a stream to its end. @throws what the stream emits as its error */
export async function readAll(stream: ByteStream): Promise<Buffer> {
	const chunks: Buffer[] = [];
	for await (const chunk of chunksOf(stream)) chunks.push(chunk);
	return Buffer.concat(chunks);
}

/**
 * Looks at the beginning of a stream without taking it out, however small the parts are in which it
 * comes.
 *
 * @param length how many bytes are wanted; fewer come back only when the stream is shorter
 * @throws what the stream emits as its error; Error when it is destroyed before its end
 */
export async function peek(stream: ByteStream, length: number): Promise<Buffer> {
	return await new Promise<Buffer>((resolve, reject) => {
		const settle = () => {
			stream.removeListener('readable', onReadable);
			stream.removeListener('end', onEnd);
			stream.removeListener('error', onError);
			stream.removeListener('close', onClose);
		};
		const onReadable = () => {
			// Nothing, and nothing taken out, until there is as much, or the stream has ended.
			const chunk: unknown = stream.read(length);
			if (!Buffer.isBuffer(chunk)) return;
			settle();
			// At once: a stream that is read to its end takes nothing back a turn later.
			stream.unshift(chunk);
			resolve(chunk);
		};
		const onEnd = () => {
			settle();
			resolve(Buffer.alloc(0));
		};
		const onError = (error: Error) => {
			settle();
			reject(error);
		};
		const onClose = () => onError(new Error('The stream was closed before its end'));
		stream.on('readable', onReadable).on('end', onEnd).on('error', onError).on('close', onClose);
	});
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

/** Ends a stream that a signal is aborted for, unless it has ended before. */
export function endWith(stream: ByteStream, signal: AbortSignal, reason: () => Error): void {
	const end = () => stream.destroy(reason());
	if (signal.aborted) {
		end();
		return;
	}
	signal.addEventListener('abort', end, { once: true });
	stream.once('close', () => signal.removeEventListener('abort', end));
}
