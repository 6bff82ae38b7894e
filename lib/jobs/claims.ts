import { untilAborted } from '../time';
import { stoppedError } from './retry';

/** Ids that are remembered: more than a service makes for one account in the time of a look-up. */
const MOST_IDS = 10_000;

/**
 * Who has what a service made. What is looked for because its answer was lost is told by what it asks
 * for, and two rows, or two workflows that n8n runs side by side in this process, may ask for the
 * same at the same time; so whatever has an owner is nobody else's lost answer. What another process
 * has bought in the same seconds cannot be known.
 */
export class Claims<Id extends string | number> {
	/** In the order in which they were taken. */
	private readonly owned = new Set<Id>();
	/** Calls whose answers are still to come, by what they ask for. */
	private readonly underWay = new Map<string, Set<Promise<unknown>>>();

	/** @param most how many are remembered; beyond it the oldest is forgotten */
	constructor(private readonly most = MOST_IDS) {}

	/** Whether it has an owner. */
	has(id: Id): boolean {
		return this.owned.has(id);
	}

	/** Makes it somebody's. */
	take(id: Id): void {
		this.owned.add(id);
		for (const oldest of this.owned) {
			if (this.owned.size <= this.most) break;
			this.owned.delete(oldest);
		}
	}

	/**
	 * Marks a paid call as under way until it has settled: what the service shows meanwhile may be what
	 * it makes, whose id is only just coming.
	 *
	 * @param send {@link take}s what the answer names
	 */
	async during<T>(key: string, send: () => Promise<T>): Promise<T> {
		const pending = send();
		const alike = this.underWay.get(key) ?? new Set<Promise<unknown>>();
		this.underWay.set(key, alike.add(pending));
		try {
			return await pending;
		} finally {
			alike.delete(pending);
			if (alike.size === 0) this.underWay.delete(key);
		}
	}

	/** Whether a call that asks for the same is under way. */
	isUnderWay(key: string): boolean {
		return this.underWay.has(key);
	}

	/**
	 * Waits for the answers to the calls that ask for the same and are under way now, so that it is
	 * known whose each of the things is that were listed before.
	 *
	 * @throws StoppedError
	 */
	async settled(key: string, signal: AbortSignal | undefined): Promise<void> {
		const alike = this.underWay.get(key) ?? new Set<Promise<unknown>>();
		await untilAborted(Promise.allSettled(alike), signal);
		if (signal?.aborted) throw stoppedError(signal);
	}
}
