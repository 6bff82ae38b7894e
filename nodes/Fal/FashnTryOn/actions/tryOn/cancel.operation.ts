import type { IExecuteFunctions, INodeExecutionData, INodeProperties } from 'n8n-workflow';

import { cancel } from '../../../../../lib/fal/cancel';
import { FAL } from '../../../../../lib/fal/errors';
import { about } from '../../../../../lib/errors';
import { eachRow } from '../../../../shared/eachRow';
import { openSession } from '../../../shared/session';
import { readJob, requestIdProperty } from './get.operation';
import { endpointProperties } from '../../helpers/request';

const show = { show: { resource: ['tryOn'], operation: ['cancel'] } };

/** A cancel is a short call; there is nothing to set. */
const AT_ONCE = 10;

/** Parameters of Cancel. */
export const properties: INodeProperties[] = [requestIdProperty(show), ...endpointProperties(show)];

/**
 * Asks fal to cancel jobs and hands back what it said.
 *
 * @throws NodeOperationError when a row fails and n8n is to stop
 */
export async function execute(context: IExecuteFunctions): Promise<INodeExecutionData[]> {
	const { door, origins, timing } = await openSession(context);
	return await eachRow(context, FAL, AT_ONCE, async (row) => {
		const job = readJob(context, row);
		const { requestId, endpointId: endpoint } = job;
		const { status, cancelled } = await about(FAL, 'Job', requestId, async () =>
			cancel(door, origins, timing, job),
		);
		return [{ json: { requestId, endpoint, status, cancelled }, pairedItem: { item: row } }];
	});
}
