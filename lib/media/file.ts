import type { IExecuteFunctions, INodeExecutionData } from 'n8n-workflow';

import { InputError } from '../errors';
import type { ByteStream } from '../http';
import { isObject } from '../json';

/** A file type as its bytes tell it. */
export interface MediaType {
	mimeType: string;
	extension: string;
	/** How a person calls it. */
	name: string;
}

interface Signature extends MediaType {
	/** Bytes that must be there; `undefined` matches any byte. */
	bytes: ReadonlyArray<number | undefined>;
}

/** How many bytes from the beginning decide the type. */
export const SNIFF_BYTES = 16;

const ascii = (text: string) => [...Buffer.from(text, 'latin1')];
const gap = (length: number): undefined[] => Array.from({ length }, () => undefined);

/** ISO media files hold `ftyp` and their brand after a 4-byte length. */
const brand = (name: string) => [...gap(4), ...ascii(`ftyp${name}`)];

/** Magic numbers, as registered with IANA or written in the format's own specification. */
const SIGNATURES: readonly Signature[] = [
	{ mimeType: 'image/jpeg', extension: 'jpg', name: 'JPEG', bytes: [0xff, 0xd8, 0xff] },
	{
		mimeType: 'image/png',
		extension: 'png',
		name: 'PNG',
		bytes: [0x89, ...ascii('PNG'), 0x0d, 0x0a, 0x1a, 0x0a],
	},
	{
		mimeType: 'image/webp',
		extension: 'webp',
		name: 'WebP',
		bytes: [...ascii('RIFF'), ...gap(4), ...ascii('WEBP')],
	},
	{ mimeType: 'image/gif', extension: 'gif', name: 'GIF', bytes: ascii('GIF8') },
	{ mimeType: 'image/avif', extension: 'avif', name: 'AVIF', bytes: brand('avif') },
	// An animation.
	{ mimeType: 'image/avif', extension: 'avif', name: 'AVIF', bytes: brand('avis') },
	// Brands of ISO/IEC 23008-12: of HEVC with more colors or layers, in sequences, of any codec.
	...['heic', 'heix', 'heim', 'heis', 'hevc', 'hevx', 'hevm', 'hevs', 'mif1', 'msf1'].map(
		(name) => ({
			mimeType: 'image/heic',
			extension: 'heic',
			name: 'HEIC',
			bytes: brand(name),
		}),
	),
	// Behind its size four bytes are reserved and zero, which no text has.
	{
		mimeType: 'image/bmp',
		extension: 'bmp',
		name: 'BMP',
		bytes: [...ascii('BM'), ...gap(4), 0x00, 0x00, 0x00, 0x00],
	},
	// A raw photo of Canon's cameras, which begins as a TIFF.
	{
		mimeType: 'image/x-canon-cr2',
		extension: 'cr2',
		name: 'CR2',
		bytes: [...ascii('II'), 0x2a, 0x00, ...gap(4), ...ascii('CR')],
	},
	{ mimeType: 'image/tiff', extension: 'tiff', name: 'TIFF', bytes: [...ascii('II'), 0x2a, 0x00] },
	{ mimeType: 'image/tiff', extension: 'tiff', name: 'TIFF', bytes: [...ascii('MM'), 0x00, 0x2a] },
	{ mimeType: 'audio/mp4', extension: 'm4a', name: 'M4A', bytes: brand('M4A ') },
	{ mimeType: 'video/quicktime', extension: 'mov', name: 'QuickTime', bytes: brand('qt  ') },
	{ mimeType: 'video/mp4', extension: 'mp4', name: 'MP4', bytes: brand('') },
	{
		mimeType: 'video/webm',
		extension: 'webm',
		name: 'WebM',
		bytes: [0x1a, 0x45, 0xdf, 0xa3],
	},
	{ mimeType: 'audio/mpeg', extension: 'mp3', name: 'MP3', bytes: ascii('ID3') },
	// Without a tag in front: the frame headers of MPEG-1 and MPEG-2, layer III.
	{ mimeType: 'audio/mpeg', extension: 'mp3', name: 'MP3', bytes: [0xff, 0xfb] },
	{ mimeType: 'audio/mpeg', extension: 'mp3', name: 'MP3', bytes: [0xff, 0xf3] },
	{
		mimeType: 'audio/wav',
		extension: 'wav',
		name: 'WAV',
		bytes: [...ascii('RIFF'), ...gap(4), ...ascii('WAVE')],
	},
	{ mimeType: 'application/pdf', extension: 'pdf', name: 'PDF', bytes: ascii('%PDF') },
	{ mimeType: 'application/zip', extension: 'zip', name: 'ZIP', bytes: ascii('PK') },
];

/** The ending of files of a type, without its dot; `undefined` for one that is not known here. */
export function extensionOf(mimeType: string): string | undefined {
	return SIGNATURES.find((signature) => signature.mimeType === mimeType)?.extension;
}

/** Formats whose every file begins so; MP3 and the ISO family have files that do not. */
const SNIFFABLE = new Set(['image/jpeg', 'image/png', 'image/webp', 'image/gif']);

/**
 * Reads a file's type from its first bytes; names and declared types are often wrong.
 *
 * @param head the first bytes, {@link SNIFF_BYTES} of them when the file has as many
 * @returns the type, or `undefined` for one that is not known here
 */
export function sniff(head: Uint8Array): MediaType | undefined {
	const found = SIGNATURES.find(
		({ bytes }) =>
			head.length >= bytes.length &&
			bytes.every((byte, index) => byte === undefined || byte === head[index]),
	);
	return found && { mimeType: found.mimeType, extension: found.extension, name: found.name };
}

/**
 * Whether a file of this type always shows it in its first bytes, so that one which does not is
 * something else.
 *
 * @param contentType as a header has it, with or without parameters
 */
export function isSniffable(contentType: string): boolean {
	const [type = ''] = contentType.split(';');
	return SNIFFABLE.has(type.trim().toLowerCase());
}

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

/** A file as n8n hands it over. */
export interface ItemFile {
	mimeType: string;
	fileName?: string;
	/** Of n8n's store. */
	id?: string;
	/** Its contents, where n8n holds them in memory. */
	data?: string;
}

/** Whether a value is a file, as `{{ $('Drive').item.binary.data }}` gives one. */
export function isItemFile(value: unknown): value is ItemFile {
	if (!isObject(value) || typeof value.mimeType !== 'string') return false;
	return typeof value.id === 'string' || typeof value.data === 'string';
}

/** Where the files of items are. */
interface FilesContext extends Pick<IExecuteFunctions, 'getInputData'> {
	helpers: Pick<IExecuteFunctions['helpers'], 'assertBinaryData'>;
}

/**
 * Names of an item's files. In workflows of the binary mode "combined" n8n keeps them among the other
 * columns; elsewhere what looks so there is no file.
 */
export function fileNamesOf(context: FilesContext, row: number): string[] {
	// An item that a node of the community has made may lack its JSON.
	const item: Partial<INodeExecutionData> = context.getInputData()[row] ?? {};
	const { binary = {}, json = {} } = item;
	const isFile = (name: string) => {
		try {
			return isItemFile(json[name]) && isItemFile(context.helpers.assertBinaryData(row, name));
		} catch {
			return false;
		}
	};
	return [...new Set([...Object.keys(binary), ...Object.keys(json).filter(isFile)])];
}

function storedFile({ helpers }: IExecuteFunctions, file: ItemFile): StoredFile {
	const { id, fileName, data = '' } = file;
	return {
		fileName,
		size: async () =>
			id === undefined
				? Buffer.byteLength(data, 'base64')
				: (await helpers.getBinaryMetadata(id)).fileSize,
		open: async () =>
			id === undefined ? Buffer.from(data, 'base64') : await helpers.getBinaryStream(id),
	};
}

/**
 * Finds a file of an item, in whichever way n8n stores files.
 *
 * @param label of the parameter, for the message
 * @param field name of the item's binary data field, or the file itself
 * @throws InputError when the item has no such file
 */
export function fileOfItem(
	context: IExecuteFunctions,
	label: string,
	row: number,
	field: string | ItemFile,
): StoredFile {
	if (typeof field !== 'string') return storedFile(context, field);
	try {
		return storedFile(context, context.helpers.assertBinaryData(row, field));
	} catch {
		const names = fileNamesOf(context, row);
		const cure =
			names.length === 0
				? 'The item has no files: let a node before this one read it, or choose URL as the source.'
				: `The files of the item are: ${names.join(', ')}. Set '${label} Field Name' to one of them.`;
		throw new InputError(label, `is missing: the item has no file named "${field}"`, cure);
	}
}
