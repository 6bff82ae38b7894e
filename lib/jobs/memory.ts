import type { IDataObject } from 'n8n-workflow';

import { type ErrorDetails, TryOnError } from '../errors';

/** What is remembered of a row: its job, or why it must not be submitted again. */
export type Remembered =
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
export interface Purchase {
	fingerprint: string;
	what: Remembered;
}

interface Entry extends Purchase {
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

/** Where it is kept in the node's context. */
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
	recall(row: number): Purchase | undefined {
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
	claim(row: number, fingerprint: string): Purchase | undefined {
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
