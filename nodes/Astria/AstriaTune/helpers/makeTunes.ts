import type { IExecuteFunctions, INodeExecutionData, INodeProperties } from 'n8n-workflow';

import { TUNE_RUN_OPTIONS } from '../../../../lib/astria/fields/tune';
import { TuneDriver } from '../../../../lib/astria/tunes/driver';
import type { TuneRequest } from '../../../../lib/astria/tunes/request';
import { TuneWatch } from '../../../../lib/astria/tunes/watch';
import { readValues } from '../../../../lib/fields/values';
import { SECOND_MS } from '../../../../lib/time';
import { buyRows, itemsOf } from '../../../shared/buyRows';
import { collectionReader } from '../../../shared/readFields';
import type { AstriaSession } from '../../shared/session';
import { groupsOf } from './groups';
import { tuneColumns } from './output';

/** Whether the node waits for trainings. */
export const waitProperty: INodeProperties = {
	displayName: 'Wait Until Trained',
	name: 'wait',
	type: 'boolean',
	default: true,
	description:
		'Whether to wait for the training, which takes from minutes to hours. A FaceID is ready at once.',
};

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
	const { client, timing } = session;
	const limits = readValues(TUNE_RUN_OPTIONS, collectionReader(context, 0, 'options'));
	const wait: unknown = context.getNodeParameter('wait', 0, true);
	const driver = new TuneDriver({
		client,
		watch: new TuneWatch(client, timing.clock),
		...(wait !== false && { maxWaitMs: limits.maxWait * SECOND_MS }),
	});
	const bought = await buyRows(context, session, {
		driver,
		finish: async (job, runTiming) => await driver.finish(job, runTiming),
		limits,
		groups: groupsOf(context),
		prepare: async (rows) => await prepare(context, rows),
		collect: async (row, { reused, recovered }, tune) => {
			const origin = { reused, ...(recovered && { recovered }) };
			const json = { ...tuneColumns(context, session, row, tune), ...origin };
			return await Promise.resolve([{ json }]);
		},
	});
	return itemsOf(context, session, bought);
}
