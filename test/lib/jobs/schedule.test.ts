import fc from 'fast-check';

import { firstPause, nextPause } from '../../../lib/jobs/schedule';

const SCHEDULE = {
	firstMs: 2_500,
	intervalMs: 850,
	growAfterMs: 10_000,
	growth: 1.25,
	longestMs: 5_000,
};

/** When a job of a given length is asked for, in milliseconds since its submit. */
function callsUntil(end: number): number[] {
	const calls: number[] = [];
	let now = firstPause(SCHEDULE, 0);
	let interval = SCHEDULE.intervalMs;
	for (;;) {
		calls.push(now);
		if (now >= end) return calls;
		const next = nextPause(SCHEDULE, interval, now, 0);
		interval = next.interval;
		now += next.ms;
	}
}

test('no pause is ever longer than the longest, and the wait always goes on', () => {
	fc.assert(
		fc.property(fc.integer({ min: 0, max: 3_600_000 }), (end) => {
			const calls = callsUntil(end);
			const gaps = calls.slice(1).map((at, index) => at - (calls[index] ?? 0));
			// One look at all of them: hours of calls are too many for one each.
			expect(gaps.filter((gap) => !(gap > 0 && gap <= SCHEDULE.longestMs))).toEqual([]);
		}),
	);
});

test('half of all jobs of 2 to 10 s are noticed within 500 ms, at no more than 5.7 calls', () => {
	const ends = Array.from({ length: 801 }, (_, n) => 2_000 + n * 10);
	const delays = ends.map((end) => (callsUntil(end).at(-1) ?? 0) - end).sort((a, b) => a - b);
	const calls = ends.map((end) => callsUntil(end).length);
	expect(delays[Math.floor(delays.length / 2)]).toBeLessThan(500);
	expect(calls.reduce((sum, count) => sum + count, 0) / calls.length).toBeLessThan(5.7);
});

test.each([
	[9_999, { ms: 850, interval: 850 }],
	[10_000, { ms: 1_062.5, interval: 1_062.5 }],
	[60_000, { ms: 1_062.5, interval: 1_062.5 }],
])('%i ms after the submit the next pause is %j', (elapsed, pause) => {
	expect(nextPause(SCHEDULE, 850, elapsed, 0)).toEqual(pause);
});

test('failed calls are spaced out and never given up here', () => {
	const pauses = Array.from({ length: 10 }, (_, n) => nextPause(SCHEDULE, 850, 60_000, n + 1).ms);
	expect(pauses.slice(0, 3)).toEqual([850, 1_700, 3_400]);
	expect(Math.max(...pauses)).toBe(15_000);
});
