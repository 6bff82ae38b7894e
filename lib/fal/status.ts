import type { QueueStatus } from '@fal-ai/client';

import { ConnectionError } from '../errors';
import { isObject } from '../json';
import type { FalClient } from './client';
import type { FalJob } from './job';

/** Whether an answer, or an event of a stream, tells the state of a job at all. */
export function isStatus(answer: unknown): answer is QueueStatus {
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
	{ endpointId, requestId }: Pick<FalJob, 'endpointId' | 'requestId'>,
	options: { logs?: boolean; signal?: AbortSignal },
): Promise<QueueStatus> {
	const { logs, signal: abortSignal } = options;
	const answer: unknown = await client.queue.status(endpointId, { requestId, logs, abortSignal });
	if (isStatus(answer)) return answer;
	const details = { stage: 'wait', retryable: true, charged: 'no' } as const;
	throw new ConnectionError("fal's answer tells no state of the job.", details, true);
}
