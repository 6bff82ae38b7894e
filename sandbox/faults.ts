import type { Fault, FaultKind, SandboxAnswer } from './types';

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

	/** How often faults are still to be met: a test that means to meet all looks here. */
	get unmet(): number {
		return this.entries.reduce((sum, { toMeet }) => sum + toMeet, 0);
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

/** What a gateway says when the service behind it takes too long. */
const GATEWAY_TIMEOUT: SandboxAnswer = {
	status: 504,
	headers: { 'Content-Type': 'text/html' },
	body: '<html><head><title>504 Gateway Time-out</title></head></html>',
};

/** A gateway gives up on a call that the service never saw. */
export const TIMED_OUT: FaultKind = { kind: 'answer', answer: GATEWAY_TIMEOUT };

/** A gateway gives up on a call that took effect all the same. */
export const TIMED_OUT_TAKEN: FaultKind = { kind: 'answerAfter', answer: GATEWAY_TIMEOUT };

/** The right answer, in an array of one. An event stream has no body, so it stays as it is. */
export const IN_AN_ARRAY: FaultKind = {
	kind: 'change',
	change: (answer) => (answer.events === undefined ? { ...answer, body: [answer.body] } : answer),
};

/** The right answer, called something else than it is. */
export function called(contentType: string): FaultKind {
	return {
		kind: 'change',
		change: (answer) => ({
			...answer,
			headers: { ...answer.headers, 'Content-Type': contentType },
		}),
	};
}
