import { ConnectionError, type InputError } from '../errors';
import { type Door, isOk, type StreamAnswer } from '../http';
import type { Timing } from '../time';
import { peek, SNIFF_BYTES, type StoredFile } from './file';
import {
	checkContent,
	type FilePicture,
	type Picture,
	pictureError,
	type PictureRules,
	readPictureFile,
	wanted,
} from './picture';

/** Milliseconds until an answer begins; a service would not wait longer for a picture either. */
const TIMEOUT_MS = 30_000;

/** Milliseconds for the whole of a file that is read to be looked at: 30 MB at 1 Mbit/s. */
const WHOLE_MS = 300_000;

const CURE = 'The address must open without a log-in. Or send the file: choose Input Data.';

function unreachable(rules: PictureRules, what: string): InputError {
	return pictureError(rules, `cannot be opened: ${what}`, CURE);
}

/** What a drive shows instead of a file that only its owner may open. */
function aPage(rules: PictureRules): InputError {
	return pictureError(
		rules,
		`is not ${wanted(rules).name}, but a web page`,
		'Open the address in a private window: it has to show the file alone, and a drive has to share it with anyone who has the link. Or send the file: choose Input Data.',
	);
}

function inWords(rules: PictureRules, error: unknown): unknown {
	return error instanceof ConnectionError
		? unreachable(rules, error.message.replace(/\.$/, ''))
		: error;
}

/**
 * Opens a public address, without a key.
 *
 * @param wholeMs milliseconds for all of it; default no limit but that of who reads it
 * @throws InputError when it does not open, or is a page
 */
async function openAddress(
	door: Door,
	{ signal }: Timing,
	rules: PictureRules,
	address: string,
	wholeMs?: number,
): Promise<StreamAnswer> {
	let answer: StreamAnswer;
	try {
		answer = await door.plainStream({
			method: 'GET',
			url: address,
			timeoutMs: TIMEOUT_MS,
			wholeMs,
			signal,
			stage: 'input',
		});
	} catch (error) {
		throw inWords(rules, error);
	}
	const isPage = answer.headers['content-type']?.startsWith('text/html') === true;
	if (isOk(answer) && !isPage) return answer;
	answer.stream.destroy();
	throw isOk(answer) ? aPage(rules) : unreachable(rules, `status ${answer.status}`);
}

/**
 * Opens the address of a picture and looks at its beginning, as the service will.
 *
 * @throws InputError when it does not open, or is no picture
 */
export async function checkReachable(
	door: Door,
	timing: Timing,
	rules: PictureRules,
	picture: Picture,
): Promise<void> {
	if (picture.kind === 'file' || picture.address.startsWith('data:')) return;
	const { address } = picture;
	const { stream, headers } = await openAddress(door, timing, rules, address, TIMEOUT_MS);
	try {
		const head = await peek(stream, SNIFF_BYTES);
		const size = Number(headers['content-length'] ?? head.length);
		checkContent(rules, head, size, new URL(address).pathname);
	} catch (error) {
		throw inWords(rules, error);
	} finally {
		stream.destroy();
	}
}

/**
 * A public address as a file: it is read once now, for its hash and its type, and again when it is
 * sent.
 *
 * @throws InputError when it does not open, or is no picture
 */
export async function fetchedPicture(
	door: Door,
	timing: Timing,
	rules: PictureRules,
	address: string,
): Promise<FilePicture> {
	const fileName = new URL(address).pathname.split('/').at(-1);
	const opened = (wholeMs?: number): StoredFile => ({
		fileName,
		open: async () => (await openAddress(door, timing, rules, address, wholeMs)).stream,
	});
	try {
		// Sent, it is read as fast as the service takes it, within the time of that call.
		return { ...(await readPictureFile(rules, opened(WHOLE_MS))), file: opened() };
	} catch (error) {
		throw inWords(rules, error);
	}
}
