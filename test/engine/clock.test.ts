import { systemClock } from '../../lib/time';
import { speedUp } from './clock';

/** How many times faster the clock runs in these tests. */
const FACTOR = 50;

/** Milliseconds that a timer of a busy machine may be late. */
const LATE_MS = 1_000;

const realNow = systemClock.now;

/** Milliseconds that a piece of work takes, by the node's clock and by the machine's. */
async function timed(work: () => Promise<unknown>): Promise<{ node: number; machine: number }> {
	const before = { node: systemClock.now(), machine: realNow() };
	await work();
	return { node: systemClock.now() - before.node, machine: realNow() - before.machine };
}

/** Keeps the machine busy, so that no timer fires. */
function work(ms: number): void {
	const end = performance.now() + ms;
	while (performance.now() < end);
}

afterEach(() => {
	jest.restoreAllMocks();
});

test('a wait takes as long as it should by the node’s clock, and a part of it by the machine’s', async () => {
	speedUp(FACTOR);
	const { node, machine } = await timed(async () => await systemClock.sleep(10_000));
	expect(node).toBeGreaterThanOrEqual(10_000);
	expect(node).toBeLessThan(10_000 + LATE_MS);
	expect(machine).toBeLessThan(10_000 / FACTOR + LATE_MS);
});

test('a timer that fires late makes a wait no longer', async () => {
	speedUp(FACTOR);
	const { node } = await timed(async () => {
		const wait = systemClock.sleep(1_000);
		work(200);
		await wait;
	});
	expect(node).toBeGreaterThanOrEqual(1_000);
	expect(node).toBeLessThan(2_000);
});

test('work takes no longer by the node’s clock than by the machine’s', async () => {
	speedUp(FACTOR);
	const { node, machine } = await timed(async () => work(100));
	// The clock tells whole milliseconds.
	expect(node).toBeGreaterThanOrEqual(99);
	expect(node).toBeLessThan(machine + LATE_MS);
});

test('waits side by side end in their order, each at its time', async () => {
	speedUp(FACTOR);
	const start = systemClock.now();
	const ends: number[] = [];
	const wait = async (ms: number) => {
		await systemClock.sleep(ms);
		ends.push(systemClock.now() - start);
	};
	await Promise.all([wait(3_000), wait(1_000), wait(2_000)]);
	[1_000, 2_000, 3_000].forEach((ms, index) => {
		expect(ends[index]).toBeGreaterThanOrEqual(ms);
		expect(ends[index]).toBeLessThan(ms + LATE_MS);
	});
});

test('a wait that is broken off does not count to its end', async () => {
	speedUp(FACTOR);
	const { node } = await timed(async () => {
		const stop = new AbortController();
		const wait = systemClock.sleep(600_000, stop.signal);
		stop.abort();
		await wait;
	});
	expect(node).toBeLessThan(600_000);
});
