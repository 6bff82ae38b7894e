import { randomUUID } from 'node:crypto';
import { appOf } from './endpoints';
import { requestError, statusErrorOf } from './errors';
import { Job } from './job';
import type { JobEnd, JobTerms } from './job';
import type { FalOptions, FalSubmit } from './options';

/** What a cancel comes to. Source: fal.ai/docs, Queue API, "Cancel a request". */
export type CancelOutcome = 'OK' | 'CANCELLATION_REQUESTED' | 'ALREADY_COMPLETED';

/** Runs a started job to its end. Rejects only when the sandbox itself is at fault. */
export type JobRunner = (job: Job) => Promise<JobEnd>;

/** What the queue tells others. */
export interface QueueEvents {
	run: JobRunner;
	/** Called once for each job that ended by itself, not for one removed by a cancel. */
	ended: (job: Job) => void;
}

function platformFailure(
	status: number,
	errorType: string,
	message: string,
	headers?: Record<string, string>,
): JobEnd {
	return {
		answer: requestError(status, errorType, message, headers),
		statusError: { error: message, errorType },
	};
}

/**
 * Code and status are from fal.ai/docs, "Request errors" ("client-initiated cancellation"). Where a
 * caller meets them is not documented, only that there is no state but the three.
 */
function cancelled(): JobEnd {
	return platformFailure(499, 'client_cancelled', 'Request was cancelled by the client');
}

/** Source of header and code: fal.ai/docs, "Queue headers" and "Request errors". */
function startTimeout(): JobEnd {
	return platformFailure(504, 'request_timeout', 'Request did not start in time', {
		'X-Fal-Request-Timeout-Type': 'user',
	});
}

/** Source: fal.ai/docs, "Request errors"; each failed attempt of the stand-in fails so. */
function runnerLost(): JobEnd {
	return platformFailure(503, 'runner_disconnected', 'The runner disconnected unexpectedly');
}

function isHeldBack({ outcome }: Job): boolean {
	return outcome?.kind === 'stuck' && outcome.state === 'IN_QUEUE';
}

/** How often a job is tried at most. Source: fal.ai/docs, Understanding Requests. */
const MAX_ATTEMPTS = 10;

/** The queue of the stand-in fal: submitted jobs wait for one of a few slots, and are run there. */
export class FalQueue {
	/** Every accepted submit, in order. */
	readonly submits: FalSubmit[] = [];
	private readonly jobs = new Map<string, Job>();
	/** Waiting jobs in the order in which they will start. */
	private waiting: Job[] = [];
	/** Those of them that may start. */
	private readonly ready = new Set<Job>();
	private running = 0;
	/** Jobs that will come to an end by themselves, as far as is known. */
	private readonly open = new Set<Job>();
	private readonly timers = new Set<NodeJS.Timeout>();

	constructor(
		private readonly options: FalOptions,
		private readonly events: QueueEvents,
	) {}

	/** Every job that was ever accepted, oldest first. */
	all(): Job[] {
		return [...this.jobs.values()];
	}

	/** Whether a job is on its way to its end. */
	get isAtWork(): boolean {
		for (const job of this.open) {
			if (job.state !== 'COMPLETED') return true;
			this.open.delete(job);
		}
		return false;
	}

	/** How many jobs wait. */
	get length(): number {
		return this.waiting.length;
	}

	/** Takes a request. */
	submit(submit: Omit<FalSubmit, 'requestId'>, terms: JobTerms): Job {
		const accepted = { ...submit, requestId: randomUUID() };
		const job = new Job(accepted, terms, this.options.outcome?.(accepted));
		this.submits.push(accepted);
		this.jobs.set(accepted.requestId, job);
		if (job.outcome?.kind !== 'stuck') this.open.add(job);
		this.enqueue(job);
		if (terms.startTimeoutMs !== undefined) {
			this.later(terms.startTimeoutMs, () => {
				if (this.removeWaiting(job)) this.finish(job, startTimeout());
			});
		}
		return job;
	}

	/** Finds a job by its id, within its application (`fal-ai/fashn`) only. */
	find(app: string, requestId: string): Job | undefined {
		const job = this.jobs.get(requestId);
		return job !== undefined && appOf(job.submit.endpointId) === app ? job : undefined;
	}

	/** How many jobs start before this waiting one. */
	position(job: Job): number {
		return Math.max(0, this.waiting.indexOf(job));
	}

	/** Removes a waiting job; of a running one it asks the runner, which may not listen. */
	cancel(job: Job): CancelOutcome {
		const { queuedCancel, cancelStopsRunning } = this.options;
		if (job.state === 'COMPLETED') return 'ALREADY_COMPLETED';
		if (job.state === 'IN_QUEUE' && queuedCancel !== 'late') {
			this.removeWaiting(job);
			this.remove(job);
			return queuedCancel === 'removed' ? 'OK' : 'CANCELLATION_REQUESTED';
		}
		if (job.state === 'IN_PROGRESS' && cancelStopsRunning) this.finish(job, cancelled());
		return 'CANCELLATION_REQUESTED';
	}

	/** Forgets all timers and stops what runs; no job changes any more. */
	close(): void {
		for (const timer of this.timers) clearTimeout(timer);
		this.timers.clear();
		this.waiting = [];
		this.open.clear();
		for (const job of this.jobs.values()) job.abandon();
	}

	private later(ms: number, work: () => void): void {
		const timer = setTimeout(() => {
			this.timers.delete(timer);
			work();
		}, ms);
		this.timers.add(timer);
	}

	/** Puts a job at the end of its class: low priority waits behind everyone's normal requests. */
	private enqueue(job: Job): void {
		const isLow = job.terms.priority === 'low';
		const behind = this.waiting.findIndex((other) => other.terms.priority === 'low');
		this.waiting.splice(isLow || behind === -1 ? this.waiting.length : behind, 0, job);
		this.notifyWaiting();
		this.later(this.options.pickUpMs, () => {
			this.ready.add(job);
			this.fillSlots();
		});
	}

	/** Ends a job that waited, at its caller's wish: nobody is told. */
	private remove(job: Job): void {
		if (this.options.removedShows === 'gone') {
			this.jobs.delete(job.submit.requestId);
			job.isGone = true;
		}
		job.finish(cancelled());
	}

	private removeWaiting(job: Job): boolean {
		const place = this.waiting.indexOf(job);
		if (place === -1) return false;
		this.waiting.splice(place, 1);
		this.ready.delete(job);
		this.notifyWaiting();
		return true;
	}

	private notifyWaiting(): void {
		for (const job of this.waiting) job.notify();
	}

	private fillSlots(): void {
		while (this.running < this.options.slots) {
			const next = this.waiting.find((job) => this.ready.has(job) && !isHeldBack(job));
			if (next === undefined) return;
			this.removeWaiting(next);
			this.running += 1;
			next.start();
			void this.runToEnd(next);
		}
	}

	private async runToEnd(job: Job): Promise<void> {
		const end = await Promise.race([this.attempt(job), job.stopped]);
		this.running -= 1;
		if (end === 'failed') this.retry(job);
		else if (end !== undefined) this.finish(job, end);
		this.fillSlots();
	}

	private async attempt(job: Job): Promise<JobEnd | 'failed'> {
		const { failingAttempts: failing, pickUpMs } = this.options;
		if (job.attempts <= (typeof failing === 'number' ? failing : failing(job.submit))) {
			await new Promise<void>((resolve) => this.later(pickUpMs, resolve));
			return 'failed';
		}
		return await this.events.run(job).catch((error: unknown) => {
			const reason = error instanceof Error ? error.message : String(error);
			return platformFailure(500, 'internal_error', `Sandbox error: ${reason}`);
		});
	}

	/** The start time-out covers failed attempts too. Source: fal.ai/docs, Understanding Requests. */
	private retry(job: Job): void {
		const { startTimeoutMs = Infinity, noRetry } = job.terms;
		if (Date.now() >= job.submittedAt + startTimeoutMs) {
			this.finish(job, startTimeout());
		} else if (noRetry || job.attempts >= MAX_ATTEMPTS) {
			this.finish(job, runnerLost());
		} else {
			job.requeue();
			this.enqueue(job);
		}
	}

	private finish(job: Job, end: JobEnd): void {
		const tells = this.options.failuresInStatus && end.answer.status >= 400;
		const statusError = end.statusError ?? (tells ? statusErrorOf(end.answer) : undefined);
		if (job.finish({ ...end, statusError })) this.events.ended(job);
	}
}
