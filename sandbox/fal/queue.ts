import { randomUUID } from 'node:crypto';
import { appOf } from './endpoints';
import { requestError } from './errors';
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
 * Code and status are from fal.ai/docs, "Request errors"; that a cancelled request shows them is not
 * documented anywhere, only that no state but the three exists.
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

function isHeldBack({ outcome }: Job): boolean {
	return outcome?.kind === 'stuck' && outcome.state === 'IN_QUEUE';
}

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
	private readonly timers = new Set<NodeJS.Timeout>();

	constructor(
		private readonly options: FalOptions,
		private readonly events: QueueEvents,
	) {}

	/** Every job that was ever accepted, oldest first. */
	all(): Job[] {
		return [...this.jobs.values()];
	}

	/** How many jobs wait. */
	get length(): number {
		return this.waiting.length;
	}

	/** Puts a job at the end of its class: low priority waits behind everyone's normal requests. */
	submit(submit: Omit<FalSubmit, 'requestId'>, terms: JobTerms): Job {
		const accepted = { ...submit, requestId: randomUUID() };
		const job = new Job(accepted, terms, this.options.outcome?.(accepted));
		this.submits.push(accepted);
		this.jobs.set(accepted.requestId, job);

		const behind = this.waiting.findIndex((other) => other.terms.priority === 'low');
		const place = terms.priority === 'low' || behind === -1 ? this.waiting.length : behind;
		this.waiting.splice(place, 0, job);
		this.notifyWaiting();

		this.later(this.options.pickUpMs, () => {
			this.ready.add(job);
			this.fillSlots();
		});
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
		if (job.state === 'COMPLETED') return 'ALREADY_COMPLETED';
		if (this.removeWaiting(job)) {
			job.finish(cancelled());
			return 'OK';
		}
		if (this.options.cancelStopsRunning) this.finish(job, cancelled());
		return 'CANCELLATION_REQUESTED';
	}

	/** Forgets all timers and stops what runs; no job changes any more. */
	close(): void {
		for (const timer of this.timers) clearTimeout(timer);
		this.timers.clear();
		this.waiting = [];
		for (const job of this.jobs.values()) job.abandon();
	}

	private later(ms: number, work: () => void): void {
		const timer = setTimeout(() => {
			this.timers.delete(timer);
			work();
		}, ms);
		this.timers.add(timer);
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
		const stopped = new Promise<undefined>((resolve) => {
			job.signal.addEventListener('abort', () => resolve(undefined), { once: true });
		});
		const run = this.events.run(job).catch((error: unknown) => {
			const reason = error instanceof Error ? error.message : String(error);
			return platformFailure(500, 'internal_error', `Sandbox error: ${reason}`);
		});
		const end = await Promise.race([run, stopped]);
		this.running -= 1;
		if (end !== undefined) this.finish(job, end);
		this.fillSlots();
	}

	private finish(job: Job, end: JobEnd): void {
		if (job.finish(end)) this.events.ended(job);
	}
}
