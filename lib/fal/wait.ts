import type { QueueStatus } from '@fal-ai/client';
import pLimit from 'p-limit';

import { MaxWaitError, UnreadableAnswer } from '../errors';
import type { Told } from '../jobs/lookout';
import { isObject } from '../json';
import {
	firstPause,
	mayPass,
	nextPause,
	pauseAskedFor,
	type PollSchedule,
	stoppedError,
	type Timing,
} from '../time';
import type { FalClient, FalJob, JobId } from './client';
import { FalAnswerError } from './errors';

/** Whether an answer, or an event of a stream, tells the state of a job at all. */
function isStatus(answer: unknown): answer is QueueStatus {
	return isObject(answer) && typeof answer.status === 'string';
}

/**
 * Asks once for the state of a job.
 *
 * @throws FalAnswerError when fal refuses; ConnectionError when there is no answer, or one that tells
 * no state
 */
export async function readStatus(
	client: FalClient,
	{ endpointId, requestId }: JobId,
	options: { logs?: boolean; signal?: AbortSignal },
): Promise<QueueStatus> {
	const { logs, signal: abortSignal } = options;
	const answer: unknown = await client.queue.status(endpointId, { requestId, logs, abortSignal });
	if (isStatus(answer)) return answer;
	throw new UnreadableAnswer("fal's answer tells no state of the job.", 'wait');
}

/** A status stream that is being followed. */
interface StatusStream {
	/** How many events came. */
	events: number;
	/** Open, as far as is known. */
	live: boolean;
	/** Aborted when it ends, for whatever reason. */
	ended: AbortSignal;
	close(): void;
}

/**
 * Follows fal's status stream. It is a help, never a need: whatever goes wrong with it only ends
 * it, and the caller polls.
 *
 * @param onStatus called with every event
 */
function followStream(
	client: FalClient,
	job: FalJob,
	logs: boolean,
	onStatus: (status: QueueStatus) => void,
): StatusStream {
	const end = new AbortController();
	const stream: StatusStream = {
		events: 0,
		live: true,
		ended: end.signal,
		close: () => end.abort(),
	};
	const follow = async () => {
		const { endpointId, requestId } = job;
		const source = await client.queue.streamStatus(endpointId, { requestId, logs });
		source.on('data', (event: unknown) => {
			if (!isStatus(event)) return;
			stream.events += 1;
			onStatus(event);
			// Nothing comes after it; a proxy may hold the stream open all the same.
			if (event.status === 'COMPLETED') end.abort();
		});
		end.signal.addEventListener('abort', () => source.abort(), { once: true });
		if (end.signal.aborted) source.abort();
		await source.done();
	};
	follow()
		.catch(() => {})
		.finally(() => {
			stream.live = false;
			end.abort();
		});
	return stream;
}

/** Waits `ms` milliseconds, or until the stream ends or the signal is aborted. */
async function sleepWhileLive(
	{ clock, signal }: Timing,
	stream: StatusStream,
	ms: number,
): Promise<void> {
	if (signal?.aborted || !stream.live) return;
	await clock.sleep(ms, AbortSignal.any(signal ? [signal, stream.ended] : [stream.ended]));
}

/** What one execution has learned about fal's status stream. */
export interface StreamHealth {
	/** How many streams in a row brought nothing. */
	failures: number;
}

/** How to wait for one job. */
interface WaitOptions {
	/** From the submit, or from now for a job of another execution. */
	maxWaitMs: number;
	/** Whether to ask for the model's logs. */
	logs: boolean;
	health: StreamHealth;
	onStatus(status: QueueStatus): void;
}

const SCHEDULE: PollSchedule = {
	firstMs: 2_500,
	intervalMs: 850,
	growAfterMs: 10_000,
	growth: 1.25,
	longestMs: 5_000,
};

/** After so many streams in a row without an event, a proxy does not pass them on. */
const STREAMS_BEFORE_GIVING_UP = 2;

/** fal sends the first event at once; a stream silent for longer is held back on the way. */
const FIRST_EVENT_MS = 2_000;

/**
 * A stream may die without a word: after this much silence the status is asked for once. A job says
 * nothing while it runs, and FASHN's run for up to 17 s (docs.fashn.ai), so that less would be a call
 * more for each of them.
 */
const SILENCE_MS = 30_000;

/**
 * A stream that was cut after this long is worth another: a proxy lets events through, and ends
 * what lasts. Every stream is one call; asking would be a dozen a minute.
 */
const LONG_STREAM_MS = 5_000;

/** A job that was just submitted may be unknown to the machine that is asked. */
const UNKNOWN_TOLERATED = 3;

/** Whether a status call failed for good, so that no later call would be answered otherwise. */
export function isFinal(error: unknown, failures: number): boolean {
	const isUnknown = error instanceof FalAnswerError && error.status === 404;
	return isUnknown ? failures > UNKNOWN_TOLERATED : !mayPass(error);
}

/** One job's wait: what is known, and the ways to learn more. */
class Wait {
	private readonly start: number;
	private readonly deadline: number;
	private last?: QueueStatus;
	private failures = 0;
	/** Milliseconds, where fal said when to ask again. */
	private hint?: number;

	constructor(
		private readonly client: FalClient,
		private readonly timing: Timing,
		private readonly job: FalJob,
		private readonly options: WaitOptions,
	) {
		this.start = job.submittedAt || timing.clock.now();
		this.deadline = this.start + options.maxWaitMs;
	}

	private get elapsed(): number {
		return this.timing.clock.now() - this.start;
	}

	private get remaining(): number {
		return Math.max(this.deadline - this.timing.clock.now(), 0);
	}

	/** @throws StoppedError, MaxWaitError */
	private checkEnd(): void {
		const { signal } = this.timing;
		if (signal?.aborted) throw stoppedError(signal);
		if (this.remaining > 0) return;
		const state = this.last?.status === 'IN_QUEUE' ? 'still in the queue' : 'not finished';
		throw new MaxWaitError(`The job was ${state}`, this.options.maxWaitMs);
	}

	private learn(status: QueueStatus): void {
		this.last = status;
		this.options.onStatus(status);
	}

	/** @returns the status when the job is completed */
	private completed(): QueueStatus | undefined {
		return this.last?.status === 'COMPLETED' ? this.last : undefined;
	}

	/** Asks once; a failure that may pass is only counted. */
	private async ask(): Promise<void> {
		const { signal, clock } = this.timing;
		try {
			const { logs } = this.options;
			this.learn(await readStatus(this.client, this.job, { logs, signal }));
			this.failures = 0;
			this.hint = undefined;
		} catch (error) {
			this.failures += 1;
			this.checkEnd();
			if (isFinal(error, this.failures)) throw error;
			this.hint = pauseAskedFor(error, clock.now());
		}
	}

	/** @returns the last status, or `undefined` when streams do not last here */
	async byStreams(): Promise<QueueStatus | undefined> {
		for (;;) {
			if (this.options.health.failures >= STREAMS_BEFORE_GIVING_UP) return undefined;
			const began = this.elapsed;
			const completed = await this.byStream();
			if (completed) return completed;
			if (this.elapsed - began < LONG_STREAM_MS) return undefined;
		}
	}

	/** @returns the last status, or `undefined` when the stream ended before the job */
	private async byStream(): Promise<QueueStatus | undefined> {
		const { health, logs } = this.options;
		const stream = followStream(this.client, this.job, logs, (status) => this.learn(status));
		try {
			for (;;) {
				const events = stream.events;
				const patience = events === 0 ? FIRST_EVENT_MS : SILENCE_MS;
				await sleepWhileLive(this.timing, stream, Math.min(patience, this.remaining));
				if (this.completed()) break;
				this.checkEnd();
				if (!stream.live || stream.events === 0) break;
				if (stream.events === events) await this.ask();
				if (this.completed()) break;
			}
			health.failures = stream.events > 0 ? 0 : health.failures + 1;
			return this.completed();
		} finally {
			stream.close();
		}
	}

	async byPolling(): Promise<QueueStatus> {
		let interval = SCHEDULE.intervalMs;
		let pause = firstPause(SCHEDULE, this.elapsed);
		for (;;) {
			await this.timing.clock.sleep(Math.min(pause, this.remaining), this.timing.signal);
			this.checkEnd();
			await this.ask();
			const completed = this.completed();
			if (completed) return completed;
			const next = nextPause(SCHEDULE, interval, this.elapsed, this.failures);
			interval = next.interval;
			pause = this.hint ?? next.ms;
		}
	}
}

/**
 * Waits until a job is completed, well or badly: fal's status stream tells it, and the status call
 * where the stream does not come through. No single failed call ends the wait.
 *
 * @returns the last status; it may hold an error
 * @throws MaxWaitError; StoppedError when the signal is aborted; FalAnswerError when fal refuses
 * to tell
 */
export async function waitUntilCompleted(
	client: FalClient,
	timing: Timing,
	job: FalJob,
	options: WaitOptions,
): Promise<QueueStatus> {
	const wait = new Wait(client, timing, job, options);
	return (await wait.byStreams()) ?? (await wait.byPolling());
}

/**
 * How many jobs are asked for at once: few, since whoever calls n8n meanwhile waits between the
 * questions of all of them.
 */
const QUESTIONS_AT_ONCE = 5;

/**
 * Asks once for each job whether it has ended, well or badly; does not throw.
 *
 * @param onCompleted told the status of those that are completed
 */
export async function endedJobs(
	client: FalClient,
	{ signal }: Timing,
	jobs: readonly FalJob[],
	onCompleted: (requestId: string, status: QueueStatus) => void,
): Promise<Told> {
	const limit = pLimit(QUESTIONS_AT_ONCE);
	const told: Told = { ended: [], refused: [], failed: false };
	const ask = async (job: FalJob): Promise<void> => {
		const { requestId } = job;
		try {
			const status = await readStatus(client, job, { signal });
			if (status.status !== 'COMPLETED') return;
			onCompleted(requestId, status);
			told.ended.push(requestId);
		} catch (error) {
			if (mayPass(error)) told.failed = true;
			else told.refused.push(requestId);
		}
	};
	await Promise.all(jobs.map(async (job) => await limit(ask, job)));
	return told;
}
