import type { IExecuteFunctions, INodeProperties } from 'n8n-workflow';

import { checkRequestId, type FalJob } from '../../../../lib/fal/job';
import { about } from '../../../../lib/errors';
import { readEndpoint } from './request';

/** The parameter that names a job; Get and Cancel have it. */
export const requestIdProperty: INodeProperties = {
	displayName: 'Request ID',
	name: 'requestId',
	type: 'string',
	default: '',
	required: true,
	placeholder: 'e.g. 764cabcf-b745-4b3e-ae38-1200304cf45b',
	description: 'The requestId that Generate or Submit gave, in any workflow',
};

/**
 * Does something with the job that a row means; whatever goes wrong names the job.
 *
 * @throws TryOnError
 */
export async function withJob<T>(
	context: IExecuteFunctions,
	row: number,
	work: (job: FalJob) => Promise<T>,
): Promise<T> {
	const job: FalJob = {
		endpointId: readEndpoint(context, row),
		requestId: checkRequestId(context.getNodeParameter('requestId', row, '')),
		submittedAt: 0,
	};
	return await about('Job', job.requestId, async () => await work(job));
}
