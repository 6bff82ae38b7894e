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
	const first = await new Promise<Buffer>((resolve, reject) => {
		const settle = (done: () => void) => {
			stream.removeListener('readable', onReadable);
			stream.removeListener('end', onEnd);
			stream.removeListener('error', onError);
			done();
		};
		const onReadable = () => {
			const chunk = stream.read();
			if (chunk !== null) settle(() => resolve(Buffer.from(chunk)));
		};
		const onEnd = () => settle(() => resolve(Buffer.alloc(0)));
		const onError = (error: Error) => settle(() => reject(error));
		stream.on('readable', onReadable).on('end', onEnd).on('error', onError);
	});
	if (first.length > 0) stream.unshift(first);
	return first.subarray(0, length);
}
