import type { QueueStatus } from '@fal-ai/client';
import type { IDataObject, Logger } from 'n8n-workflow';
import pLimit from 'p-limit';

import type { CancelOutcome, JobDriver } from '../jobs/driver';
import type { Claims } from '../jobs/memory';
import { hashOf, numberOf, objectOf, textOf } from '../json';
import { keyOf, type Picture } from '../media/picture';
import type { Clock, Timing } from '../time';
import { type FalClient, type FalJob, requestUrls } from './client';
import { FAL } from './errors';
import type { RequestOptions } from './fields/options';
import { LostSubmits } from './lost';
import { cancel, type FalResult, readFinished } from './result';
import {
	CLAIMS,
	type FalJobHandle,
	LostAnswerError,
	reviveJob,
	submit,
	type Uploader,
} from './submit';
import { type StreamHealth, waitUntilCompleted } from './wait';

/** What a row asks of fal, checked and complete. */
export interface FalRequest {
	endpointId: string;
	/** The model's input without its pictures. */
	input: Readonly<Record<string, unknown>>;
	/** By API name of the field. */
	pictures: Readonly<Record<string, Picture>>;
	options: RequestOptions;
	/** For an input without a seed of its own; it says nothing of what the row asks for. */
	chosenSeed?: number;
}

/** What a driver works with. */
export interface FalDriverOptions {
	client: FalClient;
	clock: Clock;
	logger: Pick<Logger, 'debug' | 'info'>;
	uploader: Uploader;
	maxWaitMs: number;
	logs: boolean;
	/** What fal is to call when a job has ended; it is not part of what a row asks for. */
	callback?: string;
	/** Who has which job; default what this process knows. */
	claims?: Claims<string>;
}

/** How many results are read at once: with *Sync Mode* each may be 18 MB in memory. */
const RESULTS_AT_ONCE = 8;

const LOOK_THERE =
	'Look for it at fal.ai/dashboard/requests before you run this row again; Get fetches it by its id.';

/** Jobs in fal's queue. */
export class FalDriver implements JobDriver<FalRequest, FalJobHandle> {
	readonly service = FAL;
	private readonly health: StreamHealth = { failures: 0 };
	/** The last status of each job, by request id. */
	private readonly states = new Map<string, QueueStatus['status']>();
	/** What was told of the model's own log, by request id: each status repeats all of it. */
	private readonly told = new Map<string, Set<string>>();
	private readonly results = pLimit(RESULTS_AT_ONCE);
	private readonly claims: Claims<string>;
	/** Made at the first loss. */
	private lostSubmits?: LostSubmits;

	constructor(private readonly options: FalDriverOptions) {
		this.claims = options.claims ?? CLAIMS;
	}

	fingerprint({ endpointId, input, pictures, options }: FalRequest): string {
		const contents = Object.entries(pictures).map(([name, picture]) => [name, keyOf(picture)]);
		return hashOf([endpointId, Object.entries(input), contents, options]);
	}

	async submit(request: FalRequest, timing: Timing): Promise<FalJobHandle> {
		const { uploader, logger, callback } = this.options;
		const addresses = await Promise.all(
			Object.entries(request.pictures)
				// Additional Fields are part of the input, and win over pictures.
				.filter(([name]) => !(name in request.input))
				.map(
					async ([name, picture]): Promise<[string, string]> => [
						name,
						picture.kind === 'file' ? await uploader.upload(picture) : picture.address,
					],
				),
		);
		const { endpointId, chosenSeed } = request;
		const input: Record<string, unknown> = {
			seed: chosenSeed,
			...request.input,
			...Object.fromEntries(addresses),
		};
		const options =
			callback === undefined ? request.options : { ...request.options, webhookUrl: callback };
		const sent = { endpointId, input, options };
		const seed = numberOf(input.seed);
		try {
			const job = await submit(this.options.client, timing, this.claims, sent);
			logger.debug(`Submitted job ${job.requestId} to ${job.endpointId}`);
			return { ...job, seed, callback };
		} catch (error) {
			if (!(error instanceof LostAnswerError)) throw error;
			return { ...(await this.settle(error, sent, timing)), seed, callback };
		}
	}

	/**
	 * What became of a request whose answer was lost.
	 *
	 * @throws the same error, with what was looked for
	 */
	private async settle(
		error: LostAnswerError,
		{ endpointId, input, options }: Pick<FalRequest, 'endpointId' | 'input' | 'options'>,
		{ signal }: Timing,
	): Promise<FalJobHandle> {
		const { client, clock, logger, maxWaitMs } = this.options;
		const { sentAt, lostAt } = error;
		this.lostSubmits ??= new LostSubmits(client, clock, this.claims);
		const finding =
			options.storeIo === false
				? {
						missing:
							"'Store Request and Answer' is off, so that fal's request history cannot show whether it is this one.",
					}
				: await this.lostSubmits.find({ endpointId, input, sentAt, lostAt, maxWaitMs, signal });
		if ('missing' in finding) {
			error.message += ` ${finding.missing}`;
			throw error.advise(LOOK_THERE);
		}
		const { requestId, status } = finding.job;
		logger.info(`The answer to a submit was lost; fal's request history shows it: ${requestId}`);
		const job = { endpointId, requestId, submittedAt: sentAt };
		return { ...job, ...requestUrls(client.origins.queue, job), status };
	}

	revive(stored: IDataObject): FalJobHandle | undefined {
		const job = reviveJob(stored);
		if (job) this.claims.take(job.requestId);
		return job && { ...job, submittedAt: 0 };
	}

	/** @param ended called when the job is over, before its result is read */
	async finish(job: FalJob, timing: Timing, ended: () => Promise<void>): Promise<FalResult> {
		const { client, maxWaitMs, logs } = this.options;
		const status = await waitUntilCompleted(client, timing, job, {
			maxWaitMs,
			logs,
			health: this.health,
			onStatus: (next) => this.note(job, next),
		});
		const end = timing.clock.now();
		await ended();
		return await this.results(readFinished, client, timing, job, status, end);
	}

	async cancel(job: FalJob): Promise<CancelOutcome> {
		const { client, clock } = this.options;
		return await cancel(client, { clock }, job);
	}

	hasStarted({ requestId }: FalJob): boolean {
		const state = this.states.get(requestId);
		return state === 'IN_PROGRESS' || state === 'COMPLETED';
	}

	idOf({ requestId }: FalJob): string {
		return requestId;
	}

	/** Tells the log what changes, so that a long wait is not a silent one. */
	private note({ requestId }: FalJob, status: QueueStatus): void {
		const { logger } = this.options;
		if (status.status === 'IN_QUEUE') {
			logger.debug(`Job ${requestId} is in the queue, position ${status.queue_position}`);
		} else if (this.states.get(requestId) !== status.status) {
			logger.debug(`Job ${requestId}: ${status.status}`);
		}
		this.states.set(requestId, status.status);
		const { logs } = objectOf(status);
		if (Array.isArray(logs)) for (const line of logs) this.tell(requestId, line);
	}

	private tell(requestId: string, entry: unknown): void {
		const { timestamp, message: words } = objectOf(entry);
		const message = textOf(words);
		if (message === undefined) return;
		const told = this.told.get(requestId) ?? new Set();
		this.told.set(requestId, told);
		const line = JSON.stringify([timestamp, message]);
		if (told.has(line)) return;
		told.add(line);
		this.options.logger.info(`Job ${requestId}: ${message}`);
	}
}
