import type { IDataObject } from 'n8n-workflow';
import pLimit from 'p-limit';

import {
	type Charged,
	copyOf,
	JobFailedError,
	MaxWaitError,
	StoppedError,
	toTryOnError,
	TryOnError,
} from '../errors';
import type { Timing } from '../time';
import type { AskedRow, Batch } from './driver';
import { type EarlierPurchase, Payments, rememberedError } from './memory';
import {
	notTried,
	type Outcome,
	RowFailure,
	tellUnready,
	unreadableRow,
	type UnreadyRow,
} from './outcome';

/** Takes a place, as soon as there is one. @returns what gives it back */
async function enter(places: pLimit.Limit): Promise<() => void> {
	return await new Promise((entered) => {
		void places(async () => await new Promise<void>((leave) => entered(leave)));
	});
}

/** Where rows are: in a slot while their job is at the service, then at a desk while it is read. */
class Slots {
	/** The service's own, as far as the user lets this run have them. */
	private readonly slots: pLimit.Limit;
	/** Of rows whose job is over: a slow line must not pile up more than it can fetch in time. */
	private readonly desks: pLimit.Limit;

	/** @param count of slots, and of desks */
	constructor(count: number) {
		this.slots = pLimit(count);
		this.desks = pLimit(count);
	}

	/**
	 * Does something in a slot, which it may leave for a desk before it is done. A slot that finds no
	 * desk free is kept until then, so that no more is bought than can be read.
	 */
	async inSlot<T>(work: (leave: () => Promise<void>) => Promise<T>): Promise<T> {
		let leave = await enter(this.slots);
		let isAtDesk = false;
		const toDesk = async () => {
			if (isAtDesk) return;
			isAtDesk = true;
			const leaveDesk = await enter(this.desks);
			leave();
			leave = leaveDesk;
		};
		try {
			return await work(toDesk);
		} finally {
			leave();
		}
	}
}

/**
 * Rows whose output n8n has got for good. A first item that is an error makes n8n run the node again
 * where Retry On Fail is on, and drop all of this.
 */
export function deliveredRows<Output>(outcomes: ReadonlyArray<Outcome<Output>>): number[] {
	const [first] = outcomes;
	if (!first || 'error' in first) return [];
	return outcomes.filter((outcome) => 'output' in outcome).map(({ row }) => row);
}

/** How many rows are checked at once; a check reads files and calls nobody. */
const CHECKS_AT_ONCE = 4;

const FETCH = 'Fetch it with Get.';

const ENDED_BY_ROW = 'Another row ended this run before this one was finished.';

/** A row that may be bought, or was by an earlier try. */
type Ready<Request> = AskedRow<Request> | { row: number; known: EarlierPurchase };

/** What is known of a row before anything is paid for it in this try. */
type Prepared<Request> = Ready<Request> | UnreadyRow;

/** The rows of one run of a node, side by side, each bought at most once. */
class BatchRun<Request, Job extends IDataObject, Result, Output> {
	/** Aborted by n8n's Stop, and by a failed row where that ends the batch. */
	private readonly halt = new AbortController();
	private readonly timing: Timing;
	private firstFailure?: { row: number; error: TryOnError };
	/** What is wrong with the account, once a row has found out. */
	private accountFailure?: TryOnError;
	private readonly payments: Payments;
	private readonly slots: Slots;

	constructor(private readonly batch: Batch<Request, Job, Result, Output>) {
		this.slots = new Slots(batch.jobsInFlight);
		this.timing = { clock: batch.timing.clock, signal: this.halt.signal };
		this.payments = new Payments(batch.nameOf);
	}

	async run(): Promise<Array<Outcome<Output>>> {
		const { timing, memory } = this.batch;
		const stop = () => this.halt.abort('The execution was stopped.');
		if (timing.signal?.aborted) stop();
		timing.signal?.addEventListener('abort', stop);
		// Stryker disable next-line ArrayDeclaration: what is no row of the run is not handed out either.
		let delivered: number[] = [];
		try {
			const prepared = await this.approved(await this.prepareAll());
			const outcomes = await Promise.all(prepared.map(async (entry) => await this.row(entry)));
			if (this.firstFailure) throw this.endOfBatch(this.firstFailure);
			delivered = deliveredRows(outcomes);
			return outcomes;
		} finally {
			memory.end(delivered);
			timing.signal?.removeEventListener('abort', stop);
		}
	}

	/** All rows are checked before the first one costs anything. */
	private async prepareAll(): Promise<Array<Prepared<Request>>> {
		const { rows, memory, onError } = this.batch;
		const limit = pLimit(CHECKS_AT_ONCE);
		const prepareOne = async (row: number): Promise<Prepared<Request>> => {
			const known = memory.recall(row);
			if (known) {
				this.noteKnown(row, known);
				return { row, known };
			}
			try {
				return { row, request: await this.batch.prepare(row) };
			} catch (error) {
				return { row, error: toTryOnError(error, 'input') };
			}
		};
		const prepared = await Promise.all(rows.map(async (row) => await limit(prepareOne, row)));
		const [bad, ...others] = prepared.filter((entry) => 'error' in entry);
		if (onError === 'stop' && bad) {
			tellUnready(bad.error, others, this.batch.nameOf);
			throw this.endOfBatch(bad);
		}
		return prepared;
	}

	/**
	 * Asks whether the rows may be bought. Where not, what an earlier try has bought is handed out all
	 * the same, or at least named.
	 *
	 * @throws TryOnError when there is nothing to hand out, or a failed row ends the batch
	 */
	private async approved(prepared: Array<Prepared<Request>>): Promise<Array<Prepared<Request>>> {
		try {
			await this.batch.approve?.(
				prepared.filter((entry) => 'request' in entry),
				prepared.flatMap((entry) => ('known' in entry ? entry.row : [])),
			);
			return prepared;
		} catch (thrown) {
			const error = toTryOnError(thrown, 'input');
			const isFirst = prepared.every((entry) => !('known' in entry));
			if (isFirst || this.batch.onError === 'stop') throw this.payments.tellIn(error);
			return prepared.map((entry) =>
				'request' in entry ? { row: entry.row, error: copyOf(error) } : entry,
			);
		}
	}

	private async row(prepared: Prepared<Request>): Promise<Outcome<Output>> {
		if ('error' in prepared) return prepared;
		const { row } = prepared;
		try {
			const output = await this.slots.inSlot(async (leave) => await this.buy(prepared, leave));
			return { row, output };
		} catch (thrown) {
			const error = toTryOnError(thrown, 'submit');
			if (error.details.ofAccount) this.accountFailure ??= error;
			if (this.batch.onError === 'stop' && !this.halt.signal.aborted) {
				this.firstFailure = { row, error };
				this.halt.abort(ENDED_BY_ROW);
			}
			return { row, error };
		}
	}

	/** @param leaveSlot for the next row */
	private async buy(prepared: Ready<Request>, leaveSlot: () => Promise<void>): Promise<Output> {
		const { driver, memory, onError } = this.batch;
		const { row } = prepared;
		const fingerprint =
			'known' in prepared ? prepared.known.fingerprint : driver.fingerprint(prepared.request);
		const known = 'known' in prepared ? prepared.known : memory.claim(row, fingerprint);
		if (known?.what.kind === 'error') throw rememberedError(known.what);
		const revived = known && driver.revive(known.what.job);
		let job = revived;
		if (!job) {
			if (!('request' in prepared)) throw unreadableRow();
			job = await this.submit(row, fingerprint, prepared.request);
		}
		this.payments.note(row, this.chargeOf(job), driver.idOf(job));
		try {
			if (!revived) this.batch.onTaken(row, driver.idOf(job));
			// Where a failed row ends the batch, nothing is bought before it is known how this one ended.
			const ended = onError === 'stop' ? async () => {} : leaveSlot;
			const result = await this.batch.finish(job, this.timing, ended);
			await leaveSlot();
			return await this.batch.collect(row, job, result);
		} catch (error) {
			throw await this.afterTaken(row, fingerprint, job, error);
		}
	}

	private async submit(row: number, fingerprint: string, request: Request): Promise<Job> {
		const { driver, memory } = this.batch;
		if (this.halt.signal.aborted) throw this.stopped();
		if (this.accountFailure) throw notTried('submitted', this.accountFailure);
		let job: Job;
		try {
			job = await driver.submit(request, this.timing);
		} catch (thrown) {
			// What nobody foresaw may have come after the service took the job.
			const error = toTryOnError(thrown, 'submit', 'unknown');
			const { charged, requestId } = error.details;
			const again = charged === 'no' || driver.maySubmitAgain?.(error) === true;
			if (!again) memory.rememberError(row, fingerprint, error);
			this.payments.note(row, charged, requestId);
			throw error;
		}
		memory.rememberJob(row, fingerprint, job);
		return job;
	}

	private noteKnown(row: number, { what }: EarlierPurchase): void {
		const { driver } = this.batch;
		if (what.kind === 'error') {
			this.payments.note(row, what.details.charged, what.details.requestId);
			return;
		}
		const job = driver.revive(what.job);
		if (job) this.payments.note(row, this.chargeOf(job), driver.idOf(job));
	}

	private chargeOf(job: Job): Charged {
		return this.batch.driver.chargeOf?.(job) ?? 'unknown';
	}

	private get noun(): string {
		return this.batch.driver.noun ?? 'Job';
	}

	private stopped(): StoppedError {
		const message = String(this.halt.signal.reason);
		return new StoppedError(message, { stage: 'submit', retryable: true, charged: 'no' });
	}

	/**
	 * What follows from the end of a job that was bought: its id is in whatever is said of it. Only a
	 * job that certainly ended without a charge is bought anew.
	 */
	private async afterTaken(
		row: number,
		fingerprint: string,
		job: Job,
		thrown: unknown,
	): Promise<TryOnError> {
		const { driver, memory } = this.batch;
		const requestId = driver.idOf(job);
		const error = toTryOnError(thrown, 'result').add({ requestId });
		if (error instanceof JobFailedError) {
			error.message = `${this.noun} ${requestId}: ${error.message}`;
			const { charged, retryable } = error.details;
			this.payments.note(row, charged, requestId);
			if (charged === 'no' && retryable) memory.forget(row);
			else memory.rememberError(row, fingerprint, error);
			return error;
		}
		if (error instanceof MaxWaitError || error instanceof StoppedError) {
			await this.giveUp(row, job, error);
			return error;
		}
		error.add({ charged: this.chargeOf(job) });
		error.message = `${this.noun} ${requestId}: ${error.message} The ${this.noun.toLowerCase()} was submitted and may be finished.`;
		return error.advise(FETCH);
	}

	private async giveUp(row: number, job: Job, error: TryOnError): Promise<void> {
		const { driver, memory } = this.batch;
		const requestId = driver.idOf(job);
		const endedByRow = error instanceof StoppedError && this.firstFailure !== undefined;
		if (!driver.cancel || (endedByRow && driver.hasStarted?.(job))) {
			error.add({ charged: this.chargeOf(job) });
			error.message += ` ${this.noun} ${requestId} goes on.`;
			error.advise(FETCH);
			return;
		}
		try {
			const { status, cancelled } = await driver.cancel(job);
			error.add({ charged: cancelled ? 'no' : 'unknown', cancelStatus: status });
			error.message += cancelled
				? ` ${this.noun} ${requestId} was cancelled and is not charged.`
				: ` ${this.noun} ${requestId}: ${driver.service} answered ${status} to the cancel, so it may still be charged.`;
			if (!cancelled) {
				error.advise(FETCH);
				return;
			}
			this.payments.drop(row);
			memory.forget(row);
		} catch {
			error.add({ charged: 'unknown', cancelStatus: 'not reached' });
			error.message += ` ${this.noun} ${requestId} could not be cancelled: ${driver.service} was not reached.`;
			error.advise(FETCH);
		}
	}

	/** The error of the row that ended the batch, with every other row that costs, or may. */
	private endOfBatch({ row, error }: { row: number; error: TryOnError }): RowFailure {
		return new RowFailure(row, this.payments.tellIn(error, row));
	}
}

/**
 * Runs rows side by side.
 *
 * @returns one outcome per row, in the order of the rows
 * @throws RowFailure when a failed row ends the batch
 */
export async function runRows<Request, Job extends IDataObject, Result, Output>(
	batch: Batch<Request, Job, Result, Output>,
): Promise<Array<Outcome<Output>>> {
	return await new BatchRun(batch).run();
}
