import { hashOf } from '../jobs/driver';
import { isObject } from '../json';

/** Ids that are remembered: more than fal can have run for one account in the time of a look-up. */
const MOST_IDS = 10_000;

/** The same with the names of every object in one order. */
function ordered(value: unknown): unknown {
	if (Array.isArray(value)) return value.map(ordered);
	if (!isObject(value)) return value;
	const names = Object.keys(value).sort();
	return Object.fromEntries(names.map((name) => [name, ordered(value[name])]));
}

/**
 * What two requests have in common exactly when they ask for the same: fal hands JSON back with its
 * names in any order. A field that only one of them has makes them differ, whatever its value.
 */
export function requestKey(endpointId: string, input: unknown): string {
	// What is sent is JSON: a field that is undefined does not get there, and 1.0 is 1.
	const sent: unknown = JSON.parse(JSON.stringify([endpointId, input]));
	return hashOf([ordered(sent)]);
}

/**
 * Who has which job. A job whose answer was lost is told by what it asks for, and two rows, or two
 * workflows, may ask for the same at the same time; so every job gets one owner here, whether its
 * answer came or it was found.
 */
export class JobClaims {
	/** In the order in which they were taken. */
	private readonly owned = new Set<string>();
	/** How many calls are under way, by what they ask for. */
	private readonly underWay = new Map<string, number>();

	/** Whether a job has an owner. */
	has(requestId: string): boolean {
		return this.owned.has(requestId);
	}

	/** Makes a job somebody's. */
	take(requestId: string): void {
		this.owned.add(requestId);
		for (const oldest of this.owned) {
			if (this.owned.size <= MOST_IDS) break;
			this.owned.delete(oldest);
		}
	}

	/**
	 * Marks a submit as under way until it has settled: what fal shows meanwhile may be its job, whose
	 * id is only just coming.
	 */
	async during<T>(key: string, submit: () => Promise<T>): Promise<T> {
		this.underWay.set(key, (this.underWay.get(key) ?? 0) + 1);
		try {
			return await submit();
		} finally {
			const left = (this.underWay.get(key) ?? 1) - 1;
			if (left > 0) this.underWay.set(key, left);
			else this.underWay.delete(key);
		}
	}

	/** Whether a submit that asks for the same is under way. */
	isUnderWay(key: string): boolean {
		return this.underWay.has(key);
	}
}

/**
 * The jobs of this process: n8n runs workflows side by side in it. What another process has bought
 * in the same seconds cannot be known, and need not: see `lost.ts`.
 */
export const CLAIMS = new JobClaims();
