import { ConnectionError, UnknownOutcomeError } from '../errors';
import { neverSent, stoppedError, type Timing, withRetries } from '../jobs/retry';
import { type JsonObject, numberOf, objectOf, textOf } from '../json';
import type { FalClient } from './client';
import { FAL, FalAnswerError, retryHinted } from './errors';
import { type FalJob, isRequestId } from './job';

/** What a user can ask of fal for one request. */
export interface RequestOptions {
	/** `low` lets all other requests of the endpoint go first. */
	priority?: 'normal' | 'low';
	/** Seconds within which the job must have started. */
	startTimeout?: number;
	/** Seconds for which fal keeps the pictures. */
	outputLifetime?: number;
	/** False: fal keeps neither request nor answer. */
	storeIo?: boolean;
	/** fal calls it when the job is finished. */
	webhookUrl?: string;
}

/** What fal answers to a submit. */
export type Submitted = FalJob & {
	statusUrl?: string;
	responseUrl?: string;
	cancelUrl?: string;
	queuePosition?: number;
};

/** Milliseconds between tries of a submit that was certainly not taken. */
const PAUSES = [1_000, 2_000, 5_000, 10_000, 20_000, 30_000];

/** fal's client refuses shorter ones (@fal-ai/client, headers). */
const LONGER_THAN_SECONDS = 1;

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
		{ service: FAL, stage: 'submit', retryable: false, charged: 'unknown' },
	);
}

function headersFor({ startTimeout, storeIo }: RequestOptions): Record<string, string> {
	return {
		// The new name wins at fal; the client itself still sends the old one.
		...(startTimeout !== undefined && { 'x-fal-request-start-timeout': String(startTimeout) }),
		...(storeIo === false && { 'x-fal-store-io': '0' }),
	};
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
): Promise<Submitted> {
	const { priority, startTimeout, outputLifetime, webhookUrl } = options;
	const send = async () => {
		// An upload that Stop has met ends first; what it was for is not bought any more.
		if (timing.signal?.aborted) throw stoppedError(FAL, timing.signal);
		return await client.queue.submit(endpointId, {
			input,
			priority,
			webhookUrl,
			headers: headersFor(options),
			...(startTimeout !== undefined && startTimeout > LONGER_THAN_SECONDS && { startTimeout }),
			...(outputLifetime !== undefined && { storageSettings: { expiresIn: outputLifetime } }),
		});
	};
	let answer: JsonObject;
	try {
		// No signal goes with it: a submit that is under way is awaited, or its id would be lost.
		const sent: unknown = await withRetries(
			FAL,
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
