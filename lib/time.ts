import { sleep } from 'n8n-workflow';

/** Milliseconds in a second: people set seconds. */
export const SECOND_MS = 1000;

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
 * A signal of one's own that is aborted with the given one. Listeners on the given one itself
 * would add up over many rows, and Node warns of more than ten.
 */
export function forkSignal(signal: AbortSignal | undefined): AbortSignal | undefined {
	return signal && AbortSignal.any([signal]);
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
 * Does something that has to end by itself, with a signal that is aborted when it takes too long.
 *
 * @param ms milliseconds
 * @param reason what the signal gives for a reason then, a full sentence
 */
export async function within<T>(
	clock: Clock,
	ms: number,
	work: (signal: AbortSignal) => Promise<T>,
	reason?: string,
): Promise<T> {
	const deadline = new AbortController();
	const done = new AbortController();
	void clock.sleep(ms, done.signal).then(() => deadline.abort(reason));
	try {
		return await work(deadline.signal);
	} finally {
		done.abort();
	}
}

/**
 * The clock of the machine. n8n-workflow's `sleep` is the only timer that n8n allows in a
 * community node; before 2.36 it takes no signal, hence the race.
 */
export const systemClock: Clock = {
	now: () => Date.now(),
	async sleep(ms, signal) {
		if (signal?.aborted) return;
		const own = forkSignal(signal);
		// `sleep` rejects when its signal is aborted: that only ends the timer early.
		const timer = sleep(ms, own).catch(() => {});
		await untilAborted(timer, own);
	},
};
