import type { ByteStream } from '../http';

/** A file of the item, read when it is needed and as often as it is needed. */
export interface StoredFile {
	fileName?: string;
	/** Opens the file; a file that n8n holds in memory comes as one piece. */
	open(): Promise<ByteStream | Buffer>;
}

/**
 * A `File` whose bytes stay where they are until somebody reads its stream: a picture goes from
 * n8n's binary store to the service without being held in memory.
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

	/** The stored file, for a sender that wants Node's own stream. */
	async open(): Promise<ByteStream | Buffer> {
		return await this.stored.open();
	}
}
