import type { QueueStatus } from '@fal-ai/client';
import type { IExecuteFunctions, INodeExecutionData } from 'n8n-workflow';

import { FalDriver, type FalRequest } from '../../../../lib/fal/driver';
import { FAL } from '../../../../lib/fal/errors';
import { TRYON_FIELDS } from '../../../../lib/fal/fields/fashn';
import { WORK_OPTIONS } from '../../../../lib/fal/fields/options';
import { costOfPictures } from '../../../../lib/fal/price';
import { askStatus, cancel, type FalResult, readFinished } from '../../../../lib/fal/result';
import { type FalJobHandle, reviveJob, Uploader } from '../../../../lib/fal/submit';
import { endedJobs } from '../../../../lib/fal/wait';
import { readValues } from '../../../../lib/fields/values';
import type { Followed } from '../../../../lib/jobs/follow';
import type { Timing } from '../../../../lib/jobs/retry';
import { objectOf } from '../../../../lib/json';
import type { FileStore } from '../../../../lib/media/download';
import type { Cost } from '../../../../lib/money';
import { SECOND_MS } from '../../../../lib/time';
import { asTaken, type Bought, buyRows, itemsOf } from '../../../shared/buyRows';
import type { RowItem } from '../../../shared/errorRow';
import { orderedOutput, orderOf, readOutputOptions } from '../../../shared/pictures';
import { collectionReader, withChosenSeed } from '../../../shared/row';
import { type Callback, suspend, type Suspended } from '../../../shared/waitByCallback';
import { itemsOfJob } from '../../shared/output';
import type { FalSession } from '../../shared/session';
import { readRequest } from './request';

/** What becomes of a job that fal has taken. */
interface Use<Result> {
	/** What fal is to call when it has ended. */
	callback?: string;
	finish(
		driver: FalDriver,
		job: FalJobHandle,
		timing: Timing,
		ended: () => Promise<void>,
	): Promise<Result>;
	collect(row: number, job: FalJobHandle, result: Result): Promise<RowItem[]>;
}

async function buy<Result>(
	context: IExecuteFunctions,
	session: FalSession,
	{ callback, finish, collect }: Use<Result>,
): Promise<Bought[]> {
	const { timing } = session;
	const memory = context.getContext('node');
	// What cannot differ between rows is that of the first one.
	const options = readValues(WORK_OPTIONS, collectionReader(context, 0, 'options'));
	const uploads = objectOf(memory.uploads);
	Object.assign(memory, { uploads });
	const driver = new FalDriver({
		...session,
		clock: timing.clock,
		logger: context.logger,
		uploader: new Uploader(session, options.uploadLifetime, uploads),
		maxWaitMs: options.maxWait * SECOND_MS,
		logs: options.logs === true,
		callback,
	});
	return await buyRows(context, session, {
		driver,
		finish: async (job, runTiming, ended) => await finish(driver, job, runTiming, ended),
		limits: options,
		countLimit: WORK_OPTIONS.maxJobs,
		picturesOf,
		costOf: async (request) => await costOf(session, request),
		prepare: async ([row = 0]) =>
			withChosenSeed(context, row, await readRequest(context, row, session)),
		collect,
	});
}

/**
 * Buys every row of the input, at most once each.
 *
 * @returns items and error rows in the order of the rows
 * @throws RowFailure when a row fails and n8n is to stop
 */
export async function buyJobs<Result>(
	context: IExecuteFunctions,
	session: FalSession,
	use: Use<Result>,
): Promise<INodeExecutionData[]> {
	return itemsOf(context, session, await buy(context, session, use));
}

/**
 * Buys every row of the input, at most once each, and suspends the execution until fal has called
 * back for all of them.
 *
 * @param callback what fal is to call
 * @returns items in place of the output until then
 * @throws RowFailure when a row fails and n8n is to stop
 */
export async function suspendJobs(
	context: IExecuteFunctions,
	session: FalSession,
	callback: Callback,
): Promise<INodeExecutionData[]> {
	const jobs = new Map<number, Suspended<FalJobHandle>>();
	const bought = await buy(context, session, {
		callback: callback.address,
		finish: async (_driver, job) => await asTaken(job),
		collect: async (row, job) => {
			const { requestId, endpointId: endpoint } = job;
			const order = orderOf(readOutputOptions(context, row));
			jobs.set(row, { job, ids: { requestId, endpoint }, order });
			return [];
		},
	});
	const followed = followedJobs(context, session);
	return await suspend(context, session, { callback, followed, bought, jobs });
}

/**
 * How many pictures a row asks for; FASHN bills each (fal.ai, FASHN Try-On v1.6). What Additional
 * Fields ask for instead is fal's to refuse.
 */
export function picturesOf({ input }: FalRequest): number {
	const asked = Number(input.num_samples);
	return asked > 0 ? asked : TRYON_FIELDS.num_samples.default;
}

/** What a row will cost; `undefined` where fal does not tell. */
export async function costOf(
	{ prices }: FalSession,
	request: FalRequest,
): Promise<Cost | undefined> {
	return costOfPictures(await prices.of(request.endpointId), picturesOf(request));
}

/** Jobs of fal that another run has bought. */
export function followedJobs(
	store: FileStore,
	session: FalSession,
): Followed<FalJobHandle, FalResult, RowItem> {
	const { client, timing } = session;
	const statuses = new Map<string, QueueStatus>();
	return {
		driver: {
			service: FAL,
			revive: reviveJob,
			idOf: ({ requestId }) => requestId,
			cancel: async (job) => await cancel(client, { clock: timing.clock }, job),
		},
		ended: async (jobs, askedIn) =>
			await endedJobs(client, askedIn, jobs, (id, status) => statuses.set(id, status)),
		finish: async (job, readIn) => {
			const status = statuses.get(job.requestId) ?? (await askStatus(client, readIn, job));
			return await readFinished(client, readIn, job, status);
		},
		collect: async (job, result, order) => {
			const { timings } = result;
			const options = orderedOutput(order);
			const more = { seed: job.seed, timings };
			const [item = { json: {} }] = await itemsOfJob(store, session, options, job, result, more);
			return item;
		},
	};
}
