import type { IDataObject } from 'n8n-workflow';

import { type ErrorDetails, TryOnError } from '../errors';
import { stoppedError, type Timing } from '../time';
import type { JobDriver } from './driver';
import type { Told } from './lookout';
import { SubmitMemory } from './memory';
import type { Outcome } from './outcome';
import { runRows } from './rows';

/** A purchase of a suspended run, as n8n keeps it: its job, or why there is none. */
export type Kept = {
	/** The rows of the input that it is for. */
	rows: number[];
	/** What is wanted of its output. */
	order: IDataObject;
} & ({ job: IDataObject } | { error: { message: string; details: ErrorDetails } });

/** A service whose jobs are followed by another run than the one that has bought them. */
export interface Followed<Job extends IDataObject, Result, Output> {
	/** What there is to know of its jobs, in plain functions; nothing is bought, and cancelled only after Stop. */
	driver: Pick<
		JobDriver<never, Job>,
		'service' | 'noun' | 'revive' | 'chargeOf' | 'idOf' | 'cancel'
	>;
	/** Asks the service which of these jobs have ended; does not throw. */
	ended(jobs: readonly Job[], timing: Timing): Promise<Told>;
	/** Milliseconds after its last call until a job is known to have ended; default: at once. */
	settlesMs?: number;
	/** Reads what a job that has ended made. @throws TryOnError */
	finish(job: Job, timing: Timing): Promise<Result>;
	/** Makes the output of a purchase. It does not throw for what can be told in the output. */
	collect(job: Job, result: Result, order: IDataObject): Promise<Output>;
	/** Done with all purchases once they are handed out, such as tidying up; it may change them. */
	settle?(outcomes: Array<Outcome<Output>>, timing: Timing): Promise<void>;
}

const RESULTS_AT_ONCE = 10;

// Stryker disable all: the one is never called, and no value of the other makes a difference.
/** Placeholder: never called. */
function notAsked(): never {
	throw new TypeError('A suspended run buys nothing when it goes on');
}

/** Placeholder: only another try would find its purchases by it. */
const NO_TRY = '';
// Stryker restore all

/** The jobs of a suspended run, and their service. */
export class Follower<Job extends IDataObject, Result, Output> {
	/** By id. */
	private readonly jobs = new Map<string, Job>();

	constructor(
		private readonly followed: Followed<Job, Result, Output>,
		private readonly kept: readonly Kept[],
	) {
		const { driver } = followed;
		for (const purchase of kept) {
			const job = 'job' in purchase ? driver.revive(purchase.job) : undefined;
			if (job) this.jobs.set(driver.idOf(job), job);
		}
	}

	/** See {@link Followed}. */
	get settlesMs(): number {
		return this.followed.settlesMs ?? 0;
	}

	/** Ids of all jobs. */
	get ids(): string[] {
		return [...this.jobs.keys()];
	}

	/** What the service tells of these jobs now. */
	async ended(ids: readonly string[], timing: Timing): Promise<Told> {
		const jobs = ids.map((id) => this.jobs.get(id)).filter((job) => job !== undefined);
		if (jobs.length === 0) return { ended: [], refused: [], failed: false };
		return await this.followed.ended(jobs, timing);
	}

	/**
	 * Reads what the jobs made; gives them up when the signal is aborted.
	 *
	 * @param nameOf how a row is called in messages, such as "row 2"
	 * @returns how each purchase ended, by the first of its rows, in their order
	 */
	async handOut(timing: Timing, nameOf: (row: number) => string): Promise<Array<Outcome<Output>>> {
		const { driver, finish, collect, settle } = this.followed;
		const memory = new SubmitMemory({}, { execution: NO_TRY, run: 0 });
		const orders = new Map<number, IDataObject>();
		for (const { rows, order, ...end } of this.kept) {
			const [row = 0] = rows;
			orders.set(row, order);
			if ('job' in end) memory.rememberJob(row, NO_TRY, end.job);
			else memory.rememberError(row, NO_TRY, new TryOnError(end.error.message, end.error.details));
		}
		const outcomes = await runRows<never, Job, Result, Output>({
			rows: [...orders.keys()],
			driver: { ...driver, fingerprint: notAsked, submit: notAsked },
			memory,
			timing,
			jobsInFlight: RESULTS_AT_ONCE,
			onError: 'continue',
			nameOf,
			prepare: notAsked,
			onTaken: notAsked,
			finish: async (job, readIn) => {
				if (readIn.signal?.aborted) throw stoppedError(readIn.signal);
				return await finish(job, readIn);
			},
			collect: async (row, job, result) => await collect(job, result, orders.get(row) ?? {}),
		});
		await settle?.(outcomes, timing);
		return outcomes;
	}
}
