import { sleep } from 'n8n-workflow';

/** A timer that runs; stopping it is aborting it. */
export type Timer = AbortController;

/**
 * Stands in for `setTimeout` in bundled libraries: n8n allows a community node no timer but
 * n8n-workflow's `sleep`.
 *
 * @param callback called once, unless the timer is stopped before; what it throws, or rejects
 * with, ends here, since as an unhandled rejection it could end n8n itself
 * @param ms milliseconds
 */
export function startTimer<Args extends unknown[]>(
	callback: (...args: Args) => unknown,
	ms = 0,
	...args: Args
): Timer {
	const timer = new AbortController();
	const { signal } = timer;
	const run = async () => {
		// n8n-workflow before 2.36 takes no signal: its sleep goes on, hence the look at the signal.
		await sleep(ms, signal);
		if (!signal.aborted) await callback(...args);
	};
	run().catch(() => {});
	return timer;
}

/** Stands in for `clearTimeout`; a timer that has run, or none at all, is fine too. */
export function stopTimer(timer?: Timer | null): void {
	timer?.abort();
}
