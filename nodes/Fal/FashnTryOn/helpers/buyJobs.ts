import type { QueueStatus } from '@fal-ai/client';
import type { IExecuteFunctions, INodeExecutionData } from 'n8n-workflow';

import {
	FalDriver,
	type FalJobHandle,
	type FalRequest,
	reviveJob,
	Uploader,
} from '../../../../lib/fal/driver';
import { FAL } from '../../../../lib/fal/errors';
import { TRYON_FIELDS } from '../../../../lib/fal/fields/fashn';
import { WORK_OPTIONS } from '../../../../lib/fal/fields/options';
import {
	askStatus,
	cancel,
	costOfPictures,
	type FalResult,
	readFinished,
} from '../../../../lib/fal/result';
import { endedJobs } from '../../../../lib/fal/wait';
import type { Followed } from '../../../../lib/jobs/follow';
import { objectOf } from '../../../../lib/json';
import type { FileStore } from '../../../../lib/media/download';
import type { Cost } from '../../../../lib/money';
import { SECOND_MS } from '../../../../lib/time';
import { buyAndWait } from '../../../shared/buyRows';
import type { RowItem } from '../../../shared/errorRow';
import { orderedOutput, orderOf, readOutputOptions } from '../../../shared/pictures';
import { readRunOptions, withChosenSeed } from '../../../shared/row';
import type { Wait } from '../../../shared/wait';
import { itemsOfJob } from '../../shared/output';
import type { FalSession } from '../../shared/session';
import { readRequest } from './request';

/**
 * Buys every row of the input, at most once each, and waits for it as is wanted.
 *
 * @param taken makes the items of a job that nobody waits for
 * @returns items and error rows in the order of the rows; or what stands for them while the execution
 * is suspended
 * @throws RowFailure when a row fails and n8n is to stop
 */
export async function buyJobs(
	context: IExecuteFunctions,
	session: FalSession,
	wait: Wait,
	taken?: (job: FalJobHandle) => RowItem,
): Promise<INodeExecutionData[]> {
	const memory = context.getContext('node');
	const options = readRunOptions(context, WORK_OPTIONS);
	const uploads = objectOf(memory.uploads);
	Object.assign(memory, { uploads });
	const driver = new FalDriver({
		...session,
		clock: session.timing.clock,
		logger: context.logger,
		uploader: new Uploader(session, options.uploadLifetime, uploads),
		maxWaitMs: options.maxWait * SECOND_MS,
		logs: options.logs === true,
		callback: wait.callback?.address,
	});
	return await buyAndWait<FalRequest, FalJobHandle, FalResult>(context, session, wait, {
		driver,
		finish: async (job, timing, ended) => await driver.finish(job, timing, ended),
		limits: options,
		countLimit: WORK_OPTIONS.maxJobs,
		picturesOf,
		costOf: async (request) => await costOf(session, request),
		prepare: async ([row = 0]) =>
			withChosenSeed(context, row, await readRequest(context, row, session)),
		collect: async (row, job, result) => {
			const { timings } = result;
			return await itemsOfJob(context, session, readOutputOptions(context, row), job, result, {
				seed: job.seed,
				timings,
			});
		},
		...(taken && { taken: (_row, job) => [taken(job)] }),
		suspended: {
			idsOf: ({ requestId, endpointId: endpoint }) => ({ requestId, endpoint }),
			orderOf: (row) => orderOf(readOutputOptions(context, row)),
			followed: () => followedJobs(context, session),
		},
	});
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
	return costOfPictures(await prices(request.endpointId), picturesOf(request));
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
