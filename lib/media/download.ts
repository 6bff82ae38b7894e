import type { BinaryHelperFunctions, IBinaryData } from 'n8n-workflow';
import pLimit from 'p-limit';

import { TryOnError } from '../errors';
import { type Door, isOk, type StreamAnswer } from '../http';
import { type Timing, withRetries } from '../time';
import { isSniffable, peek, sniff, SNIFF_BYTES } from './file';

/** Where files go: each of n8n's contexts that may hand out items. */
export interface FileStore {
	helpers: Pick<BinaryHelperFunctions, 'prepareBinaryData'>;
}

/** A picture, or a video, that a service made. */
export interface MadePicture {
	url: string;
	contentType?: string;
	fileName?: string;
	fileSize?: number;
	width?: number;
	height?: number;
}

/** A picture to fetch. */
export interface Download {
	url: string;
	/** Without its extension, which follows from the bytes. */
	stem: string;
	/** What the service says it is, for bytes that are not known. */
	contentType?: string;
}

/** Milliseconds between tries; finished pictures stay for hours at least. */
const PAUSES_MS = [500, 2_000, 5_000];

/** Milliseconds until an answer begins. */
const TIMEOUT_MS = 120_000;

/** Milliseconds for the whole of a picture; a connection that stalls must not hold the row. */
const WHOLE_MS = 300_000;

/** Bytes of a picture or video: what n8n keeps in its database at most (n8n's own default). */
const MAX_BYTES = 512 * 1024 * 1024;

/**
 * How many files one run of a node fetches at once. More would share the same line, and n8n holds a
 * part of each in memory, or all of it.
 */
export const DOWNLOADS_AT_ONCE = 8;

/** Types of what a picture's host says instead of a picture. */
const TEXT = /^(?:text\/|application\/(?:\w+\+)?(?:json|xml))/i;

/** By door: each run of a node opens one. */
const limits = new WeakMap<Door, ReturnType<typeof pLimit>>();

function limitOf(door: Door): ReturnType<typeof pLimit> {
	const limit = limits.get(door) ?? pLimit(DOWNLOADS_AT_ONCE);
	limits.set(door, limit);
	return limit;
}

const DATA_URI = /^data:([^;,]+);base64,/;

function failure({ url }: Download, what: string, retryable: boolean): TryOnError {
	const { host } = new URL(url);
	return new TryOnError(`The picture could not be downloaded from ${host}: ${what}`, {
		stage: 'download',
		retryable,
		charged: 'yes',
	});
}

async function keep(
	{ helpers }: FileStore,
	download: Download,
	{ stream, headers }: StreamAnswer,
): Promise<IBinaryData> {
	const head = await peek(stream, SNIFF_BYTES);
	if (head.length === 0) throw new Error('it is empty');
	const type = sniff(head);
	const mimeType = type?.mimeType ?? download.contentType ?? headers['content-type'];
	// A page or an error in place of the file says by its type, or by its bytes, that it is none.
	const found = headers['content-type'] ?? '';
	if (!type && (TEXT.test(found) || isSniffable(found))) throw new Error('it is no picture');
	const name = type ? `${download.stem}.${type.extension}` : download.stem;
	// Not every version of n8n notices that a stream fails under its reading.
	const failed = new Promise<never>((_, reject) => stream.once('error', reject));
	return await Promise.race([helpers.prepareBinaryData(stream, name, mimeType), failed]);
}

async function fetchOnce(
	store: FileStore,
	door: Door,
	{ signal }: Timing,
	download: Download,
): Promise<IBinaryData> {
	const answer = await door.plainStream({
		method: 'GET',
		url: download.url,
		timeoutMs: TIMEOUT_MS,
		wholeMs: WHOLE_MS,
		maxBytes: MAX_BYTES,
		signal,
		stage: 'download',
	});
	if (!isOk(answer)) {
		answer.stream.destroy();
		const passing = answer.status >= 500 || answer.status === 429;
		throw failure(download, `status ${answer.status}.`, passing);
	}
	try {
		return await keep(store, download, answer);
	} catch (error) {
		answer.stream.destroy();
		const message = error instanceof Error ? error.message.replace(/\.$/, '') : String(error);
		const isFinal = error instanceof TryOnError && !error.details.retryable;
		throw failure(download, `${message}.`, !isFinal);
	}
}

/**
 * Fetches a finished picture into n8n's binary store, streamed, without a key.
 *
 * @throws TryOnError after several tries; the picture's address stays valid
 */
export async function downloadPicture(
	store: FileStore,
	door: Door,
	timing: Timing,
	download: Download,
): Promise<IBinaryData> {
	const [inline] = DATA_URI.exec(download.url) ?? [];
	if (inline !== undefined) {
		const bytes = Buffer.from(download.url.slice(inline.length), 'base64');
		const type = sniff(bytes);
		const name = type ? `${download.stem}.${type.extension}` : download.stem;
		return await store.helpers.prepareBinaryData(bytes, name, type?.mimeType);
	}
	const limit = limitOf(door);
	const again = (error: unknown) => error instanceof TryOnError && error.details.retryable;
	return await withRetries(
		timing,
		{ pausesMs: PAUSES_MS, again },
		async () => await limit(fetchOnce, store, door, timing, download),
	);
}

/**
 * Bytes of a name in UTF-8. Disks take 255, encrypted ones 143; some are left for the number and the
 * extension that follow.
 */
const STEM_BYTES = 120;

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
		if (bytes > STEM_BYTES) break;
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
