import type { IExecuteFunctions, INodeExecutionData, INodeProperties } from 'n8n-workflow';

import { FAL_OPTIONS } from '../../../../../lib/fal/fields/options';
import { RUN_OPTIONS } from '../../../../../lib/fields/runOptions';
import { collection } from '../../../../shared/fieldProperty';
import { openSession } from '../../../shared/session';
import { buyRows, createDriver } from '../../helpers/batch';
import { outputProperties, pictureItems } from '../../helpers/output';
import { storeNotice } from '../../helpers/notices';
import { additionalProperties, endpointProperties, inputProperties } from '../../helpers/request';

const show = { show: { resource: ['tryOn'], operation: ['generate'] } };

const { webhookUrl: _onlyForSubmit, ...requestOptions } = FAL_OPTIONS;

/** Parameters of Generate. */
export const properties: INodeProperties[] = [
	...endpointProperties(show),
	...inputProperties(show),
	...outputProperties(show),
	...additionalProperties(show),
	collection(
		{ displayName: 'Options', name: 'options', placeholder: 'Add Option', displayOptions: show },
		{ ...requestOptions, ...RUN_OPTIONS },
	),
	storeNotice(show),
];

/**
 * Submits every row, waits, and hands back the pictures.
 *
 * @throws RowFailure when a row fails and n8n is to stop
 */
export async function execute(context: IExecuteFunctions): Promise<INodeExecutionData[]> {
	const session = await openSession(context);
	const driver = createDriver(context, session);
	return await buyRows(context, session, driver, async (row, job, { images, timings }) =>
		pictureItems(context, session, row, job, images, { timings }),
	);
}
