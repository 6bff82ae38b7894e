import type { QueueStatus } from '@fal-ai/client';
import { createHash } from 'node:crypto';
import type { IDataObject, Logger } from 'n8n-workflow';

import type { Door } from '../http';
import type { CancelOutcome, JobDriver } from '../jobs/driver';
import type { Timing } from '../jobs/retry';
import { numberOf, objectOf, textOf } from '../json';
import type { Picture } from '../media/picture';
import type { Clock } from '../time';
import { cancel } from './cancel';
import { createClient, type FalClient } from './client';
import { FAL } from './errors';
import type { FalOrigins } from './fetch';
import type { FalJob } from './job';
import { type FalImage, readResult } from './result';
import { type RequestOptions, submit, type Submitted } from './submit';
import type { Uploader } from './upload';
import { type StreamHealth, waitUntilCompleted } from './wait';

/** What a row asks of fal, checked and complete. */
export interface FalRequest {
	endpointId: string;
	/** The model's input without its pictures. */
	input: Readonly<Record<string, unknown>>;
	/** By API name of the field. */
	pictures: Readonly<Record<string, Picture>>;
	options: RequestOptions;
}

/** What a finished job made, and how long it took. */
export interface FalResult {
	images: FalImage[];
	/** Seconds. */
	timings: { inference?: number; total?: number };
}

/** What a driver works with. */
export interface FalDriverOptions {
	door: Door;
	origins: FalOrigins;
	clock: Clock;
	logger: Pick<Logger, 'debug' | 'info'>;
	uploader: Uploader;
	/** Milliseconds. */
	maxWait: number;
	logs: boolean;
}

function inferenceSeconds(status: QueueStatus): number | undefined {
	return numberOf(objectOf(objectOf(status).metrics).inference_time);
}

const toSeconds = (ms: number) => Math.round(ms / 100) / 10;

/** Jobs in fal's queue. */
export class FalDriver implements JobDriver<FalRequest, Submitted, FalResult> {
	readonly service = FAL;
	private readonly client: FalClient;
	private readonly health: StreamHealth = { failures: 0 };
	/** The last status of each job, by request id. */
	private readonly states = new Map<string, QueueStatus['status']>();

	constructor(private readonly options: FalDriverOptions) {
		this.client = createClient(options.door, options.origins);
	}

	fingerprint({ endpointId, input, pictures, options }: FalRequest): string {
		const contents = Object.entries(pictures).map(([name, picture]) => [
			name,
			picture.kind === 'file' ? picture.sha256 : picture.address,
		]);
		const request = JSON.stringify([endpointId, Object.entries(input), contents, options]);
		return createHash('sha256').update(request).digest('hex');
	}

	async submit(request: FalRequest, timing: Timing): Promise<Submitted> {
		const { uploader, logger } = this.options;
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
		const input = { ...request.input, ...Object.fromEntries(addresses) };
		const job = await submit(this.client, timing, request.endpointId, input, request.options);
		logger.debug(`Submitted job ${job.requestId} to ${job.endpointId}`);
		return job;
	}

	revive({ endpointId, requestId, ...stored }: IDataObject): Submitted | undefined {
		if (typeof endpointId !== 'string' || typeof requestId !== 'string') return undefined;
		return {
			endpointId,
			requestId,
			submittedAt: 0,
			statusUrl: textOf(stored.statusUrl),
			responseUrl: textOf(stored.responseUrl),
			cancelUrl: textOf(stored.cancelUrl),
		};
	}

	async finish(job: FalJob, timing: Timing): Promise<FalResult> {
		const { maxWait, logs } = this.options;
		const status = await waitUntilCompleted(this.client, timing, job, {
			maxWait,
			logs,
			health: this.health,
			onStatus: (next) => this.note(job, next),
		});
		const end = timing.clock.now();
		const images = await readResult(this.client, timing, job, status);
		return {
			images,
			timings: {
				inference: inferenceSeconds(status),
				...(job.submittedAt > 0 && { total: toSeconds(end - job.submittedAt) }),
			},
		};
	}

	async cancel(job: FalJob): Promise<CancelOutcome> {
		const { door, origins, clock } = this.options;
		return await cancel(door, origins, { clock }, job);
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
		if ('logs' in status && Array.isArray(status.logs)) {
			for (const { message } of status.logs) logger.info(`Job ${requestId}: ${message}`);
		}
	}
}
