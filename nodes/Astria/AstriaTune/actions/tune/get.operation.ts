import type { IExecuteFunctions, INodeExecutionData, INodeProperties } from 'n8n-workflow';

import { ASTRIA } from '../../../../../lib/astria/api/errors';
import { getTune } from '../../../../../lib/astria/tunes/calls';
import { eachRow } from '../../../../shared/eachRow';
import { openSession } from '../../../shared/session';
import { tuneProperty, withTune } from '../../../shared/tunePicker';
import { simplifyProperty, tuneColumns } from '../../helpers/output';
import { AT_ONCE } from '../../helpers/run';

const show = { show: { resource: ['tune'], operation: ['get'] } };

/** Parameters of Get. */
export const properties: INodeProperties[] = [...tuneProperty(show), simplifyProperty(show)];

/**
 * Looks tunes up by their ids.
 *
 * @throws NodeOperationError when a row fails and n8n is to stop
 */
export async function execute(context: IExecuteFunctions): Promise<INodeExecutionData[]> {
	const session = await openSession(context);
	const { client, timing } = session;
	return await eachRow(context, ASTRIA, AT_ONCE, async (row) => {
		const tune = await withTune(context, row, async (id) => getTune(client, timing, id));
		return [{ json: tuneColumns(context, session, row, tune), pairedItem: { item: row } }];
	});
}
