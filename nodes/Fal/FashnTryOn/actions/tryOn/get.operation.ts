import type { IExecuteFunctions, INodeExecutionData, INodeProperties } from 'n8n-workflow';

import { createClient } from '../../../../../lib/fal/client';
import { FAL } from '../../../../../lib/fal/errors';
import { checkRequestId, type FalJob } from '../../../../../lib/fal/job';
import { askStatus, readResult } from '../../../../../lib/fal/result';
import { about } from '../../../../../lib/errors';
import { RUN_OPTIONS } from '../../../../../lib/fields/runOptions';
import { collection } from '../../../../shared/fieldProperty';
import { eachRow } from '../../../../shared/eachRow';
import { openSession } from '../../../shared/session';
import { readRunOptions } from '../../helpers/batch';
import { outputProperties, pictureItems } from '../../helpers/output';
import { endpointProperties, readEndpoint } from '../../helpers/request';

const show = { show: { resource: ['tryOn'], operation: ['get'] } };

const { jobsInFlight, outputField } = RUN_OPTIONS;

/** The parameter that names a job; Get and Cancel have it. */
export function requestIdProperty(
	displayOptions: INodeProperties['displayOptions'],
): INodeProperties {
	return {
		displayName: 'Request ID',
		name: 'requestId',
		type: 'string',
		default: '',
		required: true,
		placeholder: 'e.g. 764cabcf-b745-4b3e-ae38-1200304cf45b',
		description: 'The requestId that Generate or Submit gave, in any workflow',
		displayOptions,
	};
}

/** Parameters of Get. */
export const properties: INodeProperties[] = [
	{
		...requestIdProperty(show),
		hint: "fal forgets jobs of 'Sync Mode', and those that it does not store, within minutes",
	},
	...endpointProperties(show),
	...outputProperties(show),
	collection(
		{ displayName: 'Options', name: 'options', placeholder: 'Add Option', displayOptions: show },
		{ jobsInFlight, outputField },
	),
];

/** Reads which job a row means. @throws InputError */
export function readJob(context: IExecuteFunctions, row: number): FalJob {
	return {
		endpointId: readEndpoint(context, row),
		requestId: checkRequestId(context.getNodeParameter('requestId', row, '')),
		submittedAt: 0,
	};
}

/**
 * Tells the state of jobs and, of those that are finished, hands back the pictures.
 *
 * @throws NodeOperationError when a row fails and n8n is to stop
 */
export async function execute(context: IExecuteFunctions): Promise<INodeExecutionData[]> {
	const session = await openSession(context);
	const client = createClient(session.door, session.origins);
	const { jobsInFlight: atOnce } = readRunOptions(context);
	return await eachRow(context, FAL, atOnce, async (row) => {
		const job = readJob(context, row);
		const { status, images } = await about(FAL, 'Job', job.requestId, async () => {
			const status = await askStatus(client, session.timing, job);
			if (status.status !== 'COMPLETED') return { status };
			return { status, images: await readResult(client, session.timing, job, status) };
		});
		if (images) {
			return await pictureItems(context, session, row, job, images, {});
		}
		return [
			{
				json: {
					requestId: job.requestId,
					endpoint: job.endpointId,
					status: status.status,
					...(status.status === 'IN_QUEUE' && { queuePosition: status.queue_position }),
				},
				pairedItem: { item: row },
			},
		];
	});
}
