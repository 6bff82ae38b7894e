import type { IExecuteFunctions, INodeExecutionData } from 'n8n-workflow';

import { FalDriver } from '../../../../lib/fal/driver';
import { WORK_OPTIONS } from '../../../../lib/fal/fields/options';
import type { FalJobHandle } from '../../../../lib/fal/submit';
import { Uploader } from '../../../../lib/fal/upload';
import { readValues } from '../../../../lib/fields/values';
import type { Timing } from '../../../../lib/jobs/retry';
import { objectOf } from '../../../../lib/json';
import { SECOND_MS } from '../../../../lib/time';
import { asTaken, type Bought, buyRows, itemsOf } from '../../../shared/buyRows';
import type { RowItem } from '../../../shared/errorRow';
import { orderOf, readOutputOptions } from '../../../shared/pictures';
import { collectionReader } from '../../../shared/readFields';
import { withChosenSeed } from '../../../shared/seeds';
import { suspend, type Suspended } from '../../../shared/waitByCallback';
import type { FalSession } from '../../shared/session';
import { costOf, picturesOf } from './estimate';
import { followedJobs } from './follow';
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
	const { memory, timing } = session;
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
 * @returns what stands for the output until then
 * @throws RowFailure when a row fails and n8n is to stop
 */
export async function suspendJobs(
	context: IExecuteFunctions,
	session: FalSession,
	callback: string,
): Promise<INodeExecutionData[]> {
	const jobs = new Map<number, Suspended<FalJobHandle>>();
	const bought = await buy(context, session, {
		callback,
		finish: async (_driver, job) => await asTaken(job),
		collect: async (row, job) => {
			const { requestId, endpointId: endpoint } = job;
			const order = orderOf(readOutputOptions(context, row));
			jobs.set(row, { job, ids: { requestId, endpoint }, order });
			return await Promise.resolve([]);
		},
	});
	const followed = followedJobs(context, session, session.timing);
	return await suspend(context, session, { callback, followed, bought, jobs });
}
