import { getEventListeners } from 'node:events';

import { systemClock } from '../../lib/time';

// That of n8n before 2.36, which takes no signal.
jest.mock('n8n-workflow', () => ({
	sleep: async (ms: number) => await new Promise((resolve) => setTimeout(resolve, ms)),
}));

beforeEach(() => {
	jest.useFakeTimers();
});

afterEach(() => {
	jest.useRealTimers();
});

/** What a wait has come to. */
function waiting(ms: number, signal?: AbortSignal) {
	const wait = { isOver: false };
	void systemClock.sleep(ms, signal).then(() => {
		wait.isOver = true;
	});
	return wait;
}

const later = async (ms: number) => await jest.advanceTimersByTimeAsync(ms);

test('a wait ends with its time, and not before', async () => {
	const wait = waiting(1_000);
	await later(999);
	expect(wait.isOver).toBe(false);
	await later(1);
	expect(wait.isOver).toBe(true);
});

test('where the sleep of n8n takes no signal, a wait ends with it all the same', async () => {
	const stop = new AbortController();
	const wait = waiting(1_000, stop.signal);
	await later(1);
	stop.abort();
	await later(0);
	expect(wait.isOver).toBe(true);
	expect(getEventListeners(stop.signal, 'abort')).toEqual([]);
});

test('after Stop nothing is waited for', async () => {
	const wait = waiting(1_000, AbortSignal.abort());
	await later(0);
	expect(wait.isOver).toBe(true);
	expect(jest.getTimerCount()).toBe(0);
});
