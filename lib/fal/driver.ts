import type { QueueStatus } from '@fal-ai/client';
import type { IDataObject, Logger } from 'n8n-workflow';
import pLimit from 'p-limit';

import { ConnectionError, toTryOnError, UnreadableAnswer } from '../errors';
import type { CancelOutcome, JobDriver } from '../jobs/driver';
import type { Claims } from '../jobs/memory';
import { hashOf, isObject, type JsonObject, numberOf, objectOf, textOf } from '../json';
import { StreamedFile } from '../media/file';
import { type FilePicture, keyOf, type Picture } from '../media/picture';
import {
	type Clock,
	mayPass,
	neverSent,
	SECOND_MS,
	stoppedError,
	type Timing,
	withRetries,
} from '../time';
import { urlOf } from '../url';
import { type FalClient, type FalJob, isRequestId, requestKey, requestUrls } from './client';
import { FAL, FalAnswerError, retryHinted } from './errors';
import { type RequestOptions, submitExtras } from './fields/options';
import { CLAIMS, LostAnswerError, LostSubmits } from './lost';
import { cancel, type FalResult, readFinished } from './result';
import { type StreamHealth, waitUntilCompleted } from './wait';

/** Milliseconds between tries; an upload costs nothing. */
const UPLOAD_PAUSES_MS = [500, 1_500, 4_000];

/** A remembered upload is used while it lives at least this many milliseconds more. */
const SAFETY_MS = 15 * 60_000;

/** Puts pictures into fal's storage, the same bytes once. */
export class Uploader {
	private readonly pending = new Map<string, Promise<string>>();

	/**
	 * @param lifetimeS seconds after which fal deletes the file
	 * @param memory uploads of this node and execution, by the hash of their bytes; it survives Retry On
	 * Fail, since n8n keeps it with the execution
	 */
	constructor(
		private readonly session: { client: FalClient; timing: Timing },
		private readonly lifetimeS: number,
		private readonly memory: JsonObject,
	) {}

	/**
	 * @returns the public address of the picture
	 * @throws FalAnswerError, ConnectionError after several tries
	 */
	async upload(picture: FilePicture): Promise<string> {
		const { url, until } = objectOf(this.memory[picture.sha256]);
		const known = textOf(url);
		if (known && (numberOf(until) ?? 0) - SAFETY_MS > this.session.timing.clock.now()) return known;
		const pending = this.pending.get(picture.sha256) ?? this.send(picture);
		this.pending.set(picture.sha256, pending);
		return await pending;
	}

	private async send(picture: FilePicture): Promise<string> {
		const { sha256, file, size, fileName, type } = picture;
		const { timing } = this.session;
		try {
			const url = await withRetries(
				timing,
				{ pausesMs: UPLOAD_PAUSES_MS, again: mayPass },
				async () => this.put(new StreamedFile(file, size, fileName, type.mimeType)),
			);
			this.memory[sha256] = { url, until: timing.clock.now() + this.lifetimeS * SECOND_MS };
			return url;
		} finally {
			this.pending.delete(sha256);
		}
	}

	/** The client takes for granted that fal's answer is what it should be. */
	private async put(file: StreamedFile): Promise<string> {
		const lifecycle = { expiresIn: this.lifetimeS };
		try {
			const url: unknown = await this.session.client.storage.upload(file, { lifecycle });
			if (typeof url === 'string' && urlOf(url)) return url;
		} catch (error) {
			// What the client trips over in an answer; by its name, since Node's own are of another realm
			// in a test.
			if (!isObject(error) || error.name !== 'TypeError') throw toTryOnError(error, 'upload');
		}
		throw new UnreadableAnswer("fal's answer holds no address for the picture.", 'upload');
	}
}

/** What fal answers to a submit. */
export type FalJobHandle = FalJob & {
	statusUrl?: string;
	responseUrl?: string;
	cancelUrl?: string;
	queuePosition?: number;
	/** That of its input, where it has one. */
	seed?: number;
	/** What fal calls when it has ended. */
	callback?: string;
	/** What its state was when it was found; absent means that it was just taken. */
	status?: 'IN_QUEUE' | 'IN_PROGRESS' | 'COMPLETED';
};

/** Reads a job back from where it was kept; `undefined` when it is none. */
export function reviveJob({
	endpointId,
	requestId,
	...stored
}: IDataObject): FalJobHandle | undefined {
	if (typeof endpointId !== 'string' || !isRequestId(requestId)) return undefined;
	return {
		endpointId,
		requestId,
		submittedAt: numberOf(stored.submittedAt) ?? 0,
		statusUrl: textOf(stored.statusUrl),
		responseUrl: textOf(stored.responseUrl),
		cancelUrl: textOf(stored.cancelUrl),
		seed: numberOf(stored.seed),
		callback: textOf(stored.callback),
	};
}

/** Milliseconds between tries of a submit that was certainly not taken. */
const SUBMIT_PAUSES_MS = [1_000, 2_000, 5_000, 10_000, 20_000, 30_000];

function certainlyNotTaken(error: unknown): boolean {
	if (neverSent(error)) return true;
	if (!(error instanceof FalAnswerError)) return false;
	return error.status === 429 || (error.status === 503 && retryHinted(error.headers));
}

/** A refusal whose status says that fal did not take the job: a 4xx, or a redirect. */
function refused(error: unknown): boolean {
	return certainlyNotTaken(error) || (error instanceof FalAnswerError && error.status < 500);
}

/**
 * Submits a job: once. It is sent again only when fal certainly did not take it: on 429, on 503
 * with a hint to retry, or when the connection was never made. fal knows no idempotency key.
 *
 * @param claims gets the job's id as soon as it is there
 * @param request `input` is the model's
 * @throws FalAnswerError when fal refuses; LostAnswerError when nobody knows; StoppedError, and
 * nothing was sent, when the signal is aborted
 */
export async function submit(
	client: FalClient,
	timing: Timing,
	claims: Claims<string>,
	request: { endpointId: string; input: Readonly<JsonObject>; options: RequestOptions },
): Promise<FalJobHandle> {
	const { endpointId, input, options } = request;
	const { clock } = timing;
	const extras = submitExtras(options);
	const key = requestKey(endpointId, input);
	let sentAt = clock.now();
	const send = async () => {
		// An upload that Stop has met ends first; what it was for is not bought any more.
		if (timing.signal?.aborted) throw stoppedError(timing.signal);
		sentAt = clock.now();
		const sent: unknown = await client.queue.submit(endpointId, { input, ...extras });
		const { request_id: requestId, ...answer } = objectOf(sent);
		if (isRequestId(requestId)) claims.take(requestId);
		return { ...answer, requestId };
	};
	const lost = (reason: string, statusCode?: number) =>
		new LostAnswerError(reason, sentAt, clock.now(), statusCode);
	let answer: Awaited<ReturnType<typeof send>> & JsonObject;
	try {
		// No signal goes with it: a submit that is under way is awaited, or its id would be lost.
		answer = await withRetries(
			timing,
			{ pausesMs: SUBMIT_PAUSES_MS, again: certainlyNotTaken },
			async () => await claims.during(key, send),
		);
	} catch (error) {
		if (error instanceof ConnectionError && error.sent) {
			throw lost(lowerFirst(error.message), error.details.statusCode);
		}
		if (error instanceof FalAnswerError && !refused(error)) {
			throw lost(`the answer was status ${error.status}.`, error.status);
		}
		throw error;
	}
	const { requestId } = answer;
	if (!isRequestId(requestId)) throw lost('the answer held no usable request id.');
	return {
		endpointId,
		requestId,
		submittedAt: clock.now(),
		statusUrl: textOf(answer.status_url),
		responseUrl: textOf(answer.response_url),
		cancelUrl: textOf(answer.cancel_url),
		queuePosition: numberOf(answer.queue_position),
	};
}

const lowerFirst = (text: string) => text.charAt(0).toLowerCase() + text.slice(1);

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
