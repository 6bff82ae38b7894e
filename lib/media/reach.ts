import { ConnectionError, InputError } from '../errors';
import { type Door, isOk, type StreamAnswer } from '../http';
import type { Timing } from '../jobs/retry';
import { checkContent, type Picture, type PictureRules } from './picture';
import { SNIFF_BYTES } from './sniff';
import { peek } from './streams';

/** Milliseconds without an answer; a service would not wait longer for a picture either. */
const TIMEOUT = 30_000;

const CURE = 'The address must open without a log-in. Or send the file: choose Input Data.';

function unreachable({ service, label }: PictureRules, what: string): InputError {
	return new InputError(service, label, `cannot be opened: ${what}`, CURE);
}

/**
 * Opens the address of a picture and looks at its beginning, as the service will.
 *
 * @throws InputError when it does not open, or is no picture
 */
export async function checkReachable(
	door: Door,
	{ signal }: Timing,
	rules: PictureRules,
	picture: Picture,
): Promise<void> {
	if (picture.kind === 'file' || picture.address.startsWith('data:')) return;
	let answer: StreamAnswer;
	try {
		answer = await door.plainStream({
			method: 'GET',
			url: picture.address,
			timeoutMs: TIMEOUT,
			signal,
			stage: 'input',
		});
	} catch (error) {
		if (error instanceof ConnectionError)
			throw unreachable(rules, error.message.replace(/\.$/, ''));
		throw error;
	}
	const { stream, headers, status } = answer;
	try {
		if (!isOk(answer)) throw unreachable(rules, `status ${status}`);
		const head = await peek(stream, SNIFF_BYTES);
		checkContent(rules, head, Number(headers['content-length'] ?? head.length));
	} finally {
		stream.destroy();
	}
}
