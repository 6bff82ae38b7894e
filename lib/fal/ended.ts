import type { QueueStatus } from '@fal-ai/client';
import pLimit from 'p-limit';

import type { Timing } from '../jobs/retry';
import type { FalClient } from './client';
import type { FalJob } from './job';
import { readStatus } from './status';
import { isFinal } from './wait';

/**
 * How many jobs are asked for at once: few, since whoever calls n8n meanwhile waits between the
 * questions of all of them.
 */
const QUESTIONS_AT_ONCE = 5;

/**
 * Asks once for each job whether it has ended, well or badly. One that fal refuses to tell of counts
 * as ended, since asking again would not help: what is wrong is found out when its result is read.
 *
 * @param onCompleted told the status of those that are completed
 * @returns the ids of those that have ended
 */
export async function endedJobs(
	client: FalClient,
	{ signal }: Timing,
	jobs: readonly FalJob[],
	onCompleted: (requestId: string, status: QueueStatus) => void,
): Promise<string[]> {
	const limit = pLimit(QUESTIONS_AT_ONCE);
	const ask = async (job: FalJob): Promise<boolean> => {
		try {
			const status = await readStatus(client, job, { signal });
			if (status.status !== 'COMPLETED') return false;
			onCompleted(job.requestId, status);
			return true;
		} catch (error) {
			return isFinal(error, 0);
		}
	};
	const answers = await Promise.all(jobs.map(async (job) => await limit(ask, job)));
	return jobs.filter((_, index) => answers[index]).map(({ requestId }) => requestId);
}
