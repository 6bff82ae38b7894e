import type { ByteStream } from '../http';

/** Reads a stream of bytes part by part, whatever its parts are declared as. */
export async function* chunksOf(stream: ByteStream): AsyncGenerator<Buffer> {
	for await (const chunk of stream) {
		yield Buffer.from(chunk);
	}
}

/**
 * Looks at the beginning of a stream without taking it out.
 *
 * @param length how many bytes are wanted; fewer come back when the stream is shorter or its first
 * part is
 * @throws what the stream emits as its error
 */
export async function peek(stream: ByteStream, length: number): Promise<Buffer> {
	return await new Promise<Buffer>((resolve, reject) => {
		const settle = () => {
			stream.removeListener('readable', onReadable);
			stream.removeListener('end', onEnd);
			stream.removeListener('error', onError);
		};
		const onReadable = () => {
			const chunk: unknown = stream.read();
			if (!Buffer.isBuffer(chunk)) return;
			settle();
			// At once: a stream that is read to its end takes nothing back a turn later.
			stream.unshift(chunk);
			resolve(chunk.subarray(0, length));
		};
		const onEnd = () => {
			settle();
			resolve(Buffer.alloc(0));
		};
		const onError = (error: Error) => {
			settle();
			reject(error);
		};
		stream.on('readable', onReadable).on('end', onEnd).on('error', onError);
	});
}
