import { sleep } from 'n8n-workflow';

import { AnswerError, ConnectionError, StoppedError } from './errors';

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

/** Time, and the signal that ends it. */
export interface Timing {
	clock: Clock;
	/** Aborted by n8n's Stop, or when another row ends the run. */
	signal?: AbortSignal;
}

/** How often and how long apart something is tried again. */
export interface RetryPlan {
	/** Milliseconds before the second try, the third, and so on; their number limits the tries. */
	pausesMs: readonly number[];
	/** Whether this failure may be followed by another try. */
	again(error: unknown): boolean;
	/** Milliseconds to wait after this failure in place of the plan's pause. */
	pauseFor?(error: unknown, pause: number): number;
}

/** A service's Retry-After beyond this is a no for today; milliseconds. */
const LONGEST_RETRY_AFTER_MS = 120_000;

/**
 * The error of a row that was ended from outside.
 *
 * @param reason a sentence; aborting with one puts it into the error
 */
export function stoppedError(signal: AbortSignal | undefined): StoppedError {
	const reason: unknown = signal?.reason;
	const message = typeof reason === 'string' ? reason : 'The execution was stopped.';
	return new StoppedError(message, {
		stage: 'wait',
		retryable: true,
		charged: 'no',
	});
}

/**
 * Reads a Retry-After header: seconds, or a date (RFC 9110, section 10.2.3).
 *
 * @param now milliseconds since the epoch
 * @returns milliseconds from now, or `undefined` when there is none to obey
 */
export function retryAfter(
	headers: Readonly<Record<string, string>>,
	now: number,
): number | undefined {
	const value = headers['retry-after'];
	// Stryker disable next-line ConditionalExpression: where there is no value there is no date in it.
	if (value === undefined) return undefined;
	const ms = /^\d+$/.test(value) ? Number(value) * SECOND_MS : Date.parse(value) - now;
	return Number.isNaN(ms) ? undefined : Math.min(Math.max(ms, 0), LONGEST_RETRY_AFTER_MS);
}

/** What the service asks for after a failure: see {@link retryAfter}. */
export function pauseAskedFor(error: unknown, now: number): number | undefined {
	return error instanceof AnswerError ? retryAfter(error.headers, now) : undefined;
}

/**
 * Does something again until it succeeds, its tries are used up, or its failure allows no more.
 *
 * @throws the last failure; StoppedError when the signal ends a pause
 */
export async function withRetries<T>(
	timing: Timing,
	plan: RetryPlan,
	work: () => Promise<T>,
): Promise<T> {
	for (const pause of plan.pausesMs) {
		try {
			return await work();
		} catch (error) {
			if (timing.signal?.aborted || !plan.again(error)) throw error;
			const own = plan.pauseFor?.(error, pause) ?? pause;
			const asked = pauseAskedFor(error, timing.clock.now());
			await timing.clock.sleep(asked ?? own, timing.signal);
			if (timing.signal?.aborted) throw stoppedError(timing.signal);
		}
	}
	return await work();
}

/** Answers that say nothing about what was asked for: too early, or too often. */
const OF_THE_MOMENT = new Set([408, 425, 429]);

/** Whether a service answers with this status for a moment only. */
export function isOfTheMoment(status: number): boolean {
	return OF_THE_MOMENT.has(status);
}

/** Whether a call has failed for a moment only, so that the same call may be answered later. */
export function mayPass(error: unknown): boolean {
	if (error instanceof ConnectionError) return true;
	return error instanceof AnswerError && (error.status >= 500 || isOfTheMoment(error.status));
}

/**
 * Does something once for each key.
 *
 * @param work what it throws is thrown, and nothing is remembered; a promise is, whatever comes of it
 * @returns does it, or hands out what came of it before
 */
export function oncePer<Key, Value>(work: (key: Key) => Value): (key: Key) => Value {
	const done = new Map<Key, { value: Value }>();
	return (key) => {
		const { value } = done.get(key) ?? { value: work(key) };
		done.set(key, { value });
		return value;
	};
}

/** Whether a connection failed before the service can have seen anything of the call. */
export function neverSent(error: unknown): boolean {
	return error instanceof ConnectionError && !error.sent;
}

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
