import type { Clock } from '../../lib/time';

/** A clock whose time passes only by being waited for. */
export class TestClock implements Clock {
	/** Every wait so far, in milliseconds. */
	readonly waits: number[] = [];

	constructor(private time = Date.parse('2026-01-01T00:00:00Z')) {}

	now(): number {
		return this.time;
	}

	async sleep(ms: number, signal?: AbortSignal): Promise<void> {
		await Promise.resolve();
		if (signal?.aborted) return;
		this.waits.push(ms);
		this.time += ms;
	}
}
