import { JOB_COUNTS } from '../../../../../lib/fal/fields/options';
import { askStatus, readResult } from '../../../../../lib/fal/result';
import { ROW_OPTIONS, RUN_OPTIONS } from '../../../../../lib/fields/shared';
import { readValues } from '../../../../../lib/fields/values';
import { eachRow } from '../../../../shared/eachRow';
import { optionsCollection } from '../../../../shared/fieldProperty';
import type { OperationPage } from '../../../../shared/operation';
import {
	ONE_ITEM_OUTPUT,
	outputProperties,
	PICTURE_COLUMNS,
	readOutputOptions,
} from '../../../../shared/pictures';
import { collectionReader, INPUT_OUTPUT } from '../../../../shared/row';
import { BILLED_COLUMNS, JOB_COLUMNS, itemsOfJob } from '../../../shared/output';
import type { FalOperation } from '../../../shared/session';
import { queueLink } from '../../helpers/links';
import { endpointProperties, requestIdProperty, withJob } from '../../helpers/request';

const { includeInputFields } = RUN_OPTIONS;
const { jobsInFlight } = JOB_COUNTS;
const { fileName, outputField } = ROW_OPTIONS;

/** Tells the state of jobs and, of those that are finished, hands back the pictures. */
export const getJob: FalOperation = {
	name: 'Get',
	value: 'get',
	action: 'Get job and its pictures',
	description: 'Look up a job by its ID and fetch its pictures',
	properties: [
		{
			...requestIdProperty,
			hint: "fal forgets jobs of 'Sync Mode', and those that it does not store, within minutes",
		},
		...endpointProperties,
		...outputProperties,
		optionsCollection({ fileName, includeInputFields, jobsInFlight, outputField }),
	],
	async execute(context, session) {
		const { client, timing } = session;
		const { jobsInFlight: atOnce } = readValues(
			{ jobsInFlight },
			collectionReader(context, 0, 'options'),
		);
		return await eachRow(
			context,
			session,
			async (row) =>
				await withJob(context, row, async (job) => {
					const status = await askStatus(client, timing, job);
					if (status.status === 'COMPLETED') {
						const output = await readResult(client, timing, job, status);
						return await itemsOfJob(context, session, readOutputOptions(context, row), job, output);
					}
					const { requestId, endpointId: endpoint } = job;
					const queue = status.status === 'IN_QUEUE' && { queuePosition: status.queue_position };
					return [{ json: { requestId, endpoint, status: status.status, ...queue } }];
				}),
			{ atOnce },
		);
	},
};

export const getJobPage: OperationPage = () => ({
	outputs: [
		{
			columns: {
				...PICTURE_COLUMNS,
				...JOB_COLUMNS,
				status: { meaning: '`COMPLETED`' },
				...BILLED_COLUMNS,
			},
		},
		ONE_ITEM_OUTPUT,
		{
			when: 'for a job that is not finished',
			columns: {
				...JOB_COLUMNS,
				status: { meaning: '`IN_QUEUE` or `IN_PROGRESS`' },
				queuePosition: { meaning: 'Place in the queue, while it is there', optional: true },
			},
		},
		INPUT_OUTPUT,
	],
	links: [queueLink()],
});
