import { sleep } from 'n8n-workflow';

/** What the engine needs of time; tests inject one whose hours pass at once. */
export interface Clock {
	/** Milliseconds since the epoch. */
	now(): number;
	/**
	 * Waits for `ms` milliseconds, or until `signal` is aborted; returns in both cases, so the
	 * caller looks at the signal afterwards.
	 */
	sleep(ms: number, signal?: AbortSignal): Promise<void>;
}

/**
 * Waits for a promise, but no longer than until `signal` is aborted.
 *
 * @returns the promise's value, or `undefined` when the signal came first; a later rejection of
 * the promise is then nobody's concern and is dropped
 * @throws what the promise throws, when it ends before the signal
 */
export async function untilAborted<T>(
	promise: Promise<T>,
	signal: AbortSignal | undefined,
): Promise<T | undefined> {
	if (!signal) return await promise;
	if (signal.aborted) {
		promise.catch(() => {});
		return undefined;
	}
	return await new Promise<T | undefined>((resolve, reject) => {
		const onAbort = () => resolve(undefined);
		signal.addEventListener('abort', onAbort, { once: true });
		promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', onAbort));
	});
}

/**
 * The clock of the machine. n8n-workflow's `sleep` is the only timer that n8n allows in a
 * community node; before 2.36 it takes no signal, hence the race.
 */
export const systemClock: Clock = {
	now: () => Date.now(),
	async sleep(ms, signal) {
		if (signal?.aborted) return;
		// With a signal of its own `sleep` rejects when it is aborted: that only ends the timer early.
		const timer = sleep(ms, signal).catch(() => {});
		await untilAborted(timer, signal);
	},
};
