import type { Door } from '../http';
import type { CancelOutcome } from '../jobs/driver';
import { type Timing, withRetries } from '../jobs/retry';
import { objectOf, textOf } from '../json';
import { createClient, type FalJob, type FalOrigins } from './client';
import { FalAnswerError, falMayPass } from './errors';

/** Milliseconds between tries; cancelling twice does no harm. */
const PAUSES_MS = [500, 1_500];

/** fal's word for a job that was still in the queue and will not run (fal.ai docs, Cancel). */
const REMOVED_FROM_QUEUE = 'OK';

/**
 * Asks fal to cancel a job.
 *
 * @returns what fal said, also when it said that it is too late
 * @throws ConnectionError, FalAnswerError when fal could not be asked
 */
export async function cancel(
	door: Door,
	origins: FalOrigins,
	timing: Timing,
	{ endpointId, requestId }: FalJob,
): Promise<CancelOutcome> {
	let body: unknown;
	const client = createClient(door, origins, (answer) => {
		body = answer;
	});
	try {
		await withRetries(timing, { pausesMs: PAUSES_MS, again: falMayPass }, async () =>
			client.queue.cancel(endpointId, { requestId }),
		);
	} catch (error) {
		const answered = error instanceof FalAnswerError && [400, 404].includes(error.status);
		if (!answered || error.fault.words === '') throw error;
		return { status: error.fault.words, cancelled: false };
	}
	const status = textOf(objectOf(body).status) ?? 'UNKNOWN';
	return { status, cancelled: status === REMOVED_FROM_QUEUE };
}
