import type { QueueStatus } from '@fal-ai/client';
import type { IWebhookFunctions } from 'n8n-workflow';

import { createClient } from '../../../../lib/fal/client';
import { endedJobs } from '../../../../lib/fal/ended';
import { FAL } from '../../../../lib/fal/errors';
import { askStatus, type FalResult, readFinished } from '../../../../lib/fal/result';
import { type FalJobHandle, reviveJob } from '../../../../lib/fal/submit';
import { Follower, type Followed, type Following, type Kept } from '../../../../lib/jobs/follow';
import type { Timing } from '../../../../lib/jobs/retry';
import type { FileStore } from '../../../../lib/media/download';
import { systemClock } from '../../../../lib/time';
import type { RowItem } from '../../../shared/errorRow';
import { orderedOutput } from '../../../shared/pictures';
import { itemsOfJob } from '../../shared/output';
import { type FalApi, openApi } from '../../shared/session';

/** Jobs of fal that somebody else has bought. */
export function followedJobs(
	store: FileStore,
	api: FalApi,
	timing: Timing,
): Followed<FalJobHandle, FalResult, RowItem> {
	const client = createClient(api.door, api.origins);
	const statuses = new Map<string, QueueStatus>();
	return {
		driver: { service: FAL, revive: reviveJob, idOf: ({ requestId }) => requestId },
		ended: async (jobs, askedIn) =>
			await endedJobs(client, askedIn, jobs, (id, status) => statuses.set(id, status)),
		finish: async (job, readIn) => {
			const status = statuses.get(job.requestId) ?? (await askStatus(client, readIn, job));
			return await readFinished(client, readIn, job, status);
		},
		collect: async (job, result, order) => {
			const { seed } = job;
			const { timings } = result;
			const options = orderedOutput(order);
			const session = { ...api, timing };
			const [item = { json: {} }] = await itemsOfJob(store, session, options, job, result, {
				seed,
				timings,
			});
			return item;
		},
	};
}

/** Follows the jobs of a suspended execution, for whoever goes on with it. */
export async function followJobs(
	context: IWebhookFunctions,
	purchases: readonly Kept[],
): Promise<Following<RowItem>> {
	const api = await openApi(context);
	return new Follower(followedJobs(context, api, { clock: systemClock }), purchases);
}
