import type { QueueStatus } from '@fal-ai/client';

import { ConnectionError, JobFailedError } from '../errors';
import { type Timing, withRetries } from '../jobs/retry';
import { numberOf, objectOf, textOf } from '../json';
import type { FalClient } from './client';
import { describeFault, FAL, FalAnswerError, type FalFault, readFault } from './errors';
import type { FalJob } from './job';

/** A finished picture as fal describes it. */
export interface FalImage {
	url: string;
	contentType?: string;
	fileName?: string;
	fileSize?: number;
	width?: number;
	height?: number;
}

/** Milliseconds between tries of reading a result. */
const PAUSES = [500, 1_000, 2_000, 4_000, 8_000];

/** fal bills no failure of its own machines (fal.ai docs, FAQ). */
const PLATFORM_FAILURE = /^(runner_|internal_|request_timeout|startup_timeout|generation_timeout)/;

/**
 * fal hands on the model's own answer, errors too. So an answer in one of fal's shapes is the last
 * word about the job, whatever its status, and anything else is trouble on the way.
 */
function mayPass(error: unknown): boolean {
	if (error instanceof ConnectionError) return true;
	if (!(error instanceof FalAnswerError)) return false;
	if (error.fault.isFals) return false;
	return error.status >= 500 || error.status === 429 || error.status === 408;
}

function failed(status: number, fault: FalFault): JobFailedError {
	const { message, details } = describeFault(status, fault, 'result');
	if (fault.errorType && PLATFORM_FAILURE.test(fault.errorType)) {
		details.charged = 'no';
		details.retryable = true;
	}
	return new JobFailedError(message, details);
}

function imagesOf(data: unknown): FalImage[] {
	const { images } = objectOf(data);
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
	const fault = readFault(status);
	const told = 'error' in status && status.error !== undefined && status.error !== null;
	return told || fault.errorType ? fault : undefined;
}

/**
 * Asks once for the state of a job, for somebody who does not wait.
 *
 * @throws FalAnswerError, ConnectionError after several tries
 */
export async function askStatus(
	client: FalClient,
	timing: Timing,
	{ endpointId, requestId }: FalJob,
): Promise<QueueStatus> {
	return await withRetries(FAL, timing, { pauses: PAUSES, again: mayPass }, async () =>
		client.queue.status(endpointId, { requestId, abortSignal: timing.signal }),
	);
}

/**
 * Reads what a completed job made. COMPLETED is no success: a failure is told by the status, by
 * the answer to this call, or by both, and this call has the better words.
 *
 * @param status the last status of the job
 * @throws JobFailedError when the job has no pictures; ConnectionError or FalAnswerError when they
 * cannot be read now
 */
export async function readResult(
	client: FalClient,
	timing: Timing,
	job: FalJob,
	status: QueueStatus,
): Promise<FalImage[]> {
	const { endpointId, requestId } = job;
	let data: unknown;
	try {
		const answer = await withRetries(FAL, timing, { pauses: PAUSES, again: mayPass }, async () =>
			client.queue.result(endpointId, { requestId, abortSignal: timing.signal }),
		);
		data = answer.data;
	} catch (error) {
		if (!(error instanceof FalAnswerError)) throw error;
		if (error.status === 401 || error.status === 403) throw error;
		const told = faultOfStatus(status);
		if (error.fault.isFals || error.status < 500) {
			throw failed(error.status, {
				...error.fault,
				errorType: error.fault.errorType ?? told?.errorType,
			});
		}
		if (told) throw failed(error.status, told);
		throw error;
	}
	const told = faultOfStatus(status);
	if (told) throw failed(500, told);
	const images = imagesOf(data);
	if (images.length === 0) {
		throw new JobFailedError('fal says that the job is finished, but it has no pictures.', {
			service: FAL,
			stage: 'result',
			retryable: true,
			charged: 'unknown',
		});
	}
	return images;
}
