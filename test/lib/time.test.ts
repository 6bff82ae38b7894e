import * as workflow from 'n8n-workflow';
import { getEventListeners } from 'node:events';

import { forkSignal, systemClock, untilAborted } from '../../lib/time';

/** More than Node lets pass without a warning about one signal. */
const MANY = 30;

test('many waits on one signal leave no listener on it, and all end with it', async () => {
	const warnings: Error[] = [];
	const onWarning = (warning: Error) => warnings.push(warning);
	process.on('warning', onWarning);
	const stop = new AbortController();
	const never = new Promise<never>(() => {});
	const waits = Array.from(
		{ length: MANY },
		async () => await untilAborted(never, forkSignal(stop.signal)),
	);
	expect(getEventListeners(stop.signal, 'abort')).toHaveLength(0);
	// A warning is told in a later turn.
	await new Promise((resolve) => setImmediate(resolve));
	stop.abort();
	expect(await Promise.all(waits)).toEqual(Array.from({ length: MANY }));
	process.off('warning', onWarning);
	expect(warnings).toEqual([]);
});

describe('a wait of the machine’s clock', () => {
	const HOUR_MS = 3_600_000;

	test('ends with its signal', async () => {
		const stop = new AbortController();
		const waiting = systemClock.sleep(HOUR_MS, stop.signal);
		stop.abort();
		await waiting;
		await systemClock.sleep(HOUR_MS, AbortSignal.abort());
	});

	test('ends with its signal in an n8n whose own timer does not', async () => {
		const timer = jest.spyOn(workflow, 'sleep').mockImplementation(async () => {
			await new Promise(() => {});
		});
		const stop = new AbortController();
		const waiting = systemClock.sleep(HOUR_MS, stop.signal);
		expect(timer).toHaveBeenCalledTimes(1);
		stop.abort();
		await waiting;
		// A timer that does know it is not left behind.
		expect(timer.mock.calls[0]?.[1]?.aborted).toBe(true);
		timer.mockRestore();
	});

	test('is as long as it was asked for', async () => {
		const before = systemClock.now();
		await systemClock.sleep(30);
		expect(systemClock.now() - before).toBeGreaterThanOrEqual(29);
	});
});
