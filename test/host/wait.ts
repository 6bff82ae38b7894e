import { setTimeout as delay } from 'node:timers/promises';

/**
 * The promise's value, or undefined when it takes longer than `ms` milliseconds.
 *
 * @throws what the promise rejects with in time
 */
export async function within<T>(ms: number, promise: Promise<T>): Promise<T | undefined> {
	const timer = new AbortController();
	const late = delay(ms, undefined, { signal: timer.signal }).catch(() => undefined);
	try {
		return await Promise.race([promise, late]);
	} finally {
		timer.abort();
	}
}

/** A pause after a question, as a multiple of what it took: whoever is asked has other work. */
const REST = 3;

/**
 * Asks again and again until the answer is something other than undefined.
 *
 * @param what what is waited for, for the message
 * @param limits how long in all and how long at least between two questions, in ms
 * @throws Error when the time is up
 */
export async function until<T>(
	what: string,
	limits: { limitMs: number; everyMs: number },
	ask: () => Promise<T | undefined>,
): Promise<T> {
	const end = Date.now() + limits.limitMs;
	for (;;) {
		const began = Date.now();
		const answer = await ask();
		if (answer !== undefined) return answer;
		const now = Date.now();
		if (now >= end) throw new Error(`Waited ${limits.limitMs / 1000} s for ${what}`);
		await delay(Math.max(limits.everyMs, REST * (now - began)));
	}
}
