import type { IDataObject } from 'n8n-workflow';

import { type ErrorDetails, TryOnError } from '../errors';

/** What is remembered of a row: its job, or why it must not be submitted again. */
export type Remembered =
	| { kind: 'job'; job: IDataObject }
	| { kind: 'error'; message: string; details: ErrorDetails };

interface Entry {
	fingerprint: string;
	what: Remembered;
}

/** Where it is kept in the node's context. */
const KEY = 'submittedJobs';

interface Store {
	run: number;
	rows: Record<string, Entry>;
}

function isStore(value: unknown): value is Store {
	return typeof value === 'object' && value !== null && 'run' in value && 'rows' in value;
}

/**
 * The jobs that a node has submitted in this execution.
 *
 * Retry On Fail runs the whole node again for all rows. n8n keeps a node's context with the
 * execution, so what is written there outlives the failed try, and is gone with the execution.
 * A job belongs to a row of a run of the node: the same request in another row, or in the next
 * round of a loop, is another purchase.
 */
export class SubmitMemory {
	private readonly rows: Record<string, Entry>;

	/**
	 * @param context of the node: `getContext('node')`
	 * @param run index of this run of the node within the execution
	 */
	constructor(context: IDataObject, run: number) {
		const found: unknown = context[KEY];
		const store: Store = isStore(found) && found.run === run ? found : { run, rows: {} };
		Object.assign(context, { [KEY]: store });
		this.rows = store.rows;
	}

	/**
	 * @param fingerprint of the request: a row that asks for something else is a new purchase
	 */
	recall(row: number, fingerprint: string): Remembered | undefined {
		const entry = this.rows[row];
		return entry?.fingerprint === fingerprint ? entry.what : undefined;
	}

	rememberJob(row: number, fingerprint: string, job: IDataObject): void {
		this.rows[row] = { fingerprint, what: { kind: 'job', job } };
	}

	/** Remembers that this request failed in a way that another submit would only repeat. */
	rememberError(row: number, fingerprint: string, error: TryOnError): void {
		const { message, details } = error;
		this.rows[row] = { fingerprint, what: { kind: 'error', message, details: { ...details } } };
	}

	forget(row: number): void {
		Reflect.deleteProperty(this.rows, row);
	}
}
