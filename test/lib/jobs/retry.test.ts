import { ConnectionError, ServiceError, StoppedError, TryOnError } from '../../../lib/errors';
import { retryAfter, withRetries } from '../../../lib/jobs/retry';
import { TestClock } from '../clock';

const DETAILS = { service: 'fal', stage: 'wait', retryable: true, charged: 'no' } as const;
const always = () => true;

test('tries are spaced as planned and limited by their number', async () => {
	const clock = new TestClock();
	let tries = 0;
	const work = async () => {
		tries += 1;
		return await Promise.reject(new ConnectionError(`try ${tries}`, { ...DETAILS }, true));
	};
	const plan = { pauses: [1, 2, 4], again: always };
	await expect(withRetries({ clock }, plan, work)).rejects.toThrow('try 4');
	expect(clock.waits).toEqual([1, 2, 4]);
});

test('a failure that allows no other try ends it', async () => {
	const clock = new TestClock();
	const again = (error: unknown) => !(error instanceof ServiceError);
	const work = async () => await Promise.reject(new ServiceError('no', { ...DETAILS }));
	await expect(withRetries({ clock }, { pauses: [1], again }, work)).rejects.toThrow('no');
	expect(clock.waits).toEqual([]);
});

test("the service's Retry-After goes before the plan", async () => {
	const clock = new TestClock();
	class Slow extends TryOnError {
		readonly headers = { 'retry-after': '7' };
	}
	let tries = 0;
	const work = async () => {
		tries += 1;
		if (tries === 1) throw new Slow('slow down', { ...DETAILS });
		return 'done';
	};
	expect(await withRetries({ clock }, { pauses: [1], again: always }, work)).toBe('done');
	expect(clock.waits).toEqual([7_000]);
});

test('a signal ends the pauses', async () => {
	const stop = new AbortController();
	const clock = new TestClock();
	const work = async () => {
		setImmediate(() => stop.abort());
		return await new Promise<never>((_, reject) =>
			setImmediate(() => reject(new ConnectionError('reset', { ...DETAILS }, true))),
		);
	};
	const timing = { clock, signal: stop.signal };
	await expect(withRetries(timing, { pauses: [1, 1], again: always }, work)).rejects.toBeInstanceOf(
		TryOnError,
	);
	expect(clock.waits).toEqual([]);
});

test('an abort during a pause is told as a stop', async () => {
	const stop = new AbortController();
	const clock = new TestClock();
	const sleep = async (ms: number) => {
		clock.waits.push(ms);
		stop.abort('The execution was stopped.');
		await Promise.resolve();
	};
	const work = async () => await Promise.reject(new ConnectionError('reset', { ...DETAILS }, true));
	const timing = { clock: { now: () => clock.now(), sleep }, signal: stop.signal };
	await expect(withRetries(timing, { pauses: [1, 1], again: always }, work)).rejects.toBeInstanceOf(
		StoppedError,
	);
});

const NOW = Date.parse('2026-01-01T00:00:00Z');

test.each([
	['seconds', '3', 3_000],
	['a date', 'Thu, 01 Jan 2026 00:00:10 GMT', 10_000],
	['a date that has passed', 'Wed, 31 Dec 2025 00:00:00 GMT', 0],
	['far too long', '86400', 120_000],
	['nonsense', 'soon', undefined],
])('Retry-After: %s', (_name, value, ms) => {
	expect(retryAfter({ 'retry-after': value }, NOW)).toBe(ms);
});
