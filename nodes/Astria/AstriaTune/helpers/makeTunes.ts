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
import { asTaken, type BuyPlan, buyRows, itemsOf } from '../../../shared/buyRows';
import type { RowItem } from '../../../shared/errorRow';
import { collectionReader, oncePerRow } from '../../../shared/row';
import {
	type Callback,
	readWait,
	suspend,
	type Suspended,
	type Wait,
	waitProperties,
} from '../../../shared/waitByCallback';
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
	things: 'the training, which takes from minutes to hours',
	mayNotWait: true,
	limit: TRAINING_S,
});

/** Tunes that are about to be bought. */
export interface TunePlan extends Pick<Wait, 'callback'> {
	driver: TuneDriver;
	/** Milliseconds that a training is waited for in the node. */
	maxWaitMs: number;
	/** How they are bought. */
	plan: Pick<BuyPlan<TuneRequest, TuneJob, never>, 'driver' | 'limits' | 'groups' | 'prepare'>;
}

/**
 * Reads how the tunes of a run are to be made, and nothing that costs.
 *
 * @param read reads what a tune is made of, from its rows, and what is to come out of it
 * @param callsAfterPrompts whether a suspended run goes on only after the prompts of a pack
 * @throws InputError
 */
export function planTunes(
	context: IExecuteFunctions,
	{ client, timing, baseUrl }: AstriaSession,
	read: (rows: readonly number[]) => Promise<TuneRequest>,
	callsAfterPrompts = false,
): TunePlan {
	const { mode, callback } = readWait(context, baseUrl);
	const limits = readValues(TUNE_RUN_OPTIONS, collectionReader(context, 0, 'options'));
	const maxWaitMs = limits.maxWait * SECOND_MS;
	const driver = new TuneDriver({
		client,
		watch: new TuneWatch(client, timing.clock),
		callback: callback?.address,
		callsAfterPrompts,
		...(mode === 'node' && { maxWaitMs }),
	});
	const prepare = async (rows: readonly number[]) => {
		const request = await read(rows);
		const { callback: own, prompts_callback: ofPrompts } = request.fields;
		const isSuspended = callback !== undefined;
		const { label } = PACK_RUN_FIELDS.prompts_callback;
		checkOwnCallback(TUNE_FIELDS.callback.label, own, baseUrl, isSuspended);
		checkOwnCallback(label, ofPrompts, baseUrl, isSuspended && callsAfterPrompts);
		return request;
	};
	const plan = { driver, limits, groups: groupsOf(context), prepare };
	return { driver, callback, maxWaitMs, plan };
}

/**
 * Buys tunes, and suspends the execution until they have ended.
 *
 * @param orderOf what is wanted of the output of a row
 */
export async function suspendForTunes<Result>(
	context: IExecuteFunctions,
	session: AstriaSession,
	{ plan, callback }: TunePlan & { callback: Callback },
	orderOf: (row: number) => IDataObject,
	followed: Followed<TuneJob, Result, RowItem>,
): Promise<INodeExecutionData[]> {
	const jobs = new Map<number, Suspended<TuneJob>>();
	const bought = await buyRows<TuneRequest, TuneJob, TuneJob>(context, session, {
		...plan,
		finish: asTaken,
		collect: async (row, job) => {
			jobs.set(row, { job, ids: { tuneId: job.tuneId }, order: orderOf(row) });
			return await Promise.resolve([]);
		},
	});
	return await suspend(context, session, { callback, followed, bought, jobs });
}

/**
 * Makes a tune of each group of rows and, where that is wanted, waits for its training.
 *
 * @param prepare reads what a tune is made of, from its rows
 * @throws RowFailure when one fails and n8n is to stop
 */
export async function makeTunes(
	context: IExecuteFunctions,
	session: AstriaSession,
	prepare: (context: IExecuteFunctions, rows: readonly number[]) => Promise<TuneRequest>,
): Promise<INodeExecutionData[]> {
	const { timing } = session;
	const simpleOf = oncePerRow((row) => isSimple(context, row));
	const planned = planTunes(context, session, async (rows) => {
		simpleOf(rows[0] ?? 0);
		return await prepare(context, rows);
	});
	const { driver, callback, plan } = planned;
	if (callback) {
		const orderOf = (row: number) => ({ simplify: simpleOf(row) });
		const followed = followedTunes(session, timing);
		return await suspendForTunes(context, session, { ...planned, callback }, orderOf, followed);
	}
	const bought = await buyRows<TuneRequest, TuneJob, Tune>(context, session, {
		...plan,
		finish: async (job, runTiming) => await driver.finish(job, runTiming),
		collect: async (row, job, tune) => {
			const columns = columnsOfTune(session, timing, tune, simpleOf(row));
			return await Promise.resolve([{ json: { ...columns, ...originOf(job) } }]);
		},
	});
	return itemsOf(context, session, bought);
}

/** How a tune came to be. */
export function originOf({ reused, recovered }: TuneJob): IDataObject {
	return { reused, ...(recovered && { recovered }) };
}

/** What there is to know of tunes that somebody else has bought. */
export function followedDriver(
	tunes: FollowedTunes,
): Followed<TuneJob, unknown, unknown>['driver'] {
	return {
		service: ASTRIA,
		noun: 'Tune',
		revive: reviveTune,
		chargeOf: (job) => tunes.chargeOf(job),
		idOf: ({ tuneId }) => String(tuneId),
	};
}

/** Tunes that somebody else has bought. */
function followedTunes(api: AstriaAccess, timing: Timing): Followed<TuneJob, Tune, RowItem> {
	const tunes = new FollowedTunes(api.client);
	return {
		driver: followedDriver(tunes),
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
