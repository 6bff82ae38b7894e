import type { IDataObject } from 'n8n-workflow';

import type { Charged, TryOnError } from '../errors';
import type { Timing } from '../time';
import type { SubmitMemory } from './memory';

/** What a service said to a wish to cancel. */
export interface CancelOutcome {
	/** The service's own word. */
	status: string;
	/** True when the job will certainly not run. */
	cancelled: boolean;
}

/**
 * A service that takes jobs, seen from the rows that need them.
 *
 * @typeParam Request what a row asks for, checked and complete
 * @typeParam Job what is known of a job that the service has taken; plain JSON, since n8n stores it
 */
export interface JobDriver<Request, Job extends IDataObject> {
	/** For messages. */
	service: string;
	/** What the service calls its jobs, for messages; default "Job". */
	noun?: string;
	/** Equal for two requests only when they ask for the same. */
	fingerprint(request: Request): string;
	/**
	 * Submits once; this costs. Where the answer is lost, the service is asked what became of it.
	 *
	 * @throws TryOnError whose `charged` tells whether the service took it
	 */
	submit(request: Request, timing: Timing): Promise<Job>;
	/**
	 * Whether a submit may be tried again although its failure cost something: what was bought then
	 * is there, and is used. Absent means no.
	 */
	maySubmitAgain?(error: TryOnError): boolean;
	/** Reads a job back from memory; `undefined` when it is none. */
	revive(stored: IDataObject): Job | undefined;
	/** Asks the service to cancel a job, without the Stop signal of the execution; absent where it cannot be asked. */
	cancel?(job: Job): Promise<CancelOutcome>;
	/** Whether a job that was taken costs, as far as is known without its end; default unknown. */
	chargeOf?(job: Job): Charged;
	/** Whether the job is known to be running, so that cancelling it would save nothing; default no. */
	hasStarted?(job: Job): boolean;
	/** The job's id at the service. */
	idOf(job: Job): string;
}

/** What a row that is about to be bought asks for. */
export interface AskedRow<Request> {
	row: number;
	request: Request;
}

/** All that a batch of rows needs. */
export interface Batch<Request, Job extends IDataObject, Result, Output> {
	/** Which rows of the input are bought, by their index. */
	rows: readonly number[];
	driver: JobDriver<Request, Job>;
	memory: SubmitMemory;
	timing: Timing;
	/**
	 * How many jobs may be at the service at once. As many rows again may be on their way from the end
	 * of the job to their output.
	 */
	jobsInFlight: number;
	/** Whether a failed row leaves the others alone, or ends the batch. */
	onError: 'continue' | 'stop';
	/** How a row is called in messages, such as "item 2". */
	nameOf(row: number): string;
	/**
	 * Checks a row and makes its request; costs nothing and leaves nothing behind.
	 *
	 * @throws InputError
	 */
	prepare(row: number): Promise<Request>;
	/**
	 * Asked once, when all rows are checked and before the first one costs anything.
	 *
	 * @param asked the rows that are about to be bought, each with its request
	 * @param bought those that an earlier try has bought, or may have
	 * @throws TryOnError when they must not be
	 */
	approve?(asked: ReadonlyArray<AskedRow<Request>>, bought: readonly number[]): Promise<void>;
	/** Told of every job as soon as the service has taken it. */
	onTaken(row: number, id: string): void;
	/**
	 * Waits for a job and reads what it made; ends at once when the signal is aborted.
	 *
	 * @param ended to be called, and awaited, when the job is over at the service and only its result
	 * is to be read; not needed where the wait brings the result along
	 * @throws JobFailedError when it made nothing; MaxWaitError, StoppedError when it goes on
	 */
	finish(job: Job, timing: Timing, ended: () => Promise<void>): Promise<Result>;
	/** Makes a row's output of its result. It does not throw for what can be told in the output. */
	collect(row: number, job: Job, result: Result): Promise<Output>;
}
