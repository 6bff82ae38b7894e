import type { ByteStream } from '../http';

/** Reads a stream of bytes part by part, whatever its parts are declared as. */
export async function* chunksOf(stream: ByteStream): AsyncGenerator<Buffer> {
	for await (const chunk of stream) {
		yield Buffer.isBuffer(chunk) ? chunk : Buffer.from(chunk);
	}
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
