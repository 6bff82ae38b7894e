import type { IDataObject, IExecuteFunctions, INodeExecutionData } from 'n8n-workflow';

import { ASTRIA } from '../../../../lib/astria/api/errors';
import { TuneDriver, type TuneJob } from '../../../../lib/astria/tunes/driver';
import type { TuneRequest } from '../../../../lib/astria/tunes/request';
import type { Tune } from '../../../../lib/astria/tunes/calls';
import { TuneWatch } from '../../../../lib/astria/tunes/watch';
import type { JobDriver } from '../../../../lib/jobs/driver';
import { checkMaxJobs } from '../../../../lib/jobs/limit';
import { RowFailure, runRows } from '../../../../lib/jobs/rows';
import { errorRow } from '../../../shared/errorRow';
import { runMemory, told } from '../../../shared/runMemory';
import type { Session } from '../../shared/session';
import { tuneColumns } from './output';
import { readRunOptions } from './run';

/** What a batch of purchases needs beside its driver. */
interface Groups<Request, Job, Result> {
	/** The rows of each purchase. */
	groups: readonly number[][];
	/** Checks and reads what a purchase needs, from its rows. */
	prepare(rows: readonly number[]): Promise<Request>;
	/** Makes the item of a purchase that is done. */
	collect(rows: readonly number[], job: Job, result: Result): INodeExecutionData['json'];
}

/**
 * Buys side by side, at most once each, one purchase for each group of rows.
 *
 * @returns one item for each purchase, paired with all of its rows
 * @throws RowFailure when one fails and n8n is to stop
 */
export async function buyGroups<Request, Job extends IDataObject, Result>(
	context: IExecuteFunctions,
	session: Session,
	driver: JobDriver<Request, Job, Result>,
	{ groups, prepare, collect }: Groups<Request, Job, Result>,
): Promise<INodeExecutionData[]> {
	const { jobsInFlight, maxJobs } = readRunOptions(context);
	checkMaxJobs(ASTRIA, groups.length, maxJobs);
	const rowsOf = (group: number): number[] => groups[group] ?? [];
	const pairOf = (group: number) => rowsOf(group).map((item) => ({ item }));
	const firstOf = (group: number): number => rowsOf(group)[0] ?? 0;
	try {
		const outcomes = await runRows({
			rows: groups.map((_, group) => group),
			driver,
			memory: runMemory(context, session.memory),
			...told(context, ASTRIA, firstOf),
			timing: session.timing,
			jobsInFlight,
			onError: context.continueOnFail() ? 'continue' : 'stop',
			prepare: async (group) => await prepare(rowsOf(group)),
			collect: async (group, job, result): Promise<INodeExecutionData> => ({
				json: collect(rowsOf(group), job, result),
				pairedItem: pairOf(group),
			}),
		});
		return outcomes.map((outcome) =>
			'error' in outcome
				? {
						...errorRow(context, firstOf(outcome.row), outcome.error),
						pairedItem: pairOf(outcome.row),
					}
				: outcome.output,
		);
	} catch (error) {
		throw error instanceof RowFailure ? new RowFailure(firstOf(error.row), error.error) : error;
	}
}

/** Columns about how a tune came to be, beside those of the tune. */
function originOf({ reused, recovered }: TuneJob): { reused: boolean; recovered?: boolean } {
	return { reused, ...(recovered && { recovered }) };
}

/**
 * Makes tunes and, where the row wants it, waits for their training.
 *
 * @throws RowFailure when one fails and n8n is to stop
 */
export async function makeTunes(
	context: IExecuteFunctions,
	session: Session,
	groups: readonly number[][],
	prepare: (rows: readonly number[]) => Promise<TuneRequest>,
): Promise<INodeExecutionData[]> {
	const { client, timing } = session;
	const { maxWait } = readRunOptions(context);
	const waits = context.getNodeParameter('wait', 0, true) !== false;
	const watch = new TuneWatch(client, timing.clock);
	const driver = new TuneDriver({ client, watch, ...(waits && { maxWait }) });
	return await buyGroups(context, session, driver, {
		groups,
		prepare,
		collect: (rows, job: TuneJob, tune: Tune) => ({
			...tuneColumns(context, session, rows[0] ?? 0, tune),
			...originOf(job),
		}),
	});
}
