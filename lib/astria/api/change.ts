import { neverSent, type RetryPlan, type Timing, withRetries } from '../../jobs/retry';
import { type AstriaCall, type AstriaClient, pauseAfter } from './client';
import { AstriaAnswerError, isTurnedAway } from './errors';

/** Astria takes no call that it answers so, nor one that never reached it. */
export function certainlyNotTaken(error: unknown): boolean {
	return neverSent(error) || (error instanceof AstriaAnswerError && isTurnedAway(error));
}

/**
 * How a call that changes or buys something is sent again: only when Astria certainly did not take
 * it. After anything else it may have been done.
 */
export const WRITES: RetryPlan = {
	pausesMs: [1_000, 2_000, 4_000, 8_000, 16_000],
	again: certainlyNotTaken,
	pauseFor: pauseAfter,
};

/**
 * Sends a call that changes something and buys nothing.
 *
 * @returns the answer's JSON; `undefined` when its body is empty
 * @throws AstriaAnswerError, ConnectionError, StoppedError
 */
export async function change(
	client: AstriaClient,
	timing: Timing,
	call: Pick<AstriaCall, 'method' | 'path' | 'body' | 'workspace'>,
): Promise<unknown> {
	return await withRetries(
		timing,
		WRITES,
		async () => await client.call({ ...call, stage: 'result', signal: timing.signal }),
	);
}
