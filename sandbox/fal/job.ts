import type { Lifecycle } from '../media';
import type { SandboxAnswer } from '../types';
import { randomUUID } from 'node:crypto';
import { billedUnits } from './billing';
import type { FalSubmit, JobOutcome, StatusError } from './options';

/** The only states there are. Source: fal.ai/docs, Queue API. */
export type JobState = 'IN_QUEUE' | 'IN_PROGRESS' | 'COMPLETED';

/** One line of a job's log, as the status shows it. */
export interface LogLine {
	message: string;
	level: string;
	source: string;
	timestamp: string;
}

/** How a job ended. */
export interface JobEnd {
	/** What the result call answers. */
	answer: SandboxAnswer;
	/** What the status says of a failure. The platform's own failures are always there. */
	statusError?: StatusError;
}

/** What a job is submitted with, besides what the submit list keeps. */
export interface JobTerms {
	priority: 'normal' | 'low';
	/** Milliseconds until the start of the attempt that counts; absent means for ever. */
	startTimeoutMs?: number;
	/** Whether fal is to leave it at the first attempt. */
	noRetry: boolean;
	/** How long its pictures are to be kept. */
	lifecycle?: Lifecycle;
	/** Whether its input and output are stored for the request history. */
	storesIo: boolean;
}

const MS_PER_SECOND = 1000;

/** One request in the queue. */
export class Job {
	state: JobState = 'IN_QUEUE';
	readonly logs: LogLine[] = [];
	readonly submittedAt = Date.now();
	end?: JobEnd;
	/** How often a runner has taken it. */
	attempts = 0;
	/** The id of the last attempt; the first has the request's own. Source: fal.ai/docs, Webhooks. */
	gatewayRequestId: string;
	/** Whether it was removed without a trace. */
	isGone = false;
	/** Milliseconds since the epoch; unset for a job that never started. */
	startedAt?: number;
	/** Milliseconds since the epoch. */
	endedAt?: number;
	/** Resolves when `signal` aborts. */
	readonly stopped: Promise<undefined>;
	private readonly stopping = new AbortController();
	private waiting: Array<() => void> = [];

	constructor(
		readonly submit: FalSubmit,
		readonly terms: JobTerms,
		/** Scripted instead of run, when set. */
		readonly outcome?: JobOutcome,
	) {
		this.gatewayRequestId = submit.requestId;
		this.stopped = new Promise((resolve) => {
			this.signal.addEventListener('abort', () => resolve(undefined), { once: true });
		});
	}

	/** Aborts when the job ends, by itself or not: what still runs for it may stop. */
	get signal(): AbortSignal {
		return this.stopping.signal;
	}

	/** Seconds from start to end; 0 for a job that never started. */
	get inferenceTime(): number {
		if (this.startedAt === undefined || this.endedAt === undefined) return 0;
		return (this.endedAt - this.startedAt) / MS_PER_SECOND;
	}

	start(): void {
		this.attempts += 1;
		this.state = 'IN_PROGRESS';
		this.startedAt = Date.now();
		this.notify();
	}

	/** Takes it back after an attempt that failed, to wait for the next. */
	requeue(): void {
		this.state = 'IN_QUEUE';
		this.startedAt = undefined;
		this.gatewayRequestId = randomUUID();
		this.notify();
	}

	/**
	 * Ends the job.
	 * @returns whether this was its end; false when it had ended before
	 */
	finish(end: JobEnd): boolean {
		if (this.state === 'COMPLETED') return false;
		this.state = 'COMPLETED';
		this.endedAt = Date.now();
		this.submit.completedAt = this.endedAt;
		this.submit.billedUnits = billedUnits(end.answer) ?? 0;
		this.end = end;
		this.stopping.abort();
		this.notify();
		return true;
	}

	/** Stops what runs for the job without an end, because the sandbox closes. */
	abandon(): void {
		this.stopping.abort();
	}

	log(message: string): void {
		const timestamp = new Date().toISOString();
		this.logs.push({ message, level: 'INFO', source: 'USER', timestamp });
		this.notify();
	}

	/** Tells everyone who waits for a change that one may have happened. */
	notify(): void {
		const waiting = this.waiting;
		this.waiting = [];
		for (const wake of waiting) wake();
	}

	/** Resolves at the next change: state, place in the queue, or log. */
	changed(): Promise<void> {
		return new Promise((resolve) => {
			this.waiting.push(resolve);
		});
	}
}
