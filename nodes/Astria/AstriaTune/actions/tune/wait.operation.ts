import type { IExecuteFunctions, INodeExecutionData, INodeProperties } from 'n8n-workflow';

import { ASTRIA } from '../../../../../lib/astria/api/errors';
import { TuneWatch } from '../../../../../lib/astria/tunes/watch';
import { TUNE_RUN_OPTIONS } from '../../../../../lib/astria/fields/tune';
import { eachRow } from '../../../../shared/eachRow';
import { collection } from '../../../../shared/fieldProperty';
import { openSession } from '../../../shared/session';
import { tuneProperty, withTune } from '../../../shared/tunePicker';
import { simplifyProperty, tuneColumns } from '../../helpers/output';
import { readRunOptions } from '../../helpers/run';

const show = { show: { resource: ['tune'], operation: ['wait'] } };

const { jobsInFlight, maxWait } = TUNE_RUN_OPTIONS;

/** Parameters of Wait Until Trained. */
export const properties: INodeProperties[] = [
	...tuneProperty(show),
	simplifyProperty(show),
	collection(
		{ displayName: 'Options', name: 'options', placeholder: 'Add Option', displayOptions: show },
		{ jobsInFlight, maxWait },
	),
];

/**
 * Waits for tunes that are in training, all with one list call.
 *
 * @throws NodeOperationError when a row fails and n8n is to stop
 */
export async function execute(context: IExecuteFunctions): Promise<INodeExecutionData[]> {
	const session = await openSession(context);
	const options = readRunOptions(context);
	const watch = new TuneWatch(session.client, session.timing.clock);
	return await eachRow(context, ASTRIA, options.jobsInFlight, async (row) => {
		const tune = await withTune(context, row, async (id) =>
			watch.untilTrained({ id, maxWait: options.maxWait, charged: 'no' }, session.timing),
		);
		return [{ json: tuneColumns(context, session, row, tune), pairedItem: { item: row } }];
	});
}
