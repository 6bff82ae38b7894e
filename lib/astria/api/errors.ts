import {
	AnswerError,
	type Charged,
	type ErrorDetails,
	type Reading,
	type Stage,
	UnreadableAnswer,
} from '../../errors';
import { type FieldTable, labelIn } from '../../fields/field';
import type { HttpAnswer } from '../../http';
import { isObject, type JsonObject, textOf } from '../../json';
import { PROMPT_FIELDS } from '../fields/prompt';
import { TUNE_FIELDS } from '../fields/tune';

/** Name of the service in messages and error rows. */
export const ASTRIA = 'Astria';

/** What can be read from one of Astria's error bodies, whichever of its shapes it has. */
interface AstriaFault {
	/** Astria's own words, one part per cause; empty when it said nothing that can be read. */
	words: string;
	/** API name of the field at fault. */
	field?: string;
}

/** Keys that are about the whole request, not about one field. */
const GENERAL = new Set(['error', 'errors', 'base', 'message', 'detail']);

/** Keys of an error body that hold no words. */
const WORDLESS = new Set(['status', 'code']);

/** Longer words are a page or a dump, not a reason. */
const MOST_LETTERS = 600;

/** Deeper bodies are no error body. */
const DEEPEST = 4;

/** HTML tags, which Rails puts into messages; not the tokens of a prompt, such as `<lora:1:1>`. */
const HTML_TAG = /<\/?[a-z][a-z0-9]*(?:\s[^<>]*)?\/?>/gi;

const WEB_PAGE = /^\s*<(?:!doctype|html|head|body)\b/i;

function clean(text: string): string {
	return text.replace(HTML_TAG, ' ').replace(/\s+/g, ' ').trim();
}

function cut(text: string): string {
	return text.length > MOST_LETTERS ? `${text.slice(0, MOST_LETTERS)}…` : text;
}

interface Cause {
	field?: string;
	text: string;
}

function causesOf(value: unknown, field: string | undefined, depth: number): Cause[] {
	if (depth > DEEPEST) return [];
	if (typeof value === 'string') {
		const text = clean(value);
		return text === '' ? [] : [{ field, text }];
	}
	if (Array.isArray(value)) return value.flatMap((entry) => causesOf(entry, field, depth + 1));
	if (!isObject(value)) return [];
	return Object.entries(value).flatMap(([name, inner]) => {
		if (depth === 0 && WORDLESS.has(name)) return [];
		const inside = GENERAL.has(name) ? field : name;
		return causesOf(inner, inside, depth + 1);
	});
}

/**
 * Reads an error body of Astria: Rails' list of problems by field, `{"error": …}`, `{"base": […]}`
 * or plain text (docs.astria.ai, API overview; Astria's own plugin reads the same shapes).
 *
 * @param body parsed JSON, text, or anything else; never throws
 */
export function readAstriaFault(body: unknown): AstriaFault {
	if (typeof body === 'string') return { words: WEB_PAGE.test(body) ? '' : cut(clean(body)) };
	const causes = causesOf(body, undefined, 0);
	const words = causes.map(({ field, text }) => (field ? `${field} ${text}` : text)).join('; ');
	const field = causes.find((cause) => cause.field !== undefined)?.field;
	return { words: cut(words), field };
}

/** Of tunes and of prompts: a name that both have has one label. */
const FIELDS: FieldTable = { ...PROMPT_FIELDS, ...TUNE_FIELDS };

/** What the panel calls a field; Rails names what an id stands for without `_id`. */
function labelOf(name: string): string {
	return labelIn(FIELDS, name) ?? labelIn(FIELDS, `${name}_id`) ?? name;
}

const NOT_ENOUGH_BALANCE = /not enough balance|insufficient (?:balance|funds)/i;
const NOT_DOWNLOADED = /could not download|download failed|unable to download/i;

/** Words as a sentence of Astria's. */
export function saying(words: string): string {
	return `Astria says: ${words.replace(/\.$/, '')}.`;
}

function refusal(words: string): Reading | undefined {
	if (NOT_ENOUGH_BALANCE.test(words)) {
		return {
			message: `The balance of the Astria account is used up. ${saying(words)}`,
			cure: 'Top up at astria.ai/users/edit#billing.',
			ofAccount: true,
		};
	}
	if (NOT_DOWNLOADED.test(words)) {
		return {
			message: `Astria could not fetch a picture. ${saying(words)}`,
			cure: 'Its address must open without a log-in; a share page of a drive is no picture. Or send the file itself: choose Input Data as the source.',
		};
	}
	return undefined;
}

function readingOf(status: number, words: string): Reading | undefined {
	const said = words === '' ? '' : ` ${saying(words)}`;
	switch (status) {
		case 401:
			return {
				message: `Astria does not accept the key of the credential.${said}`,
				cure: 'Copy the API key whole from your account at astria.ai: it begins with sd_.',
				ofAccount: true,
			};
		case 402:
			return {
				message: `Astria wants to be paid first.${said}`,
				cure: 'Look at astria.ai/users/edit.',
				ofAccount: true,
			};
		case 403:
			return /\b10[01]\d\b/.test(words)
				? {
						message: `The firewall in front of Astria turned the call away.${said}`,
						cure: 'A proxy between n8n and Astria may be the reason.',
					}
				: { message: `Astria does not allow this with the key of the credential.${said}` };
		case 404:
			return {
				message: `Astria does not have this.${said}`,
				cure: "It was deleted, its time is over (Astria keeps tunes and pictures for 30 days after the training), or it is in another workspace than the credential's.",
			};
		case 413:
			return {
				message: `The files are too large for Astria.${said}`,
				cure: 'Use smaller pictures.',
			};
		case 422:
			return refusal(words);
		case 426:
			return {
				message: `Astria wants a newer program.${said}`,
				cure: 'Update this community node.',
			};
		case 429:
			return { message: `Astria gets too many calls from this account.${said}`, retryable: true };
		case 504:
			return { message: `Astria took longer than 30 s to answer.${said}`, retryable: true };
		default:
			return undefined;
	}
}

/** Whether Astria says with an answer that it did not take the call. */
export function isTurnedAway({ status, headers }: Pick<HttpAnswer, 'status' | 'headers'>): boolean {
	return status === 429 || (status === 503 && headers['retry-after'] !== undefined);
}

/** Only a call that buys something can have bought it and then failed. */
function chargeOf(answer: Pick<HttpAnswer, 'status' | 'headers'>, stage: Stage): Charged {
	return stage === 'submit' && answer.status >= 500 && !isTurnedAway(answer) ? 'unknown' : 'no';
}

/** Astria's refusal. */
export class AstriaAnswerError extends AnswerError<AstriaFault> {}

/**
 * The error for an answer that is no success.
 *
 * @param body what the answer holds: parsed JSON, or its text
 */
export function astriaAnswerError(
	answer: Pick<HttpAnswer, 'status' | 'headers'>,
	body: unknown,
	stage: Stage,
): AstriaAnswerError {
	const { status, headers } = answer;
	const fault = readAstriaFault(body);
	const reading = readingOf(status, fault.words);
	const message = reading?.message ?? saying(fault.words || `status ${status}`);
	const details: ErrorDetails = {
		stage,
		retryable: reading?.retryable ?? status >= 500,
		cure: reading?.cure,
		charged: chargeOf(answer, stage),
		statusCode: status,
		ofAccount: reading?.ofAccount,
		field: fault.field && labelOf(fault.field),
		serviceMessage: textOf(fault.words),
	};
	return new AstriaAnswerError(message, details, status, headers, fault);
}

/** Whether Astria said that there is no such thing: deleted, expired or somebody else's. */
export function isGone(error: unknown): boolean {
	return error instanceof AstriaAnswerError && error.status === 404;
}

/**
 * The error for an answer that is a success, and of another shape than it should be. It is that of a
 * read, so that it costs nothing.
 *
 * @param what it should hold, such as "list"
 */
export function unreadableAnswer(what: string): UnreadableAnswer {
	return new UnreadableAnswer(`Astria's answer holds no ${what}.`, 'result');
}

/**
 * Signs of a tune or prompt that failed. Astria documents `user_error` of prompts only; its trainer
 * reports `fail_message`, its records have `failed_at` (docs.astria.ai, API overview, 2023), and
 * clients have met the others.
 */
const SIGNS = ['fail_message', 'user_error', 'error', 'failed_at'];

const FAILED_WORDS = new Set(['failed', 'error']);

/** Whether a field says anything at all. */
export function says(value: unknown): boolean {
	if (Array.isArray(value)) return value.length > 0;
	return value !== undefined && value !== null && value !== false && value !== '';
}

/** Whether a tune or prompt shows any sign of a failure. */
export function hasFailed(entity: JsonObject): boolean {
	const status = textOf(entity.status)?.toLowerCase() ?? '';
	return SIGNS.some((sign) => says(entity[sign])) || FAILED_WORDS.has(status);
}

/** Astria's own words about a failure; empty where it has none. */
export function failureWords(entity: JsonObject): string {
	const [first = ''] = SIGNS.filter((sign) => sign !== 'failed_at')
		.map((sign) => readAstriaFault(entity[sign]).words)
		.filter((words) => words !== '');
	return first;
}
