import type { IExecuteFunctions, INodeExecutionData, INodeProperties } from 'n8n-workflow';

import { TUNE_RUN_OPTIONS } from '../../../../../lib/astria/fields/tune';
import { collection } from '../../../../shared/fieldProperty';
import { openSession } from '../../../shared/session';
import { makeTunes } from '../../helpers/makeTunes';
import { simplifyProperty } from '../../helpers/output';
import { groupsOf, groupsProperty } from '../../helpers/groups';
import { promptsProperties } from '../../helpers/prompts';
import { readTuneRequest, tuneProperties, waitProperty } from '../../helpers/request';

const show = { show: { resource: ['tune'], operation: ['create'] } };

/** Parameters of Create. */
export const properties: INodeProperties[] = [
	...tuneProperties(show),
	groupsProperty(show),
	{
		displayName: 'Create or Reuse',
		name: 'createOrReuse',
		type: 'boolean',
		default: false,
		description:
			'Whether to take a tune of your account with the same title and model type, if there is one, instead of training and paying again',
		displayOptions: show,
	},
	waitProperty(show),
	simplifyProperty(show),
	...promptsProperties(show),
	collection(
		{ displayName: 'Options', name: 'options', placeholder: 'Add Option', displayOptions: show },
		TUNE_RUN_OPTIONS,
	),
];

/**
 * Makes a tune of each group of rows, or finds it, and waits for its training.
 *
 * @throws RowFailure when a row fails and n8n is to stop
 */
export async function execute(context: IExecuteFunctions): Promise<INodeExecutionData[]> {
	const session = await openSession(context);
	return await makeTunes(context, session, groupsOf(context), async (rows) =>
		readTuneRequest(context, rows),
	);
}
