import type { IExecuteFunctions, INodeExecutionData, INodeProperties } from 'n8n-workflow';

import type { FalDriver, FalRequest } from '../../../../../lib/fal/driver';
import type { Submitted } from '../../../../../lib/fal/submit';
import { FAL_OPTIONS } from '../../../../../lib/fal/fields/options';
import { RUN_OPTIONS } from '../../../../../lib/fields/runOptions';
import type { JobDriver } from '../../../../../lib/jobs/driver';
import { collection } from '../../../../shared/fieldProperty';
import { openSession } from '../../../shared/session';
import { buyRows, createDriver } from '../../helpers/batch';
import { storeNotice } from '../../helpers/notices';
import { additionalProperties, endpointProperties, inputProperties } from '../../helpers/request';

const show = { show: { resource: ['tryOn'], operation: ['submit'] } };

const { logs: _nothingToWaitFor, ...requestOptions } = FAL_OPTIONS;
const { dryRun, jobsInFlight, maxJobs } = RUN_OPTIONS;

/** Parameters of Submit. */
export const properties: INodeProperties[] = [
	...endpointProperties(show),
	...inputProperties(show),
	...additionalProperties(show),
	collection(
		{ displayName: 'Options', name: 'options', placeholder: 'Add Option', displayOptions: show },
		{ ...requestOptions, dryRun, jobsInFlight, maxJobs },
	),
	storeNotice(show),
];

/** A row that only submits is finished as soon as fal has taken its job. */
function withoutWaiting(driver: FalDriver): JobDriver<FalRequest, Submitted, Submitted> {
	return {
		service: driver.service,
		fingerprint: (request) => driver.fingerprint(request),
		submit: async (request, timing) => await driver.submit(request, timing),
		revive: (stored) => driver.revive(stored),
		finish: async (job) => job,
		cancel: async (job) => await driver.cancel(job),
		hasStarted: (job) => driver.hasStarted(job),
		idOf: (job) => driver.idOf(job),
	};
}

/**
 * Submits every row and hands back what is needed to fetch the pictures later.
 *
 * @throws RowFailure when a row fails and n8n is to stop
 */
export async function execute(context: IExecuteFunctions): Promise<INodeExecutionData[]> {
	const session = await openSession(context);
	const driver = withoutWaiting(createDriver(context, session));
	return await buyRows(context, session, driver, async (row, job) => [
		{
			json: {
				requestId: job.requestId,
				endpoint: job.endpointId,
				status: job.status ?? 'IN_QUEUE',
				queuePosition: job.queuePosition,
				statusUrl: job.statusUrl,
				responseUrl: job.responseUrl,
				cancelUrl: job.cancelUrl,
			},
			pairedItem: { item: row },
		},
	]);
}
