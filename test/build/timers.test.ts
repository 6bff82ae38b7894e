import { startTimer, stopTimer } from '../../build/timers';

const mockSleep = jest.fn<Promise<void>, [number, AbortSignal?]>();

jest.mock('n8n-workflow', () => ({
	sleep: async (ms: number, signal?: AbortSignal) => await mockSleep(ms, signal),
}));

/** n8n-workflow's sleep before 2.36: it takes no signal. */
async function oldSleep(ms: number): Promise<void> {
	await new Promise((resolve) => setTimeout(resolve, ms));
}

/** n8n-workflow's sleep since 2.36: it rejects when its signal is aborted. */
async function newSleep(ms: number, signal?: AbortSignal): Promise<void> {
	await new Promise<void>((resolve, reject) => {
		const timer = setTimeout(resolve, ms);
		signal?.addEventListener('abort', () => {
			clearTimeout(timer);
			reject(new Error('aborted'));
		});
	});
}

/** Longer than any timer here; milliseconds. */
const AFTER_ALL = 40;

/** A timer that cannot be stopped must not keep this test alive. */
const MANY = 10;

describe.each([
	['without a signal', oldSleep],
	['with a signal', newSleep],
])('timers on a sleep %s', (_, sleep) => {
	const unhandled = jest.fn();

	beforeEach(() => {
		mockSleep.mockReset().mockImplementation(sleep);
		unhandled.mockReset();
		process.on('unhandledRejection', unhandled);
	});

	afterEach(() => {
		process.removeListener('unhandledRejection', unhandled);
	});

	it('calls back once, after the time, with its arguments', async () => {
		const callback = jest.fn();
		const start = performance.now();
		await new Promise<void>((resolve) => {
			startTimer(
				(...args: string[]) => {
					callback(...args);
					resolve();
				},
				15,
				'a',
				'b',
			);
		});
		// A timer of Node may fire a millisecond early.
		expect(performance.now() - start).toBeGreaterThanOrEqual(14);
		await oldSleep(AFTER_ALL);
		expect(callback.mock.calls).toEqual([['a', 'b']]);
	});

	it('never calls back before the caller goes on', async () => {
		const callback = jest.fn();
		startTimer(callback);
		expect(callback).not.toHaveBeenCalled();
		await oldSleep(AFTER_ALL);
		expect(callback).toHaveBeenCalledTimes(1);
	});

	it('does nothing once it is stopped', async () => {
		const stopped = jest.fn();
		const other = jest.fn();
		const timer = startTimer(stopped, 10);
		startTimer(other, 10);
		stopTimer(timer);
		await oldSleep(AFTER_ALL);
		expect(stopped).not.toHaveBeenCalled();
		expect(other).toHaveBeenCalledTimes(1);
		expect(unhandled).not.toHaveBeenCalled();
	});

	it('is true as a condition, since libraries ask whether they have a timer', () => {
		const timer = startTimer(() => undefined, 0);
		expect(Boolean(timer)).toBe(true);
		stopTimer(timer);
	});

	it('may be stopped late, twice, or without being one', async () => {
		const callback = jest.fn();
		const timer = startTimer(callback, 1);
		await oldSleep(AFTER_ALL);
		stopTimer(timer);
		stopTimer(timer);
		stopTimer(undefined);
		stopTimer(null);
		expect(callback).toHaveBeenCalledTimes(1);
	});

	it.each([
		[
			'throws',
			() => {
				throw new Error('from a timer');
			},
		],
		['rejects', async () => await Promise.reject(new Error('from a timer'))],
	])('keeps to itself that a callback %s', async (_how, callback) => {
		const seen = jest.fn(callback);
		startTimer(seen, 1);
		await oldSleep(AFTER_ALL);
		expect(seen).toHaveBeenCalledTimes(1);
		expect(unhandled).not.toHaveBeenCalled();
	});

	it('can start itself again and be stopped then', async () => {
		let runs = 0;
		let timer = startTimer(again, 2);
		function again() {
			runs += 1;
			if (runs > MANY) return;
			timer = startTimer(again, 2);
			if (runs === 3) stopTimer(timer);
		}
		// As long as a busy machine may take for three of them.
		for (let waited = 0; runs < 3 && waited < MANY; waited += 1) await oldSleep(AFTER_ALL);
		await oldSleep(AFTER_ALL);
		expect(runs).toBe(3);
	});
});

it('ends its sleep when it is stopped, so that no process is kept alive for it', () => {
	mockSleep.mockReset().mockImplementation(newSleep);
	const timer = startTimer(() => undefined, 60_000);
	const [[ms, signal] = []] = mockSleep.mock.calls;
	expect(ms).toBe(60_000);
	stopTimer(timer);
	expect(signal?.aborted).toBe(true);
});
