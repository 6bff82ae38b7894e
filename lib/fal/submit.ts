import { ConnectionError, UnknownOutcomeError } from '../errors';
import { neverSent, stoppedError, type Timing, withRetries } from '../jobs/retry';
import { type JsonObject, numberOf, objectOf, textOf } from '../json';
import type { FalClient } from './client';
import { FalAnswerError, retryHinted } from './errors';
import { type RequestOptions, submitExtras } from './fields/options';
import { type FalJob, isRequestId } from './job';

/** What fal answers to a submit. */
export type FalJobHandle = FalJob & {
	statusUrl?: string;
	responseUrl?: string;
	cancelUrl?: string;
	queuePosition?: number;
};

/** Milliseconds between tries of a submit that was certainly not taken. */
const PAUSES = [1_000, 2_000, 5_000, 10_000, 20_000, 30_000];

function certainlyNotTaken(error: unknown): boolean {
	if (neverSent(error)) return true;
	if (!(error instanceof FalAnswerError)) return false;
	return error.status === 429 || (error.status === 503 && retryHinted(error.headers));
}

/** A refusal that says by its status that fal did not take the job: any 4xx, or a redirect. */
function refused(error: unknown): boolean {
	return certainlyNotTaken(error) || (error instanceof FalAnswerError && error.status < 500);
}

function unknownOutcome(reason: string): UnknownOutcomeError {
	return new UnknownOutcomeError(
		`The request was sent, but ${reason} It is unknown whether fal took it, so it was not sent again and may be charged. Look for it at fal.ai/dashboard/requests before you run this row again.`,
		{ stage: 'submit', retryable: false, charged: 'unknown' },
	);
}

/**
 * Submits a job: once. It is sent again only when fal certainly did not take it: on 429, on 503
 * with a hint to retry, or when the connection was never made. fal knows no idempotency key.
 *
 * @param input the model's input
 * @throws FalAnswerError when fal refuses; UnknownOutcomeError when nobody knows; StoppedError, and
 * nothing was sent, when the signal is aborted
 */
export async function submit(
	client: FalClient,
	timing: Timing,
	endpointId: string,
	input: Readonly<Record<string, unknown>>,
	options: RequestOptions,
): Promise<FalJobHandle> {
	const extras = submitExtras(options);
	const send = async () => {
		// An upload that Stop has met ends first; what it was for is not bought any more.
		if (timing.signal?.aborted) throw stoppedError(timing.signal);
		return await client.queue.submit(endpointId, { input, ...extras });
	};
	let answer: JsonObject;
	try {
		// No signal goes with it: a submit that is under way is awaited, or its id would be lost.
		const sent: unknown = await withRetries(
			timing,
			{ pauses: PAUSES, again: certainlyNotTaken },
			send,
		);
		answer = objectOf(sent);
	} catch (error) {
		if (error instanceof ConnectionError && error.sent) {
			throw unknownOutcome(lowerFirst(error.message)).add(pick(error.details.statusCode));
		}
		if (error instanceof FalAnswerError && !refused(error)) {
			throw unknownOutcome(`the answer was status ${error.status}.`).add(pick(error.status));
		}
		throw error;
	}
	const requestId = textOf(answer.request_id);
	if (requestId === undefined || !isRequestId(requestId)) {
		throw unknownOutcome('the answer held no usable request id.');
	}
	return {
		endpointId,
		requestId,
		submittedAt: timing.clock.now(),
		statusUrl: textOf(answer.status_url),
		responseUrl: textOf(answer.response_url),
		cancelUrl: textOf(answer.cancel_url),
		queuePosition: numberOf(answer.queue_position),
	};
}

const lowerFirst = (text: string) => text.charAt(0).toLowerCase() + text.slice(1);
const pick = (statusCode: number | undefined) => (statusCode === undefined ? {} : { statusCode });
