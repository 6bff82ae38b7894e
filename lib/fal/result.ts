import type { QueueStatus } from '@fal-ai/client';

import { JobFailedError, ServiceError, UnreadableAnswer } from '../errors';
import { jsonOf } from '../http';
import type { CancelOutcome } from '../jobs/driver';
import { isObject, type JsonObject, numberOf, objectOf, textOf } from '../json';
import type { MadePicture } from '../media/download';
import { type Cost, rounded } from '../money';
import { mayPass, oncePer, type Timing, withRetries } from '../time';
import { type FalClient, type FalJob, type JobId, PLATFORM_TIMEOUT_MS } from './client';
import {
	describeFault,
	FalAnswerError,
	type FalFault,
	mayReadAgain,
	readFalFault,
	READS,
} from './errors';
import { readStatus } from './wait';

/** What a finished job made. */
export interface FalOutput {
	images: MadePicture[];
	/** What fal has billed, in units of the endpoint's price; where it tells. */
	units?: number;
}

/** What a finished job made, and how long it took. */
export interface FalResult extends FalOutput {
	/** Seconds. */
	timings: { inference?: number; total?: number };
}

/** The machine that is asked may not know yet that a job is finished. */
const UNKNOWN_STATUS = 404;

/** In place of the status of a failure that only the job's state tells. */
const TOLD_BY_STATUS = 500;

/** fal bills no failure of its own machines (fal.ai docs, FAQ). */
const PLATFORM_FAILURE = /^(runner_|internal_|request_timeout|startup_timeout|generation_timeout)/;

function isUnknown(error: unknown): boolean {
	return error instanceof FalAnswerError && error.status === UNKNOWN_STATUS;
}

/** @param isModels whether the model itself has answered with this status, or only the job's state tells */
function failed(status: number, fault: FalFault, isModels: boolean): JobFailedError {
	const { message, details } = describeFault(status, fault, 'result');
	if (fault.errorType && PLATFORM_FAILURE.test(fault.errorType)) {
		details.charged = 'no';
		details.retryable = true;
	} else if (!isModels) {
		// The state says that it failed, not whether a machine has worked for it.
		details.charged = 'unknown';
		details.retryable = false;
	}
	return new JobFailedError(message, details);
}

/** Every model answers with an object; anything else comes from a proxy. */
function checkResult(data: unknown): JsonObject {
	if (isObject(data)) return data;
	throw new UnreadableAnswer("fal's answer holds no result.", 'result');
}

function imagesOf({ images }: JsonObject): MadePicture[] {
	if (!Array.isArray(images)) return [];
	return images.flatMap((image: unknown) => {
		const { url, content_type, file_name, file_size, width, height } = objectOf(image);
		const address = textOf(url);
		if (address === undefined) return [];
		return {
			url: address,
			contentType: textOf(content_type),
			fileName: textOf(file_name),
			fileSize: numberOf(file_size),
			width: numberOf(width),
			height: numberOf(height),
		};
	});
}

/** The failure that a status of a completed job tells, where it tells one. */
function faultOfStatus(status: QueueStatus): FalFault | undefined {
	const fault = readFalFault(status);
	const told = 'error' in status && status.error !== undefined && status.error !== null;
	return told || fault.errorType ? fault : undefined;
}

/**
 * Asks once for the state of a job, without waiting for its end.
 *
 * @throws FalAnswerError, ConnectionError after several tries
 */
export async function askStatus(
	client: FalClient,
	timing: Timing,
	job: JobId,
): Promise<QueueStatus> {
	return await withRetries(timing, READS, async () => readStatus(client, job, timing));
}

/**
 * Reads what a completed job made. COMPLETED is no success: a failure is told by the status, by
 * the answer to this call, or by both, and this call has the better words.
 *
 * @param status the last status of the job, where it was asked for
 * @throws JobFailedError when the job has no pictures; ConnectionError or FalAnswerError when they
 * cannot be read now
 */
export async function readResult(
	client: FalClient,
	timing: Timing,
	job: JobId,
	status?: QueueStatus,
): Promise<FalOutput> {
	const { endpointId, requestId } = job;
	const told = status && faultOfStatus(status);
	// A failure that the answer tells as well will not go away.
	const isToldTwice = (error: unknown) =>
		told !== undefined && error instanceof FalAnswerError && error.fault.errorType !== undefined;
	const again = (error: unknown) =>
		(mayReadAgain(error) || isUnknown(error)) && !isToldTwice(error);
	let data: JsonObject;
	try {
		data = await withRetries(timing, { ...READS, again }, async () => {
			const answer = await client.queue.result(endpointId, {
				requestId,
				abortSignal: timing.signal,
			});
			return checkResult(answer.data);
		});
	} catch (error) {
		if (!(error instanceof FalAnswerError)) throw error;
		const last = error.fault.isModels ? error.fault : told;
		if (!last) throw error;
		const errorType = last.errorType ?? error.fault.errorType ?? told?.errorType;
		const { isModels } = error.fault;
		// What else a call is refused for, such as a key, is not about the job.
		const isAboutJob = isModels || error.status >= TOLD_BY_STATUS;
		throw failed(isAboutJob ? error.status : TOLD_BY_STATUS, { ...last, errorType }, isModels);
	}
	if (told) throw failed(TOLD_BY_STATUS, told, false);
	const images = imagesOf(data);
	if (images.length === 0) {
		throw new JobFailedError('fal says that the job is finished, but it has no pictures.', {
			stage: 'result',
			retryable: false,
			charged: 'unknown',
		});
	}
	return { images, units: client.billedUnits(requestId) };
}

const toSeconds = (ms: number) => Math.round(ms / 100) / 10;

/**
 * The same, with how long it took: `total` is told of a job whose submit is known.
 *
 * @param status the last status of the job
 * @param end when it was learned; milliseconds since the epoch
 * @throws as {@link readResult}
 */
export async function readFinished(
	client: FalClient,
	timing: Timing,
	job: FalJob,
	status: QueueStatus,
	end = timing.clock.now(),
): Promise<FalResult> {
	const output = await readResult(client, timing, job, status);
	return {
		...output,
		timings: {
			inference: numberOf(objectOf(objectOf(status).metrics).inference_time),
			...(job.submittedAt > 0 && { total: toSeconds(end - job.submittedAt) }),
		},
	};
}

/** How a job ended. */
export type JobEnd = { output: FalOutput } | { failure: JobFailedError };

/**
 * Reads how a job ended, once fal has said that it has.
 *
 * @throws ServiceError when it has not; ConnectionError or FalAnswerError when that cannot be read now
 */
export async function readEnd(client: FalClient, timing: Timing, job: JobId): Promise<JobEnd> {
	const status = await askStatus(client, timing, job);
	if (status.status !== 'COMPLETED') {
		const details = { stage: 'wait', retryable: true } as const;
		throw new ServiceError(`fal says that the job is ${status.status}.`, details);
	}
	try {
		return { output: await readResult(client, timing, job, status) };
	} catch (error) {
		if (error instanceof JobFailedError) return { failure: error };
		throw error;
	}
}

/** Milliseconds between tries of what is waited for meanwhile: a cancel, which twice does no harm; a price. */
const PAUSES_MS = [500, 1_500];

/** fal's word for a job that was still in the queue and will not run (fal.ai docs, Cancel). */
const REMOVED_FROM_QUEUE = 'OK';

/**
 * Asks fal to cancel a job.
 *
 * @returns what fal said, also when it said that it is too late
 * @throws ConnectionError, FalAnswerError when fal could not be asked
 */
export async function cancel(
	client: FalClient,
	timing: Timing,
	job: JobId,
): Promise<CancelOutcome> {
	let body: unknown;
	try {
		body = await withRetries(
			timing,
			{ pausesMs: PAUSES_MS, again: mayPass },
			async () => await client.cancel(job),
		);
	} catch (error) {
		const answered = error instanceof FalAnswerError && [400, 404].includes(error.status);
		if (!answered || error.fault.words === '') throw error;
		return { status: error.fault.words, cancelled: false };
	}
	const status = textOf(objectOf(body).status) ?? 'UNKNOWN';
	return { status, cancelled: status === REMOVED_FROM_QUEUE };
}

/** What one unit costs, in fal's words. */
export interface Price {
	unitPrice: number;
	/** Such as `images`. */
	unit: string;
	/** Such as `USD`. */
	currency: string;
}

/** Units of which a picture is one (fal.ai docs, Platform APIs, Pricing). */
const PICTURE_UNIT = /^(image|picture|generation)s?$/i;

/** The first price of an answer. @throws FalAnswerError, ConnectionError */
async function askPrice(
	client: FalClient,
	{ signal }: Pick<Timing, 'signal'>,
	endpointId: string,
): Promise<Price | undefined> {
	const query = new URLSearchParams({ endpoint_id: endpointId });
	const answer = await client.platform('pricing', query, { stage: 'input', signal });
	const body = jsonOf(answer);
	const price: unknown = isObject(body) && Array.isArray(body.prices) ? body.prices[0] : undefined;
	if (!isObject(price)) return undefined;
	const { unit_price: unitPrice, unit, currency } = price;
	return typeof unitPrice === 'number' && typeof unit === 'string' && typeof currency === 'string'
		? { unitPrice, unit, currency }
		: undefined;
}

/**
 * Asks fal for the price of an endpoint (fal.ai docs, Platform APIs, Pricing). A price is a help
 * and no promise, so that not getting one is no failure.
 *
 * @returns `undefined` when fal does not tell
 */
async function readPrice(
	client: FalClient,
	timing: Timing,
	endpointId: string,
): Promise<Price | undefined> {
	const end = timing.clock.now() + PLATFORM_TIMEOUT_MS;
	// One that was waited for in vain is not waited for again.
	const again = (error: unknown) => mayPass(error) && timing.clock.now() < end;
	try {
		return await withRetries(timing, { pausesMs: PAUSES_MS, again }, async () =>
			askPrice(client, timing, endpointId),
		);
	} catch {
		return undefined;
	}
}

/** What so many units cost. */
export function costOfUnits({ unitPrice, currency }: Price, units: number): Cost {
	return { amount: rounded(unitPrice * units), currency };
}

/** What so many pictures cost where a unit is a picture; another unit does not tell it. */
export function costOfPictures(price: Price | undefined, pictures: number): Cost | undefined {
	return price && PICTURE_UNIT.test(price.unit) ? costOfUnits(price, pictures) : undefined;
}

/** Tells the price of an endpoint, which is asked for once; `undefined` when fal does not tell. */
export type Prices = (endpointId: string) => Promise<Price | undefined>;

/** The prices of a run, asked for when they are wanted; that does not throw. */
export function pricesOf(client: FalClient, timing: Timing): Prices {
	return oncePer(async (endpointId) => await readPrice(client, timing, endpointId));
}
