import { setImmediate as nextTurn } from 'node:timers/promises';

import { systemClock } from '../../lib/time';
import { type JumpingClock, jumpOverWaits } from './clock';

let clock: JumpingClock | undefined;

afterEach(() => clock?.restore());

const HOUR_MS = 3_600_000;

test('hours pass at once, the nearest wait first', async () => {
	clock = jumpOverWaits(() => false);
	const start = clock.now();
	const order: string[] = [];
	await Promise.all([
		systemClock.sleep(2 * HOUR_MS).then(() => order.push('two hours')),
		systemClock.sleep(HOUR_MS).then(() => order.push('an hour')),
	]);
	expect(order).toEqual(['an hour', 'two hours']);
	expect(clock.now() - start).toBe(2 * HOUR_MS);
});

test('a time limit comes when its time has come, and a wait ends with its signal', async () => {
	clock = jumpOverWaits(() => false);
	const start = clock.now();
	await systemClock.sleep(2 * HOUR_MS, AbortSignal.timeout(HOUR_MS));
	expect(clock.now() - start).toBe(HOUR_MS);
});

test('no time passes while somebody is at work', async () => {
	let isAtWork = true;
	clock = jumpOverWaits(() => isAtWork);
	const start = clock.now();
	const wait = systemClock.sleep(HOUR_MS);
	for (let turn = 0; turn < 1_000; turn += 1) await nextTurn();
	expect(clock.now()).toBe(start);
	isAtWork = false;
	await wait;
	expect(clock.now()).toBe(start + HOUR_MS);
});

test('what is given back watches nothing any more', async () => {
	const asked = jest.fn(() => true);
	clock = jumpOverWaits(asked);
	void systemClock.sleep(HOUR_MS);
	await nextTurn();
	clock.restore();
	await nextTurn();
	asked.mockClear();
	for (let turn = 0; turn < 10; turn += 1) await nextTurn();
	expect(asked).not.toHaveBeenCalled();
});
