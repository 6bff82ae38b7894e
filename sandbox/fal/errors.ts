import { isRecord } from '../json';
import type { SandboxAnswer } from '../types';
import type { StatusError } from './options';

/** One entry of a model error's `detail`. Source: fal.ai/docs/errors, "Error Object Structure". */
export interface ErrorDetail {
	loc: Array<string | number>;
	msg: string;
	type: string;
	url: string;
	ctx?: Record<string, unknown>;
	input?: unknown;
}

/** What a detail says besides its type and message. */
export interface DetailExtras {
	/** Default: the body as a whole. */
	field?: string;
	ctx?: Record<string, unknown>;
	input?: unknown;
}

/** Makes one entry of a model error. */
export function detail(type: string, msg: string, extras: DetailExtras = {}): ErrorDetail {
	const { field, ctx, input } = extras;
	const loc = field === undefined ? ['body'] : ['body', field];
	return { loc, msg, type, url: `https://docs.fal.ai/errors#${type}`, ctx, input };
}

/**
 * The answer of a model that failed. Only the result call shows it, as it is.
 * The docs name the header that says whether to try again differently in two revisions; both are
 * sent, as both are met in the wild. Source: fal.ai/docs/model-apis/errors and fal.ai/docs/errors.
 */
export function modelError(
	status: number,
	details: ErrorDetail[] | string,
	retryable = false,
): SandboxAnswer {
	return {
		status,
		headers: {
			'X-Fal-Retryable': String(retryable),
			...(retryable && { 'X-Fal-Needs-Retry': '1' }),
		},
		body: { detail: details },
	};
}

/** The answer of the platform when it could not run a request. Source: fal.ai/docs, "Request errors". */
export function requestError(
	status: number,
	errorType: string,
	message: string,
	headers: Record<string, string> = {},
): SandboxAnswer {
	return {
		status,
		headers: { 'X-Fal-Error-Type': errorType, ...headers },
		body: { detail: message, error_type: errorType },
	};
}

/** How a failed request is summed up outside its result. Source: fal.ai/docs, Webhooks. */
export function failureText(status: number): string {
	return `Invalid status code: ${status}`;
}

/**
 * What the status may say of a model's failure. That it is a text and a type is documented (fal.ai/docs,
 * Queue API); the text here is the webhook's, the type that of the first detail.
 */
export function statusErrorOf({ status, body }: SandboxAnswer): StatusError {
	const { detail: details, error_type: ownType } = isRecord(body) ? body : {};
	const [first] = Array.isArray(details) ? details.filter(isRecord) : [];
	const type = first?.type ?? ownType;
	return { error: failureText(status), errorType: typeof type === 'string' ? type : undefined };
}
