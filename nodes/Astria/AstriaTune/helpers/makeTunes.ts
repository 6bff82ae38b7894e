import type {
	IDataObject,
	IExecuteFunctions,
	INodeExecutionData,
	IWebhookFunctions,
} from 'n8n-workflow';

import { ASTRIA } from '../../../../lib/astria/api/errors';
import { PACK_RUN_FIELDS, TUNE_FIELDS, TUNE_RUN_OPTIONS } from '../../../../lib/astria/fields/tune';
import type { Tune } from '../../../../lib/astria/tunes/calls';
import {
	FollowedTunes,
	reviveTune,
	TuneDriver,
	type TuneJob,
	TuneWatch,
} from '../../../../lib/astria/tunes/driver';
import type { TuneRequest } from '../../../../lib/astria/tunes/request';
import { readValues } from '../../../../lib/fields/values';
import { type Followed, Follower, type Following, type Kept } from '../../../../lib/jobs/follow';
import type { Timing } from '../../../../lib/jobs/retry';
import { SECOND_MS, systemClock } from '../../../../lib/time';
import { asTaken, buyRows, itemsOf } from '../../../shared/buyRows';
import type { RowItem } from '../../../shared/errorRow';
import { collectionReader, oncePerRow } from '../../../shared/row';
import { readWait, suspend, type Suspended, waitProperties } from '../../../shared/waitByCallback';
import {
	type AstriaAccess,
	type AstriaSession,
	checkOwnCallback,
	openAstria,
} from '../../shared/session';
import { groupsOf } from './groups';
import { columnsOfTune, isSimple } from './output';

/** Seconds that a training is waited for by callback at most, unless set otherwise: six hours. */
const TRAINING_S = 21_600;

/** The parameters about waiting for trainings. */
export const tuneWaitProperties = waitProperties({
	service: 'Astria',
	things: 'the training',
	time: 'minutes to hours',
	mayNotWait: true,
	later: 'Wait Until Trained waits for the training later',
	limit: TRAINING_S,
});

/**
 * Makes a tune of each group of rows and, where that is wanted, waits for its training.
 *
 * @param prepare reads what a tune is made of, from its rows
 * @param countLimit the option that says how many a run may make
 * @throws RowFailure when one fails and n8n is to stop
 */
export async function makeTunes(
	context: IExecuteFunctions,
	session: AstriaSession,
	prepare: (context: IExecuteFunctions, rows: readonly number[]) => Promise<TuneRequest>,
	countLimit: { label: string } = TUNE_RUN_OPTIONS.maxJobs,
): Promise<INodeExecutionData[]> {
	const { client, timing } = session;
	const { mode, callback } = readWait(context, session.baseUrl);
	const limits = readValues(TUNE_RUN_OPTIONS, collectionReader(context, 0, 'options'));
	const driver = new TuneDriver({
		client,
		watch: new TuneWatch(client, timing.clock),
		callback: callback?.address,
		...(mode === 'node' && { maxWaitMs: limits.maxWait * SECOND_MS }),
	});
	const simpleOf = oncePerRow((row) => isSimple(context, row));
	const plan = {
		driver,
		limits,
		countLimit,
		groups: groupsOf(context),
		prepare: async (rows: readonly number[]) => {
			simpleOf(rows[0] ?? 0);
			const request = await prepare(context, rows);
			checkCallbacks(request.fields, session.baseUrl, callback !== undefined);
			return request;
		},
	};
	if (callback === undefined) {
		const bought = await buyRows(context, session, {
			...plan,
			finish: async (job, runTiming) => await driver.finish(job, runTiming),
			collect: async (row, job, tune) => {
				const columns = columnsOfTune(session, timing, tune, simpleOf(row));
				return await Promise.resolve([{ json: { ...columns, ...originOf(job) } }]);
			},
		});
		return itemsOf(context, session, bought);
	}
	const jobs = new Map<number, Suspended<TuneJob>>();
	const bought = await buyRows<TuneRequest, TuneJob, TuneJob>(context, session, {
		...plan,
		finish: asTaken,
		collect: async (row, job) => {
			const order: IDataObject = { simplify: simpleOf(row) };
			jobs.set(row, { job, ids: { tuneId: job.tuneId }, order });
			return await Promise.resolve([]);
		},
	});
	const followed = followedTunes(session, timing);
	return await suspend(context, session, { callback, followed, bought, jobs });
}

/** The addresses among the fields of a tune that Astria is to call. */
function checkCallbacks(
	{ callback, prompts_callback: ofPrompts }: TuneRequest['fields'],
	baseUrl: string,
	isSuspended: boolean,
): void {
	checkOwnCallback(TUNE_FIELDS.callback.label, callback, baseUrl, isSuspended);
	checkOwnCallback(PACK_RUN_FIELDS.prompts_callback.label, ofPrompts, baseUrl, false);
}

/** How a tune came to be. */
export function originOf({ reused, recovered }: TuneJob): IDataObject {
	return { reused, ...(recovered && { recovered }) };
}

/** Tunes that somebody else has bought. */
function followedTunes(api: AstriaAccess, timing: Timing): Followed<TuneJob, Tune, RowItem> {
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
	const api = await openAstria(context);
	return new Follower(followedTunes(api, { clock: systemClock }), purchases);
}
