import type { IExecuteFunctions, INodeExecutionData, INodeProperties } from 'n8n-workflow';

import { ASTRIA } from '../../../../../lib/astria/api/errors';
import { deleteTune } from '../../../../../lib/astria/tunes/calls';
import { eachRow } from '../../../../shared/eachRow';
import { openSession } from '../../../shared/session';
import { tuneProperty, withTune } from '../../../shared/tunePicker';
import { AT_ONCE } from '../../helpers/run';

const show = { show: { resource: ['tune'], operation: ['delete'] } };

/** Parameters of Delete. */
export const properties: INodeProperties[] = [
	...tuneProperty(show),
	{
		displayName:
			'Deleting a tune also deletes its training pictures and all prompts under it, with their pictures',
		name: 'deleteNotice',
		type: 'notice',
		default: '',
		displayOptions: show,
	},
];

/**
 * Deletes tunes.
 *
 * @throws NodeOperationError when a row fails and n8n is to stop
 */
export async function execute(context: IExecuteFunctions): Promise<INodeExecutionData[]> {
	const { client, timing } = await openSession(context);
	return await eachRow(context, ASTRIA, AT_ONCE, async (row) => {
		await withTune(context, row, async (id) => deleteTune(client, timing, id));
		return [{ json: { deleted: true }, pairedItem: { item: row } }];
	});
}
