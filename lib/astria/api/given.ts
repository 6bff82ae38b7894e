import { stoppedError } from '../../jobs/retry';
import { untilAborted } from '../../time';

/** Ids that are remembered: more than Astria makes for one account in the time of a look-up. */
const MOST_IDS = 10_000;

/**
 * Which prompts, or tunes, rows of any run in this process have been given. n8n runs workflows side
 * by side in it; what is looked for because its answer was lost is told by what it asks for, and two
 * workflows may ask for the same at the same time. So whatever has an owner is nobody else's lost
 * answer. What another process has bought in the same seconds cannot be known.
 */
export class GivenIds {
	/** In the order in which they were given. */
	private readonly ids = new Set<number>();
	/** Calls whose answers are still to come, by what they ask for. */
	private readonly underWay = new Map<string, Set<Promise<unknown>>>();

	/** @param most how many are remembered; beyond it the oldest is forgotten */
	constructor(private readonly most = MOST_IDS) {}

	has(id: number): boolean {
		return this.ids.has(id);
	}

	take(id: number): void {
		this.ids.add(id);
		for (const oldest of this.ids) {
			if (this.ids.size <= this.most) break;
			this.ids.delete(oldest);
		}
	}

	/**
	 * Marks a paid call as under way until it has settled: what Astria lists meanwhile may be what it
	 * makes, whose id is only just coming.
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

/** By kind and base URL: a stand-in of Astria, such as a sandbox, has numbers of its own. */
const GIVEN = new Map<string, GivenIds>();

/** What this process has given of a kind. The prompts of packs are prompts like all others. */
export function givenAt(baseUrl: string, kind: 'prompt' | 'tune'): GivenIds {
	const key = `${kind} ${baseUrl}`;
	const given = GIVEN.get(key) ?? new GivenIds();
	GIVEN.set(key, given);
	return given;
}
