import { AnswerError, type Charged, type ErrorDetails, type Reading, type Stage } from '../errors';
import { type HttpAnswer, jsonOf } from '../http';
import { type FieldTable, labelIn } from '../fields/field';
import { isObject, textOf } from '../json';
import { mayPass, type RetryPlan } from '../time';
import { LEGACY_FIELDS, TRYON_FIELDS } from './fields/fashn';

/** Name of the service in messages and error rows. */
export const FAL = 'fal';

/** What can be read from one of fal's error bodies, whichever of its shapes it has. */
export interface FalFault {
	/** fal's own words, one sentence per cause. */
	words: string;
	/** fal's code, such as `image_load_error` or `runner_disconnected`. */
	errorType?: string;
	/** API name of the field at fault. */
	field?: string;
	/** Whether the model itself says so, in its list of causes: that is the last word about a job. */
	isModels: boolean;
}

interface Cause {
	msg: string;
	type?: string;
	field?: string;
}

/** fal echoes the user's input beside `msg`; it is left behind here. */
function causeOf(entry: unknown): Cause | undefined {
	if (!isObject(entry)) return undefined;
	const msg = textOf(entry.msg) ?? textOf(entry.message);
	if (msg === undefined) return undefined;
	const last: unknown = Array.isArray(entry.loc) ? entry.loc.at(-1) : undefined;
	const field = last === 'body' ? undefined : textOf(last);
	return { msg, type: textOf(entry.type), field };
}

/**
 * Reads an error body of fal: `detail` as a list of causes, as text, or with `error_type` beside
 * it (fal.ai docs, Errors and Request errors).
 *
 * @param body parsed JSON, or anything else
 */
export function readFalFault(body: unknown): FalFault {
	if (!isObject(body)) return { words: '', isModels: false };
	const errorType = textOf(body.error_type);
	const causes = Array.isArray(body.detail)
		? body.detail.map(causeOf).filter((c) => c !== undefined)
		: [];
	const [first] = causes;
	if (first) {
		const words = causes.map(({ msg, field }) => (field ? `${field}: ${msg}` : msg)).join('; ');
		return { words, errorType: first.type ?? errorType, field: first.field, isModels: true };
	}
	const words =
		textOf(body.detail) ?? textOf(body.error) ?? textOf(body.message) ?? textOf(body.status) ?? '';
	return { words, errorType, isModels: false };
}

/** What a person can do, by fal's code (fal.ai docs, Errors). */
const CURES = new Map(
	Object.entries({
		content_policy_violation:
			"fal refuses this content. Use another picture, or a less strict 'Moderation Level'.",
		face_detection_error: 'Use a photo in which the face is clearly visible.',
		file_download_error:
			'fal could not fetch the picture. Its address must open without a log-in; a share page of a drive is no picture. Or send the file itself: choose Input Data as the source.',
		file_too_large: 'Make the picture smaller.',
		image_load_error:
			'fal could not read the picture. Check that its address leads to a JPEG, PNG or WebP file and not to a web page.',
		image_too_large: 'Make the picture smaller.',
		image_too_small: 'Use a larger picture.',
		no_media_generated: 'Try another seed or another picture.',
		unsupported_image_format: 'Use a JPEG, PNG or WebP picture.',
	}),
);

/** Whatever the endpoint; what both kinds have has one label. */
const FIELDS: FieldTable = { ...LEGACY_FIELDS, ...TRYON_FIELDS };

/** Where an account of fal is topped up. */
const BILLING = 'fal.ai/dashboard/billing';

const sentence = (words: string) => (/[.!?]$/.test(words) ? words : `${words}.`);

function readingOf(status: number, words: string): Reading | undefined {
	const said = words === '' ? '' : ` fal says: ${sentence(words)}`;
	switch (status) {
		case 401:
			return {
				message: `fal does not accept the key of the credential.${said}`,
				cure: 'Make a key at fal.ai/dashboard/keys and paste it whole: it has two parts with a colon between them.',
				ofAccount: true,
			};
		case 403:
			return {
				...(/balance|locked/i.test(words)
					? {
							message: `fal has locked the account of this key.${said}`,
							// fal often says itself where to top up.
							cure: words.includes(BILLING)
								? 'This is about the account, not the workflow.'
								: `This is about the account, not the workflow: top up at ${BILLING}.`,
						}
					: {
							message: `The key may not do this.${said}`,
							cure: 'Make a key with the scope API at fal.ai/dashboard/keys.',
						}),
				ofAccount: true,
			};
		case 404:
			return {
				message: `fal does not know this endpoint or job.${said}`,
				cure: "Check 'Endpoint' and 'Request ID'; fal forgets jobs after some time.",
			};
		case 405:
			return {
				message: `fal does not take this call there.${said}`,
				cure: 'Check the endpoint id.',
			};
		case 410:
			return {
				message: `fal has retired this endpoint.${said}`,
				cure: "Set 'Endpoint' to FASHN Try-On v1.6.",
			};
		case 413:
			return {
				message: `The request is too large for fal.${said}`,
				cure: 'Send the pictures as Input Data or URL.',
			};
		case 429:
			return { message: `fal gets too many requests from this account.${said}`, retryable: true };
		default:
			return undefined;
	}
}

/** Whether the service asks in its answer's head to try again. */
export function retryHinted(headers: Record<string, string>): boolean {
	return (
		headers['retry-after'] !== undefined ||
		headers['x-fal-retryable'] === 'true' ||
		headers['x-fal-needs-retry'] === '1'
	);
}

/** fal bills no 5xx; a 422 may be billed if a machine has worked on it (fal.ai docs, FAQ). */
function chargeOfFault(status: number, stage: Stage): Charged {
	if (stage !== 'wait' && stage !== 'result') return 'no';
	return status >= 500 || status === 401 || status === 403 ? 'no' : 'unknown';
}

/**
 * Puts a failure into words.
 *
 * @param status HTTP status, fal's own or that of the model
 * @returns message and details; the message ends with a full stop
 */
export function describeFault(
	status: number,
	fault: FalFault,
	stage: Stage,
): { message: string; details: ErrorDetails } {
	const reading = readingOf(status, fault.words);
	const ofCode = CURES.get(fault.errorType ?? '');
	const cure = reading ? reading.cure : ofCode;
	const said = sentence(fault.words === '' ? `status ${status}` : fault.words);
	return {
		message: reading?.message ?? `fal says: ${said}`,
		details: {
			stage,
			retryable: reading?.retryable ?? status >= 500,
			...(cure !== undefined && { cure }),
			charged: chargeOfFault(status, stage),
			statusCode: status,
			...(reading?.ofAccount && { ofAccount: true }),
			...(fault.errorType && { errorType: fault.errorType }),
			...(fault.field && { field: labelIn(FIELDS, fault.field) ?? fault.field }),
			...(fault.words && { serviceMessage: fault.words }),
		},
	};
}

/** fal's refusal. */
export class FalAnswerError extends AnswerError<FalFault> {}

/**
 * Whether a call that only reads may be answered later. fal hands on the model's own answer, errors too: a list of
 * causes is the last word about a job, whatever its status, and anything else trouble on the way.
 */
export function mayReadAgain(error: unknown): boolean {
	const isLastWord = error instanceof FalAnswerError && error.fault.isModels;
	return mayPass(error) && !isLastWord;
}

/** How a call is made again that only reads. */
export const READS = {
	pausesMs: [500, 1_000, 2_000, 4_000, 8_000],
	again: mayReadAgain,
} as const satisfies RetryPlan;

/** The error for an answer that is no success. */
export function falAnswerError(answer: HttpAnswer, stage: Stage): FalAnswerError {
	const fault = readFalFault(jsonOf(answer));
	const { message, details } = describeFault(answer.status, fault, stage);
	return new FalAnswerError(message, details, answer.status, answer.headers, fault);
}
