import type { Fault, FaultKind } from './types';

interface Entry {
	on: RegExp;
	fault: FaultKind;
	toPass: number;
	toMeet: number;
}

/** The scripted faults of one sandbox, shared by all of its listeners. */
export class FaultBook {
	private entries: Entry[] = [];

	/** Adds a fault; faults added first are met first. */
	add({ on, fault, times = 1, after = 0 }: Fault): void {
		// A sticky or global pattern remembers where it stopped; a fault must see each call afresh.
		const pattern = new RegExp(on.source, on.flags.replace(/[gy]/g, ''));
		this.entries.push({ on: pattern, fault, toPass: after, toMeet: times });
	}

	/** Forgets all faults, met or not. */
	clear(): void {
		this.entries = [];
	}

	/**
	 * Takes the fault that a call meets, and counts it.
	 * @param call `METHOD /path?query`
	 * @returns what goes wrong, or undefined when the call passes
	 */
	take(call: string): FaultKind | undefined {
		for (const entry of this.entries) {
			if (entry.toMeet <= 0 || !entry.on.test(call)) continue;
			if (entry.toPass > 0) {
				entry.toPass -= 1;
				continue;
			}
			entry.toMeet -= 1;
			return entry.fault;
		}
		return undefined;
	}
}
