import { createHash } from 'node:crypto';

import { InputError, Refusal } from '../errors';
import { addressesIn, fileAddress } from './addresses';
import type { Opener } from '../url';
import { chunksOf, type MediaType, sniff, SNIFF_BYTES, type StoredFile } from './file';

/** A picture of a row, checked as far as can be without the service. */
export type Picture =
	| { kind: 'address'; address: string }
	| {
			kind: 'file';
			file: StoredFile;
			/** SHA-256 of the bytes, in hex: the same bytes are uploaded once. */
			sha256: string;
			size: number;
			type: MediaType;
			fileName: string;
	  };

/** A picture of the item. */
export type FilePicture = Extract<Picture, { kind: 'file' }>;

/** What a picture is known by: the hash of a file's bytes, or its address. */
export function keyOf(picture: Picture): string {
	return picture.kind === 'file' ? picture.sha256 : picture.address;
}

/** What a service takes as a picture. */
export interface PictureRules {
	/** Label of the parameter, for messages. */
	label: string;
	/** Which of several pictures it is, for messages. */
	which?: string;
	maxBytes: number;
	/** MIME types. */
	accepts: ReadonlySet<string>;
	/** What it takes in place of a picture. */
	media?: 'video' | 'audio';
	/** Whether it takes text files beside the pictures, which say what those show. */
	captions?: true;
	/** Who opens an address; default a service on the internet. */
	opener?: Opener;
}

/** How a person calls what is wanted, and in which formats it may come. */
const WANTED = {
	picture: { name: 'a picture', plural: 'pictures', cure: 'Use a JPEG, PNG or WebP picture.' },
	video: { name: 'a video', plural: 'videos', cure: 'Use an MP4, QuickTime or WebM video.' },
	audio: { name: 'a sound', plural: 'sounds', cure: 'Use an MP3, WAV or M4A file.' },
};

/** What a field wants, for messages. */
export function wanted({ media }: PictureRules): (typeof WANTED)['picture'] {
	return WANTED[media ?? 'picture'];
}

const MEGABYTE = 1024 * 1024;

/** What is wrong with a picture, and with which of several. */
export function pictureError(
	{ label, which }: PictureRules,
	problem: string,
	cure: string,
): InputError {
	return new InputError(label, which === undefined ? problem : `(${which}) ${problem}`, cure);
}

function refuse(rules: PictureRules, problem: string, cure: string): never {
	throw pictureError(rules, problem, cure);
}

function refuseSize(rules: PictureRules, problem: string): never {
	const most = Math.floor(rules.maxBytes / MEGABYTE);
	refuse(rules, problem, `Use ${wanted(rules).name} of at most ${most} MB.`);
}

/** Raw photos of cameras, which begin as a TIFF does; only their names tell them apart. */
const RAW_NAME = /\.(3fr|arw|cr2|dng|erf|iiq|k25|kdc|mef|mos|nef|nrw|pef|raw|sr2|srf|srw)$/i;

/**
 * Checks what a file is and how large.
 *
 * @param head its first bytes
 * @param size in bytes
 * @param fileName where it is known
 * @throws InputError when it is empty, too large or of a type that the service does not take
 */
export function checkContent(
	rules: PictureRules,
	head: Uint8Array,
	size: number,
	fileName = '',
): MediaType {
	if (size === 0) refuse(rules, 'is an empty file', 'Check the node that should have loaded it.');
	if (size > rules.maxBytes) refuseSize(rules, `is ${(size / MEGABYTE).toFixed(1)} MB large`);
	const type = sniff(head);
	if (!type || !rules.accepts.has(type.mimeType)) {
		const { name, cure } = wanted(rules);
		const what = type ? `a ${type.name} file` : `not ${name}`;
		refuse(rules, `is ${what}, whatever its name says`, cure);
	}
	const [, raw] = RAW_NAME.exec(fileName) ?? [];
	if (raw !== undefined && type.mimeType === 'image/tiff') {
		refuse(rules, `is a raw photo of a camera (${raw.toUpperCase()})`, wanted(rules).cure);
	}
	return type;
}

const CAPTION: MediaType = { mimeType: 'text/plain', extension: 'txt', name: 'text' };

/** A text file by its name, and by holding neither a known file nor a zero byte. */
function isCaption({ captions }: PictureRules, { fileName }: StoredFile, head: Buffer): boolean {
	if (captions !== true || fileName?.toLowerCase().endsWith('.txt') !== true) return false;
	return head.length > 0 && !head.includes(0) && sniff(head) === undefined;
}

/**
 * Checks a file of the item by reading it once, and no more of it than a picture may have: its type
 * by its bytes, its size and its hash.
 *
 * @throws InputError when it is empty, too large or no picture
 */
export async function readPictureFile(rules: PictureRules, file: StoredFile): Promise<FilePicture> {
	const hash = createHash('sha256');
	let size = 0;
	let head = Buffer.alloc(0);
	const known = await file.size?.();
	if (known !== undefined && known > rules.maxBytes) checkContent(rules, head, known);
	const opened = await file.open();
	const chunks = Buffer.isBuffer(opened) ? [opened] : chunksOf(opened);
	for await (const chunk of chunks) {
		if (head.length < SNIFF_BYTES) head = Buffer.concat([head, chunk.subarray(0, SNIFF_BYTES)]);
		size += chunk.length;
		if (size > rules.maxBytes) {
			refuseSize(rules, `is larger than ${Math.floor(rules.maxBytes / MEGABYTE)} MB`);
		}
		hash.update(chunk);
	}
	const type = isCaption(rules, file, head)
		? CAPTION
		: checkContent(rules, head, size, file.fileName);
	const stem = file.fileName?.replace(/\.[^.]*$/, '') || 'picture';
	return {
		kind: 'file',
		file,
		sha256: hash.digest('hex'),
		size,
		type,
		fileName: `${stem}.${type.extension}`,
	};
}

const DATA_URI = /^data:([a-z]+\/[a-z0-9.+-]+);base64,([a-z0-9+/=\s]+)$/i;

/** Does what may refuse a value, and says for which parameter. */
function reading<Result>(rules: PictureRules, read: () => Result): Result {
	try {
		return read();
	} catch (error) {
		if (error instanceof Refusal) return refuse(rules, error.problem, error.cure);
		throw error;
	}
}

function checkedAddress(rules: PictureRules, text: string): Picture {
	const address = reading(rules, () => fileAddress(text, rules.opener));
	if (address.startsWith('data:')) {
		const [, , base64] = DATA_URI.exec(address) ?? [];
		if (base64 === undefined) {
			refuse(
				rules,
				'is no complete data URI',
				'It has to begin with data:image/png;base64, or alike.',
			);
		}
		const bytes = Buffer.from(base64, 'base64');
		const { mimeType } = checkContent(rules, bytes, bytes.length);
		// What it says of itself may be wrong, and a service believes it.
		return { kind: 'address', address: `data:${mimeType};base64,${base64.replace(/\s+/g, '')}` };
	}
	return { kind: 'address', address };
}

/**
 * Reads the addresses of several pictures: web addresses, share links or data URIs, as text or as
 * attachments (see {@link addressesIn}).
 *
 * @returns in order; none when the value is empty
 * @throws InputError when one is no address of a file, or a data URI that holds no picture
 */
export function readPictureAddresses(rules: PictureRules, value: unknown): Picture[] {
	const texts = reading(rules, () => addressesIn(value));
	const count = texts.length;
	return texts.map((text, index) =>
		checkedAddress(
			count > 1 ? { ...rules, which: `picture ${index + 1} of ${count}` } : rules,
			text,
		),
	);
}

/** How to come to one of several pictures, depending on how they are given. */
function pickOne(value: unknown): string {
	return Array.isArray(value)
		? 'Pick one in the expression, such as {{ $json.Photo[0] }}.'
		: 'Leave one address in it.';
}

/**
 * Reads the address of one picture, in the ways of {@link readPictureAddresses}. Which of several
 * is meant is not guessed: each picture costs.
 *
 * @throws InputError also when there is none, or several
 */
export function readPictureAddress(rules: PictureRules, value: unknown): Picture {
	const [text, ...others] = reading(rules, () => addressesIn(value));
	if (text === undefined) {
		return refuse(
			rules,
			'is missing',
			`Give the address of ${wanted(rules).name}, or choose Input Data as its source.`,
		);
	}
	if (others.length > 0) {
		const { plural } = wanted(rules);
		refuse(rules, `has ${others.length + 1} ${plural}, and takes one`, pickOne(value));
	}
	return checkedAddress(rules, text);
}

/**
 * A data URI as a file, for a service that takes no such address; any other picture stays as it is.
 *
 * @throws InputError when it holds no picture
 */
export async function withoutDataUri(rules: PictureRules, picture: Picture): Promise<Picture> {
	if (picture.kind === 'file') return picture;
	const [, , base64] = DATA_URI.exec(picture.address) ?? [];
	if (base64 === undefined) return picture;
	const bytes = Buffer.from(base64, 'base64');
	return await readPictureFile(rules, { open: async () => bytes });
}
