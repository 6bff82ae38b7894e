import type { FalOptions, FalSubmit } from '../../sandbox/fal/options';
import { isRecord } from '../../sandbox/json';

/** The seed that a job was submitted with, which tells its row. */
export function seedOf({ input }: FalSubmit): number {
	return isRecord(input) && typeof input.seed === 'number' ? input.seed : NaN;
}

/** Jobs of the stand-in fal that run until they are let go, by their seeds. */
export class HeldJobs {
	private readonly free = new Set<number>();
	private readonly held = new Map<number, () => void>();

	/** Holds every job that starts from now on. */
	constructor(options: FalOptions) {
		options.jobMs = async (submit) => {
			const seed = seedOf(submit);
			if (!this.free.has(seed)) {
				await new Promise<void>((resolve) => this.held.set(seed, resolve));
			}
			return 0;
		};
	}

	/** Lets jobs end, those too that have not started yet. */
	release(seeds: readonly number[]): void {
		for (const seed of seeds) {
			this.free.add(seed);
			this.held.get(seed)?.();
		}
	}
}
