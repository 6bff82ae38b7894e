import fc from 'fast-check';

import { AnswerError, ConnectionError, ServiceError, StoppedError } from '../../lib/errors';
import {
	firstPause,
	neverSent,
	nextPause,
	retryAfter,
	stoppedError,
	withRetries,
} from '../../lib/time';
import { TestClock } from './clock';

const DETAILS = { service: 'fal', stage: 'wait', retryable: true, charged: 'no' } as const;
const always = () => true;

test('tries are spaced as planned and limited by their number', async () => {
	const clock = new TestClock();
	let tries = 0;
	const work = async () => {
		tries += 1;
		return await Promise.reject(new ConnectionError(`try ${tries}`, { ...DETAILS }, true));
	};
	const plan = { pausesMs: [1, 2, 4], again: always };
	await expect(withRetries({ clock }, plan, work)).rejects.toThrow('try 4');
	expect(clock.waits).toEqual([1, 2, 4]);
});

test('a failure that allows no other try ends it', async () => {
	const clock = new TestClock();
	const again = (error: unknown) => !(error instanceof ServiceError);
	const work = async () => await Promise.reject(new ServiceError('no', { ...DETAILS }));
	await expect(withRetries({ clock }, { pausesMs: [1], again }, work)).rejects.toThrow('no');
	expect(clock.waits).toEqual([]);
});

test("the service's Retry-After goes before the plan", async () => {
	const clock = new TestClock();
	const slow = new AnswerError('slow down', { ...DETAILS }, 429, { 'retry-after': '7' }, 'slow');
	let tries = 0;
	const work = async () => {
		tries += 1;
		if (tries === 1) throw slow;
		return 'done';
	};
	expect(await withRetries({ clock }, { pausesMs: [1], again: always }, work)).toBe('done');
	expect(clock.waits).toEqual([7_000]);
});

test("a plan may change its pauses for a failure, and the service's Retry-After still goes first", async () => {
	const clock = new TestClock();
	const failures = [
		new ConnectionError('reset', { ...DETAILS }, true),
		new AnswerError('slow down', { ...DETAILS }, 429, { 'retry-after': '7' }, 'slow'),
	];
	const plan = { pausesMs: [1, 2], again: always, pauseFor: (_: unknown, ms: number) => ms * 100 };
	const work = async () => {
		const failure = failures.shift();
		if (failure) throw failure;
		return 'done';
	};
	expect(await withRetries({ clock }, plan, work)).toBe('done');
	expect(clock.waits).toEqual([100, 7_000]);
});

test('what fails after Stop is not tried again', async () => {
	const clock = new TestClock();
	const timing = { clock, signal: AbortSignal.abort() };
	const failure = new ConnectionError('reset', { ...DETAILS }, true);
	const work = jest.fn(async () => await Promise.reject(failure));
	await expect(withRetries(timing, { pausesMs: [1, 1], again: always }, work)).rejects.toBe(
		failure,
	);
	expect(work).toHaveBeenCalledTimes(1);
	expect(clock.waits).toEqual([]);
});

test('a Stop during a pause ends it, and nothing more is tried', async () => {
	const stop = new AbortController();
	const clock = new TestClock();
	const sleep = jest.spyOn(clock, 'sleep').mockImplementation(async () => stop.abort('Enough.'));
	const failure = new ConnectionError('reset', { ...DETAILS }, true);
	const work = jest.fn(async () => await Promise.reject(failure));
	const timing = { clock, signal: stop.signal };
	await expect(withRetries(timing, { pausesMs: [1, 1], again: always }, work)).rejects.toThrow(
		StoppedError,
	);
	expect(work).toHaveBeenCalledTimes(1);
	expect(sleep).toHaveBeenCalledWith(1, stop.signal);
});

test.each<[string, AbortSignal | undefined, string]>([
	[
		'the sentence that it was ended with',
		AbortSignal.abort('Another row failed.'),
		'Another row failed.',
	],
	['plain words where there is none', AbortSignal.abort(), 'The execution was stopped.'],
	['the same where nobody says', undefined, 'The execution was stopped.'],
])(
	'what was stopped says so in %s, may be run again, and has cost nothing',
	(_name, signal, message) => {
		expect(stoppedError(signal)).toMatchObject({
			message,
			details: { stage: 'wait', retryable: true, charged: 'no' },
		});
	},
);

test('only a connection that was never made has certainly not reached the service', () => {
	expect(neverSent(new ConnectionError('refused', { ...DETAILS }, false))).toBe(true);
	expect(neverSent(new ConnectionError('reset', { ...DETAILS }, true))).toBe(false);
	expect(neverSent(new ServiceError('no', { ...DETAILS }))).toBe(false);
});

const NOW = Date.parse('2026-01-01T00:00:00Z');

test.each([
	['seconds', '3', 3_000],
	['seconds of two digits', '12', 12_000],
	['a date', 'Thu, 01 Jan 2026 00:00:10 GMT', 10_000],
	['a date that ends in digits', 'Thu, 01 Jan 2026 00:00:10 +0000', 10_000],
	['a date that begins with digits', '2026-01-01T00:00:10Z', 10_000],
	['a date that has passed', 'Wed, 31 Dec 2025 00:00:00 GMT', 0],
	['far too long', '86400', 120_000],
	['nonsense', 'soon', undefined],
])('Retry-After: %s', (_name, value, ms) => {
	expect(retryAfter({ 'retry-after': value }, NOW)).toBe(ms);
});

test('no Retry-After asks for nothing', () => {
	expect(retryAfter({ date: 'Thu, 01 Jan 2026 00:00:10 GMT' }, NOW)).toBeUndefined();
});

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
