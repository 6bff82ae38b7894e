import type { IDataObject } from 'n8n-workflow';

import { type Charged, type ErrorDetails, TryOnError } from '../errors';
import { stoppedError, untilAborted } from '../time';

/** What is remembered of a row: its job, or why it must not be submitted again. */
type Remembered =
	| { kind: 'job'; job: IDataObject }
	| { kind: 'error'; message: string; details: ErrorDetails };

/** What tells one run of a node from another. */
export interface RunIdentity {
	/** n8n's id of the execution. */
	execution: string;
	/** Index of this run of the node within the execution. */
	run: number;
	/**
	 * As an agent's tool: which of its calls this is. n8n then raises the run index with every try,
	 * and gives two calls the same one, so that it says nothing.
	 */
	call?: string;
}

/** A purchase that was made before, or an attempt at one. */
export interface EarlierPurchase {
	fingerprint: string;
	what: Remembered;
}

interface Entry extends EarlierPurchase {
	row: number;
	call?: string;
	/** Whether a try that is under way has it. */
	inUse: boolean;
}

interface Store {
	execution: string;
	run: number;
	entries: Entry[];
	/** Jobs of executions that failed before; they wait for a row that asks for the same. */
	earlier: Entry[];
}

const KEY = 'submittedJobs';

function isStore(value: unknown): value is Store {
	return typeof value === 'object' && value !== null && 'entries' in value && 'earlier' in value;
}

/** Jobs of an execution that is over, also when it was ended before it could say so. */
function leftOver({ entries, earlier }: Store): Entry[] {
	const jobs = [...earlier, ...entries].filter(({ what }) => what.kind === 'job');
	return jobs.map((entry) => ({ ...entry, inUse: false }));
}

/**
 * The jobs that a node has submitted.
 *
 * Retry On Fail runs the whole node again for all rows, and evaluates every expression anew. n8n
 * keeps a node's context with the execution, so what is written there outlives the failed try. Who
 * a purchase belongs to differs:
 *
 * - Within an execution it belongs to a row of a run, whatever the row asks for on the next try.
 * - The editor's *Retry* is another execution, which gets the context of the failed one. There a
 *   person has asked again, so that only jobs are picked up, and only by a row that asks for the
 *   same; what failed, or whose outcome nobody knows, may be bought again.
 * - As an agent's tool it belongs to its call, as to a row of a run. A call that has failed for good
 *   leaves it to one that asks for the same.
 */
export class SubmitMemory {
	private readonly store: Store;
	/** What the rows of this try have. */
	private readonly mine = new Map<number, Entry>();

	/** @param context of the node: `getContext('node')` */
	constructor(
		context: IDataObject,
		private readonly identity: RunIdentity,
	) {
		const { execution, run, call } = identity;
		const found: unknown = context[KEY];
		const known = isStore(found) ? found : undefined;
		const isSame = known?.execution === execution && (call !== undefined || known.run === run);
		const earlier = known?.run === run ? leftOver(known) : [];
		this.store = isSame ? known : { execution, run, entries: [], earlier };
		Object.assign(context, { [KEY]: this.store });
	}

	/** What this row has bought in an earlier try of this run or call, whatever it asks for now. */
	recall(row: number): EarlierPurchase | undefined {
		const isMine = (entry: Entry) => entry.row === row && entry.call === this.identity.call;
		const entry = this.store.entries.find(isMine);
		if (!entry) return undefined;
		entry.inUse = true;
		this.mine.set(row, entry);
		return entry;
	}

	/**
	 * What was bought for the same request where the row alone does not tell: in the execution that
	 * is run again, or as a tool. Each can be had once.
	 */
	claim(row: number, fingerprint: string): EarlierPurchase | undefined {
		const isMeant = (entry: Entry) => entry.fingerprint === fingerprint && !entry.inUse;
		const ofTool = this.isTool ? this.store.entries.find(isMeant) : undefined;
		const entry = ofTool ?? this.take(this.store.earlier, isMeant);
		if (!entry) return undefined;
		if (!ofTool) this.store.entries.push(entry);
		Object.assign(entry, { row, call: this.identity.call, inUse: true });
		this.mine.set(row, entry);
		return entry;
	}

	rememberJob(row: number, fingerprint: string, job: IDataObject): void {
		this.put(row, fingerprint, { kind: 'job', job });
	}

	/** Remembers that this row failed in a way that another submit would only repeat. */
	rememberError(row: number, fingerprint: string, { message, details }: TryOnError): void {
		this.put(row, fingerprint, { kind: 'error', message, details: { ...details } });
	}

	/** The row may be bought again. */
	forget(row: number): void {
		const entry = this.mine.get(row);
		this.mine.delete(row);
		this.take(this.store.entries, (candidate) => candidate === entry);
	}

	/**
	 * Ends a try.
	 *
	 * @param delivered rows whose output n8n has got for good; as a tool, the next call that asks for
	 * the same is another purchase
	 */
	end(delivered: Iterable<number>): void {
		if (this.isTool) for (const row of delivered) this.forget(row);
		for (const entry of this.mine.values()) entry.inUse = false;
	}

	private get isTool(): boolean {
		return this.identity.call !== undefined;
	}

	private put(row: number, fingerprint: string, what: Remembered): void {
		this.forget(row);
		const entry = { row, call: this.identity.call, fingerprint, what, inUse: true };
		this.store.entries.push(entry);
		this.mine.set(row, entry);
	}

	private take(entries: Entry[], isMeant: (entry: Entry) => boolean): Entry | undefined {
		const index = entries.findIndex(isMeant);
		return index < 0 ? undefined : entries.splice(index, 1)[0];
	}
}

/** The error that was remembered, for one row: each row adds its own to it. */
export function rememberedError({ message, details }: Extract<Remembered, { kind: 'error' }>) {
	return new TryOnError(message, { ...details });
}

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

	/** Gives it an owner. */
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

/** What the account may have paid for a row. */
interface Payment {
	id?: string;
	isCertain: boolean;
}

/** Which rows of a run cost, or may, so that no error hides the ids of what was bought. */
export class Payments {
	private readonly payments = new Map<number, Payment>();

	/** @param nameOf how a row is called in messages, such as "item 2" */
	constructor(private readonly nameOf: (row: number) => string) {}

	/** @param charged absent means that nobody knows */
	note(row: number, charged: Charged | undefined, id: string | undefined): void {
		if (charged === 'no') this.drop(row);
		else this.payments.set(row, { id, isCertain: charged === 'yes' });
	}

	drop(row: number): void {
		this.payments.delete(row);
	}

	/**
	 * Tells in the error that ends a run of every row that costs, or may.
	 *
	 * @param besides the row that the error is about anyway
	 * @returns this same error
	 */
	tellIn(error: TryOnError, besides?: number): TryOnError {
		const others = [...this.payments].filter(([row]) => row !== besides).sort(([a], [b]) => a - b);
		if (others.length === 0) return error;
		const told = others.map(([row, { id, isCertain }]) => {
			const name = this.nameOf(row);
			if (id === undefined) {
				return isCertain
					? `${name} (charged, though no job was taken)`
					: `${name} (it is unknown whether its job was taken)`;
			}
			return isCertain ? `${name} (${id}, charged)` : `${name} (${id})`;
		});
		error.message += ` Other rows of this run have been submitted: ${told.join(', ')}.`;
		return error.advise('Fetch the other rows with Get, by their ids.').add({
			paidRequestIds: others.flatMap(([, { id }]) => id ?? []),
			submittedRows: others.map(([row, { id, isCertain }]) => {
				const none = isCertain ? 'charged' : 'unknown';
				return `${this.nameOf(row)}: ${id ?? none}`;
			}),
		});
	}
}
