import type { IDataObject, IWebhookFunctions } from 'n8n-workflow';

import { ASTRIA } from '../../../../lib/astria/api/errors';
import { FollowedPrompts } from '../../../../lib/astria/prompts/followed';
import type { AstriaPrompt } from '../../../../lib/astria/prompts/prompt';
import { type DressJob, reviveTryOn } from '../../../../lib/astria/tryOn/driver';
import type { TemporaryTunes } from '../../../../lib/astria/tryOn/temporary';
import { JobFailedError } from '../../../../lib/errors';
import { type Followed, Follower, type Following, type Kept } from '../../../../lib/jobs/follow';
import type { Timing } from '../../../../lib/jobs/retry';
import type { FileStore } from '../../../../lib/media/download';
import { systemClock } from '../../../../lib/time';
import type { RowItem } from '../../../shared/errorRow';
import { type AstriaApi, openApi } from '../../shared/session';
import { followedItem } from './makePrompts';
import { reopenTemporary, settleTemporary } from './temporaryTunes';

/** Columns of a try-on that is taken. */
export function dressColumns({ tuneIds }: DressJob): IDataObject {
	return { tuneIds };
}

/**
 * Try-ons that somebody else has bought.
 *
 * @param temporary the tunes that are deleted once nothing needs them any more
 */
export function followedTryOns(
	store: FileStore,
	api: AstriaApi,
	timing: Timing,
	temporary: TemporaryTunes | undefined,
): Followed<DressJob, AstriaPrompt, RowItem> {
	const prompts = new FollowedPrompts(api.client);
	return {
		driver: {
			service: ASTRIA,
			noun: 'Prompt',
			revive: (stored) => {
				const job = reviveTryOn(stored);
				if (job) temporary?.hold(job.promptId, job.tuneIds);
				return job;
			},
			idOf: ({ promptId }) => String(promptId),
		},
		ended: async (jobs, askedIn) => await prompts.ended(jobs, askedIn),
		finish: async (job, readIn) => {
			const prompt = prompts.finish(job, readIn);
			prompt.catch((error: unknown) => {
				if (error instanceof JobFailedError) temporary?.release(job.promptId);
			});
			return await prompt;
		},
		collect: async (job, prompt, order) => {
			const session = { ...api, timing };
			const item = await followedItem(store, session, job, prompt, order, dressColumns(job));
			if (item.json.downloadError === undefined) temporary?.release(job.promptId);
			return item;
		},
		settle: async (outcomes, settledIn) => {
			if (temporary) await settleTemporary(temporary, settledIn, outcomes);
		},
	};
}

/** Follows the try-ons of a suspended execution, for whoever goes on with it. */
export async function followTryOns(
	context: IWebhookFunctions,
	purchases: readonly Kept[],
): Promise<Following<RowItem>> {
	const api = await openApi(context);
	const temporary = reopenTemporary(context, api);
	const followed = followedTryOns(context, api, { clock: systemClock }, temporary);
	return new Follower(followed, purchases);
}
