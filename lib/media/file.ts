import type { ByteStream } from '../http';
import { chunksOf } from './streams';

/** A file of the item, read when it is needed and as often as it is needed. */
export interface StoredFile {
	fileName?: string;
	/** Bytes, where n8n knows them without reading the file. */
	size?(): Promise<number | undefined>;
	/** Opens the file; a file that n8n holds in memory comes as one piece. */
	open(): Promise<ByteStream | Buffer>;
}

/**
 * The pieces of a stored file, opened when the first one is asked for.
 *
 * @param length what was announced; an address may have more to give than when it was looked at
 * @throws Error when there is more
 */
async function* piecesOf(
	stored: StoredFile,
	length: number,
): AsyncGenerator<Uint8Array<ArrayBuffer>> {
	const opened = await stored.open();
	const chunks = Buffer.isBuffer(opened) ? [opened] : chunksOf(opened);
	let sent = 0;
	for await (const chunk of chunks) {
		sent += chunk.length;
		if (sent > length) throw new Error('The file has grown since it was checked');
		yield new Uint8Array(chunk);
	}
}

/**
 * A `File` whose bytes stay where they are until somebody reads its stream: a picture goes from
 * n8n's binary store to the service without being held in memory, alone or as a part of a form.
 *
 * Whoever sends it reads `size` and `stream()`; the parts of `File` that need all bytes at once
 * are empty.
 */
export class StreamedFile extends File {
	constructor(
		private readonly stored: StoredFile,
		private readonly length: number,
		name: string,
		type: string,
	) {
		super([], name, { type });
	}

	override get size(): number {
		return this.length;
	}

	/** The file piece by piece, each read only when the one before it is taken. */
	override stream(): ReadableStream<Uint8Array<ArrayBuffer>> {
		const pieces = piecesOf(this.stored, this.length);
		return new ReadableStream(
			{
				async pull(controller) {
					const next = await pieces.next();
					if (next.done === true) controller.close();
					else controller.enqueue(next.value);
				},
				async cancel() {
					await pieces.return(undefined);
				},
			},
			{ highWaterMark: 0 },
		);
	}

	/** The stored file, for a sender that wants Node's own stream. */
	async open(): Promise<ByteStream | Buffer> {
		return await this.stored.open();
	}
}
