import type { IExecuteFunctions, INodeExecutionData } from 'n8n-workflow';

import { FalDriver } from '../../../../lib/fal/driver';
import { WORK_OPTIONS } from '../../../../lib/fal/fields/options';
import type { FalJobHandle } from '../../../../lib/fal/submit';
import { Uploader } from '../../../../lib/fal/upload';
import { readValues } from '../../../../lib/fields/values';
import type { Timing } from '../../../../lib/jobs/retry';
import { objectOf } from '../../../../lib/json';
import { SECOND_MS } from '../../../../lib/time';
import { buyRows, itemsOf } from '../../../shared/buyRows';
import type { RowItem } from '../../../shared/errorRow';
import { collectionReader } from '../../../shared/readFields';
import { withChosenSeed } from '../../../shared/seeds';
import type { FalSession } from '../../shared/session';
import { costOf, picturesOf } from './estimate';
import { readRequest } from './request';

/** What becomes of a job that fal has taken. */
interface Use<Result> {
	finish(
		driver: FalDriver,
		job: FalJobHandle,
		timing: Timing,
		ended: () => Promise<void>,
	): Promise<Result>;
	collect(row: number, job: FalJobHandle, result: Result): Promise<RowItem[]>;
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
	{ finish, collect }: Use<Result>,
): Promise<INodeExecutionData[]> {
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
	});
	const bought = await buyRows(context, session, {
		driver,
		finish: async (job, runTiming, ended) => await finish(driver, job, runTiming, ended),
		limits: options,
		picturesOf,
		costOf: async (request) => await costOf(session, request),
		prepare: async ([row = 0]) => withChosenSeed(context, row, await readRequest(context, row)),
		collect,
	});
	return itemsOf(context, session, bought);
}
