import { systemClock } from '../../lib/time';

/** A wait of the node that is not over. */
interface Wait {
	/** When it ends, by the node's clock, in milliseconds since the epoch. */
	end: number;
}

/**
 * Lets the node's waits pass quickly. While the node waits, its clock runs `factor` times faster
 * than the machine's, yet never past the end of a wait; while it works, it runs like the
 * machine's. So a busy machine, whose calls and timers come late, costs the node no more of its
 * own time than a quiet one.
 *
 * Undone by `jest.restoreAllMocks()`.
 */
export function speedUp(factor: number): void {
	const { now, sleep } = systemClock;
	const waits = new Set<Wait>();
	let time = now();
	let since = performance.now();

	/** Brings `time` up to this moment. */
	const advance = () => {
		const passed = performance.now() - since;
		since += passed;
		if (waits.size === 0) {
			time += passed;
			return;
		}
		const firstEnd = Math.min(...[...waits].map(({ end }) => end));
		time = Math.max(time, Math.min(time + passed * factor, firstEnd));
	};

	jest.spyOn(systemClock, 'now').mockImplementation(() => {
		advance();
		return Math.floor(time);
	});
	jest.spyOn(systemClock, 'sleep').mockImplementation(async (ms, signal) => {
		advance();
		const wait = { end: time + ms };
		waits.add(wait);
		await sleep(ms / factor, signal);
		advance();
		waits.delete(wait);
		if (!signal?.aborted) time = Math.max(time, wait.end);
	});
}

/** Milliseconds between two looks of `until`. */
const LOOK_EVERY_MS = 20;

/** Milliseconds after which `until` gives up; much, since the machine may be busy. */
const PATIENCE_MS = 20_000;

/**
 * Waits, by the machine's clock, for something that other calls bring about.
 *
 * @throws Error when it does not happen
 */
export async function until(condition: () => boolean): Promise<void> {
	const deadline = Date.now() + PATIENCE_MS;
	while (!condition()) {
		if (Date.now() > deadline) throw new Error(`It did not happen within ${PATIENCE_MS} ms`);
		await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS));
	}
}
