import type { IExecuteFunctions, INodeExecutionData, INodeProperties } from 'n8n-workflow';

import { ASTRIA } from '../../../../../lib/astria/api/errors';
import { getPack } from '../../../../../lib/astria/packs/calls';
import { eachRow } from '../../../../shared/eachRow';
import { openSession } from '../../../shared/session';
import { packColumns, simplifyProperty } from '../../helpers/output';
import { AT_ONCE } from '../../helpers/run';
import { packProperty, readPackId } from '../../helpers/packPicker';

const show = { show: { resource: ['pack'], operation: ['get'] } };

/** Parameters of Get. */
export const properties: INodeProperties[] = [packProperty(show), simplifyProperty(show)];

/**
 * Looks packs up by their ids or slugs, with their prompts and prices.
 *
 * @throws NodeOperationError when a row fails and n8n is to stop
 */
export async function execute(context: IExecuteFunctions): Promise<INodeExecutionData[]> {
	const { client, timing } = await openSession(context);
	return await eachRow(context, ASTRIA, AT_ONCE, async (row) => {
		const pack = await getPack(client, timing, readPackId(context, row));
		return [{ json: packColumns(context, row, pack), pairedItem: { item: row } }];
	});
}
