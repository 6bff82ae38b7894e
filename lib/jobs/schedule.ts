/**
 * When to ask for a job that tells nothing by itself.
 *
 * An interval `d` notices the end of a job `d / 2` late in the middle, and costs `1 / d` calls a
 * second; so the numbers of a schedule follow from how late and how costly it may be.
 */
export interface PollSchedule {
	/** Milliseconds from the submit to the first call. */
	firstMs: number;
	/** Milliseconds between calls at first. */
	intervalMs: number;
	/** Milliseconds from the submit after which the interval grows. */
	growAfterMs: number;
	/** Factor by which it grows with each call. */
	growth: number;
	/** Milliseconds that it never exceeds. */
	longestMs: number;
}

/** Pauses after failed calls double up to this many milliseconds. */
const LONGEST_FAILURE_PAUSE_MS = 15_000;

/**
 * @param elapsed milliseconds since the submit
 * @returns milliseconds until the first call
 */
export function firstPause(schedule: PollSchedule, elapsed: number): number {
	return Math.max(schedule.firstMs - elapsed, 0);
}

/**
 * The pause after a call.
 *
 * @param interval milliseconds, what the last call of this gave; the schedule's own at first
 * @param elapsed milliseconds since the submit
 * @param failures how many of the last calls in a row failed
 * @returns milliseconds to wait, and the interval to hand in next time
 */
export function nextPause(
	schedule: PollSchedule,
	interval: number,
	elapsed: number,
	failures: number,
): { ms: number; interval: number } {
	if (failures > 0) {
		const ms = Math.min(schedule.intervalMs * 2 ** (failures - 1), LONGEST_FAILURE_PAUSE_MS);
		return { ms, interval };
	}
	if (elapsed < schedule.growAfterMs) return { ms: interval, interval };
	const grown = Math.min(interval * schedule.growth, schedule.longestMs);
	return { ms: grown, interval: grown };
}
