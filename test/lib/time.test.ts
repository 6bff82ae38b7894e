import { getEventListeners } from 'node:events';

import { forkSignal, untilAborted } from '../../lib/time';

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
