import type { IDataObject } from 'n8n-workflow';
import pLimit from 'p-limit';

import {
	type Charged,
	JobFailedError,
	MaxWaitError,
	StoppedError,
	toTryOnError,
	TryOnError,
} from '../errors';
import type { JobDriver } from './driver';
import type { SubmitMemory } from './memory';
import type { Timing } from './retry';

/** How one row ended. */
export type Outcome<Output> = { row: number; output: Output } | { row: number; error: TryOnError };

/** All that a batch of rows needs. */
export interface Batch<Request, Job extends IDataObject, Result, Output> {
	/** How many rows there are. */
	rows: number;
	driver: JobDriver<Request, Job, Result>;
	memory: SubmitMemory;
	timing: Timing;
	/** How many rows may be under way at once. */
	jobsInFlight: number;
	/** Whether a failed row leaves the others alone, or ends the batch. */
	onError: 'continue' | 'stop';
	/**
	 * Checks a row and makes its request; costs nothing and leaves nothing behind.
	 *
	 * @throws InputError
	 */
	prepare(row: number): Promise<Request>;
	/** Makes a row's output of its result. It does not throw for what can be told in the output. */
	collect(row: number, job: Job, result: Result): Promise<Output>;
}

/** How many rows are checked at once; a check reads files and calls nobody. */
const CHECKS_AT_ONCE = 4;

const ENDED_BY_ROW = 'Another row ended this run before this one was finished.';

type Prepared<Request> = { request: Request } | { error: TryOnError };

/** An error that nobody foresaw may have come after the service took the job. */
function submitFailure(service: string, thrown: unknown): TryOnError {
	return thrown instanceof TryOnError
		? thrown
		: toTryOnError(thrown, service, 'submit').add({ charged: 'unknown' });
}

/** The rows of one run of a node, side by side, each bought at most once. */
class BatchRun<Request, Job extends IDataObject, Result, Output> {
	/** Aborted by n8n's Stop, and by a failed row where that ends the batch. */
	private readonly halt = new AbortController();
	private readonly timing: Timing;
	private firstFailure?: { row: number; error: TryOnError };
	/** Ids of jobs that the service has taken and that were not cancelled, by row. */
	private readonly taken = new Map<number, string>();

	constructor(private readonly batch: Batch<Request, Job, Result, Output>) {
		this.timing = { clock: batch.timing.clock, signal: this.halt.signal };
	}

	private chargeOf(job: Job): Charged {
		return this.batch.driver.chargeOf?.(job) ?? 'unknown';
	}

	private get noun(): string {
		return this.batch.driver.noun ?? 'Job';
	}

	async run(): Promise<Array<Outcome<Output>>> {
		const { rows, timing, jobsInFlight } = this.batch;
		const stop = () => this.halt.abort('The execution was stopped.');
		if (timing.signal?.aborted) stop();
		timing.signal?.addEventListener('abort', stop, { once: true });
		try {
			const prepared = await this.prepareAll();
			const limit = pLimit(jobsInFlight);
			const outcomes = await Promise.all(
				prepared.map(async (entry, row) => await limit(async () => await this.row(row, entry))),
			);
			if (this.firstFailure) throw this.endOfBatch(this.firstFailure, rows);
			return outcomes;
		} finally {
			timing.signal?.removeEventListener('abort', stop);
		}
	}

	/** All rows are checked before the first one costs anything. */
	private async prepareAll(): Promise<Array<Prepared<Request>>> {
		const { rows, driver, onError } = this.batch;
		const limit = pLimit(CHECKS_AT_ONCE);
		const prepareOne = async (row: number): Promise<Prepared<Request>> => {
			try {
				return { request: await this.batch.prepare(row) };
			} catch (error) {
				return { error: toTryOnError(error, driver.service, 'input') };
			}
		};
		const prepared = await Promise.all(
			Array.from({ length: rows }, async (_, row) => await limit(prepareOne, row)),
		);
		const row = prepared.findIndex((entry) => 'error' in entry);
		const bad = prepared[row];
		if (onError === 'stop' && bad && 'error' in bad) throw new RowFailure(row, bad.error);
		return prepared;
	}

	private async row(row: number, prepared: Prepared<Request>): Promise<Outcome<Output>> {
		if ('error' in prepared) return { row, error: prepared.error };
		try {
			return { row, output: await this.buy(row, prepared.request) };
		} catch (thrown) {
			const error = toTryOnError(thrown, this.batch.driver.service, 'result');
			if (this.batch.onError === 'stop' && !this.halt.signal.aborted) {
				this.firstFailure = { row, error };
				this.halt.abort(ENDED_BY_ROW);
			}
			return { row, error };
		}
	}

	private async buy(row: number, request: Request): Promise<Output> {
		const { driver, memory } = this.batch;
		const fingerprint = driver.fingerprint(request);
		const known = memory.recall(row, fingerprint);
		if (known?.kind === 'error') throw new TryOnError(known.message, { ...known.details });
		if (this.halt.signal.aborted) throw this.stopped();
		let job = known && driver.revive(known.job);
		if (!job) {
			try {
				job = await driver.submit(request, this.timing);
			} catch (thrown) {
				const error = submitFailure(driver.service, thrown);
				const again = error.details.charged === 'no' || driver.maySubmitAgain?.(error) === true;
				if (!again) memory.rememberError(row, fingerprint, error);
				throw error;
			}
			memory.rememberJob(row, fingerprint, job);
		}
		if (this.chargeOf(job) !== 'no') this.taken.set(row, driver.idOf(job));
		try {
			const result = await driver.finish(job, this.timing);
			return await this.batch.collect(row, job, result);
		} catch (error) {
			throw await this.afterTaken(row, fingerprint, job, error);
		}
	}

	private stopped(): StoppedError {
		const { service } = this.batch.driver;
		const message = String(this.halt.signal.reason);
		return new StoppedError(message, { service, stage: 'submit', retryable: true, charged: 'no' });
	}

	/** What follows from the end of a job that was bought: its id is in whatever is said of it. */
	private async afterTaken(
		row: number,
		fingerprint: string,
		job: Job,
		thrown: unknown,
	): Promise<TryOnError> {
		const { driver, memory } = this.batch;
		const requestId = driver.idOf(job);
		const error = toTryOnError(thrown, driver.service, 'result').add({ requestId });
		if (error instanceof JobFailedError) {
			error.message = `${this.noun} ${requestId}: ${error.message}`;
			if (error.details.charged === 'no') this.taken.delete(row);
			// What may pass is worth another purchase; what would only fail again is not.
			if (error.details.retryable) memory.forget(row);
			else memory.rememberError(row, fingerprint, error);
			return error;
		}
		if (error instanceof MaxWaitError || error instanceof StoppedError) {
			await this.giveUp(row, job, error);
			return error;
		}
		error.add({ charged: this.chargeOf(job) });
		error.message = `${this.noun} ${requestId}: ${error.message} The job was submitted and may be finished: fetch it with Get.`;
		return error;
	}

	private async giveUp(row: number, job: Job, error: TryOnError): Promise<void> {
		const { driver, memory } = this.batch;
		const requestId = driver.idOf(job);
		const endedByRow = error instanceof StoppedError && this.firstFailure !== undefined;
		if (!driver.cancel || (endedByRow && driver.hasStarted(job))) {
			error.add({ charged: this.chargeOf(job) });
			error.message += ` ${this.noun} ${requestId} goes on: fetch it with Get.`;
			return;
		}
		try {
			const { status, cancelled } = await driver.cancel(job);
			error.add({ charged: cancelled ? 'no' : 'unknown', cancelStatus: status });
			error.message += cancelled
				? ` ${this.noun} ${requestId} was cancelled and is not charged.`
				: ` ${this.noun} ${requestId}: ${driver.service} answered ${status} to the cancel, so it may still be charged. Fetch it with Get.`;
			if (cancelled) {
				this.taken.delete(row);
				memory.forget(row);
			}
		} catch {
			error.add({ charged: 'unknown', cancelStatus: 'not reached' });
			error.message += ` ${this.noun} ${requestId} could not be cancelled: ${driver.service} was not reached. Fetch it with Get.`;
		}
	}

	/** The error of the row that ended the batch, with what was bought so far. */
	private endOfBatch({ row, error }: { row: number; error: TryOnError }, rows: number): RowFailure {
		const others = [...this.taken].filter(([other]) => other !== row).map(([, id]) => id);
		if (rows > 1 && others.length > 0) {
			error.add({ paidRequestIds: others });
			error.message += ` Other jobs of this run were submitted and can be fetched with Get: ${others.join(', ')}.`;
		}
		return new RowFailure(row, error);
	}
}

/** The failure that ends a batch, with the row that it is about. */
export class RowFailure extends Error {
	constructor(
		readonly row: number,
		readonly error: TryOnError,
	) {
		super(error.message);
		this.name = 'RowFailure';
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
