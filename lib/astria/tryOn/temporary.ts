import { randomUUID } from 'node:crypto';

import type { IDataObject } from 'n8n-workflow';
import pLimit from 'p-limit';

import { TryOnError } from '../../errors';
import type { RunIdentity } from '../../jobs/memory';
import { isObject, numberOf, numbersOf, objectOf } from '../../json';
import { type Timing, within } from '../../time';
import type { AstriaClient } from '../api/client';
import { isGone } from '../api/errors';
import { removeTune } from '../tunes/tune';

/** Where they are noted in the node's context, which outlives a try of Retry On Fail. */
export const TEMPORARY_KEY = 'temporaryTunes';

/** Letters of a mark that nobody else has by chance. */
const MARK_LENGTH = 12;

/** How many are deleted at once. */
const AT_ONCE = 5;

/** Milliseconds for the deletes after Stop, which somebody waits for. */
const AFTER_STOP_MS = 10_000;

/** What is noted of a run; a type and not an interface, so that n8n can store it as JSON. */
type Notes = {
	execution: string;
	run: number | null;
	/** Sets the titles of this run's tunes apart from those of all others. */
	mark: string;
	tries: number;
	made: number[];
	/** Tunes that a prompt may still need, by its id. */
	inUse: Record<string, number[]>;
	/** Tunes of prompts of which nobody knows whether they run. */
	unsettled: number[];
};

function readNotes(value: unknown, { execution, run }: RunIdentity, isTool: boolean): Notes {
	const known = !isTool && isObject(value) && value.run === run ? value : {};
	const inUse = Object.entries(objectOf(known.inUse));
	return {
		execution,
		run: isTool ? null : run,
		mark: typeof known.mark === 'string' ? known.mark : randomUUID().slice(-MARK_LENGTH),
		tries: (known.execution === execution && numberOf(known.tries)) || 0,
		made: numbersOf(known.made),
		inUse: Object.fromEntries(inUse.map(([promptId, ids]) => [promptId, numbersOf(ids)])),
		unsettled: numbersOf(known.unsettled),
	};
}

/**
 * References that one run of a node makes for itself: nobody else finds them, since their titles
 * have the run's own mark, and each is deleted when no prompt can need it any more.
 */
export class TemporaryTunes {
	private readonly notes: Notes;

	/**
	 * @param memory the node's context. The editor's *Retry* hands it on to another execution, where a
	 * prompt of the failed one may still run: it keeps its tunes until somebody knows that it has ended.
	 * @param identity the run; calls of an agent's tool may have the same one at the same time, so that
	 * each keeps to itself
	 */
	constructor(
		private readonly client: AstriaClient,
		private readonly memory: IDataObject,
		identity: RunIdentity,
	) {
		this.notes = readNotes(memory[TEMPORARY_KEY], identity, identity.call !== undefined);
		this.notes.tries += 1;
		this.remember();
	}

	/** What the titles of this run's tunes end in. */
	get mark(): string {
		return `temporary ${this.notes.mark}`;
	}

	/** Which try of the run this is, counted from 1. */
	get tries(): number {
		return this.notes.tries;
	}

	/** Notes a tune that this run has made. */
	add(tuneId: number): void {
		if (!this.notes.made.includes(tuneId)) this.notes.made.push(tuneId);
		this.remember();
	}

	/** A prompt refers to these tunes, until {@link release}. */
	hold(promptId: number, tuneIds: readonly number[]): void {
		this.notes.inUse[promptId] = [...tuneIds];
		this.remember();
	}

	/** The tunes that a prompt may still need. */
	heldBy(promptId: number): readonly number[] {
		return this.notes.inUse[promptId] ?? [];
	}

	/** A prompt has ended, and its pictures are where they should be. */
	release(promptId: number): void {
		const { [promptId]: _ended, ...inUse } = this.notes.inUse;
		this.notes.inUse = inUse;
		this.remember();
	}

	/** Nobody knows whether a prompt that refers to these tunes is running: they stay. */
	holdUnsettled(tuneIds: readonly number[]): void {
		this.notes.unsettled.push(...tuneIds);
		this.remember();
	}

	/**
	 * Deletes those that no prompt can need any more; after Stop with a deadline of its own.
	 *
	 * @returns the ids of those that are still there
	 */
	async deleteUnneeded({ clock, signal }: Timing): Promise<ReadonlySet<number>> {
		const needed = new Set([...this.notes.unsettled, ...Object.values(this.notes.inUse).flat()]);
		const unneeded = this.notes.made.filter((id) => !needed.has(id));
		if (signal?.aborted) {
			await within(clock, AFTER_STOP_MS, async (own) => {
				await this.deleteAll(unneeded, { clock, signal: own });
			});
		} else {
			await this.deleteAll(unneeded, { clock, signal });
		}
		return new Set(this.notes.made);
	}

	private async deleteAll(ids: readonly number[], timing: Timing): Promise<void> {
		const limit = pLimit(AT_ONCE);
		const drop = async (id: number) => {
			try {
				await removeTune(this.client, timing, id);
			} catch (error) {
				if (!(error instanceof TryOnError)) throw error;
				// One that stays costs nothing, so a failure is no reason to lose anything else.
				if (!isGone(error)) return;
			}
			this.notes.made = this.notes.made.filter((other) => other !== id);
		};
		await Promise.all(ids.map(async (id) => await limit(drop, id)));
		this.remember();
	}

	private remember(): void {
		if (this.notes.run !== null) Object.assign(this.memory, { [TEMPORARY_KEY]: this.notes });
	}
}
