import type { IExecuteFunctions } from 'n8n-workflow';

import { InputError } from '../errors';
import type { ByteStream } from '../http';

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
	/** Why it could not be read to its end; who sends it sees no more than a broken connection. */
	failure?: unknown;

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
		this.failure = undefined;
		return new ReadableStream(
			{
				pull: async (controller) => {
					try {
						const next = await pieces.next();
						if (next.done === true) controller.close();
						else controller.enqueue(next.value);
					} catch (error) {
						this.failure = error;
						throw error;
					}
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

/**
 * Finds a file of an item, in whichever way n8n stores files.
 *
 * @param label of the parameter, for the message
 * @param field name of the item's binary data field
 * @throws InputError when the item has no such file
 */
export function fileOfItem(
	context: IExecuteFunctions,
	label: string,
	row: number,
	field: string,
): StoredFile {
	const binary = context.getInputData()[row]?.binary;
	let data;
	try {
		data = context.helpers.assertBinaryData(row, field);
	} catch {
		const names = Object.keys(binary ?? {});
		const cure =
			names.length === 0
				? 'The item has no files: let a node before this one read it, or choose URL as the source.'
				: `The files of the item are: ${names.join(', ')}. Set '${label} Field Name' to one of them.`;
		throw new InputError(label, `is missing: the item has no file named "${field}"`, cure);
	}
	const { id, fileName } = data;
	return {
		fileName,
		size: async () =>
			id === undefined
				? Buffer.byteLength(data.data, 'base64')
				: (await context.helpers.getBinaryMetadata(id)).fileSize,
		open: async () =>
			id === undefined
				? Buffer.from(data.data, 'base64')
				: await context.helpers.getBinaryStream(id),
	};
}

/**
 * Bytes of a name in UTF-8. Disks take 255, encrypted ones 143; some are left for the number and the
 * extension that follow.
 */
const MAX_BYTES = 120;

/** What Windows takes in no name, and every system takes for a way through folders. */
const RESERVED_SIGNS = /[<>:"/\\|?*]+/g;

/** Blanks of any width, tabs and line breaks. */
const BLANK = /[\s\p{Z}]/gu;

/**
 * What nobody sees: control characters, marks that turn the direction of the text, halves of letters.
 * The joiners stay: Persian and the scripts of India are spelled with them.
 */
const UNSEEN = /(?![\u200c\u200d])\p{C}/gu;

/** What Windows cuts off at the end, Unix hides a file for at the beginning, or joins nothing. */
const EDGES = /^[. \u200c\u200d]+|[. \u200c\u200d]+$/g;

/** The ending of a picture's or a video's own name: the one that follows is that of the new file. */
const MEDIA_ENDING = /\.(?:avif|bmp|gif|hei[cf]|jpe?g|m4v|mov|mp4|png|tiff?|web[mp])$/i;

/** Names of devices in Windows, whatever their extension (Microsoft, Naming Files). */
const DEVICE = /^(?:con|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³]|conin\$|conout\$)(?= *(?:\.|$))/i;

/** The beginning of a text, cut between what a reader sees as letters. */
function shortened(text: string): string {
	let bytes = 0;
	let short = '';
	for (const { segment } of new Intl.Segmenter().segment(text)) {
		bytes += Buffer.byteLength(segment);
		if (bytes > MAX_BYTES) break;
		short += segment;
	}
	return short;
}

/**
 * Makes the beginning of a file's name of whatever a row says: one that every disk takes. Letters of
 * all scripts stay; what stands for a folder becomes a hyphen.
 *
 * @param text such as `Café "Rouge"/L.jpg`
 * @returns such as `Café -Rouge-L`, of at most 120 bytes; empty when there is nothing to name it by
 */
export function fileStem(text: string): string {
	const plain = text
		.replace(BLANK, ' ')
		.replace(UNSEEN, '')
		.replace(/ +/g, ' ')
		.normalize('NFC')
		.replace(RESERVED_SIGNS, '-')
		.trim()
		.replace(MEDIA_ENDING, '');
	const stem = shortened(plain.replace(EDGES, '')).replace(EDGES, '');
	return stem.replace(DEVICE, '$&_');
}
