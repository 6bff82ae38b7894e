import type { IExecuteFunctions, INodeExecutionData, INodeProperties } from 'n8n-workflow';

import { PackRunDriver, type PackRunJob } from '../../../../../lib/astria/packs/run';
import { PACK_TRAIN_FIELDS, TUNE_RUN_OPTIONS } from '../../../../../lib/astria/fields/tune';
import { collection, tableProperties } from '../../../../shared/fieldProperty';
import { promptGroupProperties } from '../../../shared/promptGroups';
import { openSession, type Session } from '../../../shared/session';
import { buyGroups, makeTunes } from '../../helpers/makeTunes';
import { simplifyProperty } from '../../helpers/output';
import { groupsOf, groupsProperty } from '../../helpers/groups';
import { addedProperty, waitProperty } from '../../helpers/request';
import { packProperty, readPackId } from '../../helpers/packPicker';
import { PACK_ADDED, readReuse, readTrain, tunesProperty } from '../../helpers/packRequest';

const show = { show: { resource: ['pack'], operation: ['createTune'] } };
const train = { show: { ...show.show, mode: ['train'] } };
const reuse = { show: { ...show.show, mode: ['reuse'] } };

/** Parameters of Create Tune From Pack. */
export const properties: INodeProperties[] = [
	packProperty(show),
	{
		displayName: 'Mode',
		name: 'mode',
		type: 'options',
		noDataExpression: true,
		options: [
			{
				name: 'Train a New Tune',
				value: 'train',
				description: 'Make a tune of your pictures and run the prompts of the pack on it',
			},
			{
				name: 'Use Existing Tunes',
				value: 'reuse',
				description: 'Run the prompts of the pack on tunes that are there already',
			},
		],
		default: 'train',
		displayOptions: show,
	},
	...tableProperties(PACK_TRAIN_FIELDS, train),
	groupsProperty(train),
	waitProperty(train),
	simplifyProperty(train),
	tunesProperty(reuse),
	...promptGroupProperties(show),
	addedProperty(show, PACK_ADDED),
	collection(
		{ displayName: 'Options', name: 'options', placeholder: 'Add Option', displayOptions: show },
		TUNE_RUN_OPTIONS,
	),
];

async function onExistingTunes(
	context: IExecuteFunctions,
	session: Session,
): Promise<INodeExecutionData[]> {
	return await buyGroups(context, session, new PackRunDriver(session.client), {
		groups: context.getInputData().map((_, row) => [row]),
		prepare: async ([row = 0]) => await readReuse(context, row),
		collect: (
			[row = 0],
			{ tuneIds, orderId, promptIds, cost, message, recovered }: PackRunJob,
		) => ({
			packId: readPackId(context, row),
			tuneIds,
			...(orderId !== undefined && { orderId }),
			promptIds,
			promptCount: promptIds.length,
			...(cost !== undefined && { cost }),
			...(message !== undefined && { message }),
			...(recovered && { recovered }),
		}),
	});
}

/**
 * Runs a pack on new tunes, or on tunes that exist.
 *
 * @throws RowFailure when a row fails and n8n is to stop
 */
export async function execute(context: IExecuteFunctions): Promise<INodeExecutionData[]> {
	const session = await openSession(context);
	if (context.getNodeParameter('mode', 0, 'train') === 'reuse') {
		return await onExistingTunes(context, session);
	}
	return await makeTunes(context, session, groupsOf(context), async (rows) =>
		readTrain(context, rows),
	);
}
