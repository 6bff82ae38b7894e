import type { IDataObject, IWebhookFunctions } from 'n8n-workflow';

import { ASTRIA } from '../../../../lib/astria/api/errors';
import type { Tune } from '../../../../lib/astria/tunes/calls';
import { reviveTune, type TuneJob } from '../../../../lib/astria/tunes/driver';
import { FollowedTunes } from '../../../../lib/astria/tunes/followed';
import { type Followed, Follower, type Following, type Kept } from '../../../../lib/jobs/follow';
import type { Timing } from '../../../../lib/jobs/retry';
import { systemClock } from '../../../../lib/time';
import type { RowItem } from '../../../shared/errorRow';
import { type AstriaApi, openApi } from '../../shared/session';
import { columnsOfTune } from './output';

/** How a tune came to be. */
export function originOf({ reused, recovered }: TuneJob): IDataObject {
	return { reused, ...(recovered && { recovered }) };
}

/** Tunes that somebody else has bought. */
export function followedTunes(api: AstriaApi, timing: Timing): Followed<TuneJob, Tune, RowItem> {
	const tunes = new FollowedTunes(api.client);
	return {
		driver: {
			service: ASTRIA,
			noun: 'Tune',
			revive: reviveTune,
			chargeOf: (job) => tunes.chargeOf(job),
			idOf: ({ tuneId }) => String(tuneId),
		},
		ended: async (jobs, askedIn) => await tunes.ended(jobs, askedIn),
		finish: async (job, readIn) => await tunes.finish(job, readIn),
		collect: async (job, tune, { simplify }) => {
			const columns = columnsOfTune(api, timing, tune, simplify !== false);
			return await Promise.resolve({ json: { ...columns, ...originOf(job) } });
		},
	};
}

/** Follows the tunes of a suspended execution, for whoever goes on with it. */
export async function followTunes(
	context: IWebhookFunctions,
	purchases: readonly Kept[],
): Promise<Following<RowItem>> {
	const api = await openApi(context);
	return new Follower(followedTunes(api, { clock: systemClock }), purchases);
}
