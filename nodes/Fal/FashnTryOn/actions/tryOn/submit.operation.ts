import { REQUEST_OPTIONS, WORK_OPTIONS } from '../../../../../lib/fal/fields/options';
import { ROW_OPTIONS } from '../../../../../lib/fields/shared';
import { withoutUndefined } from '../../../../../lib/json';
import { optionsCollection } from '../../../../shared/fieldProperty';
import type { OperationPage } from '../../../../shared/operation';
import { INPUT_OUTPUT, SEED_COLUMN } from '../../../../shared/row';
import { JOB_COLUMNS } from '../../../shared/output';
import type { FalOperation } from '../../../shared/session';
import { buyJobs } from '../../helpers/buyJobs';
import { inputLinks } from '../../helpers/links';
import {
	additionalProperties,
	endpointProperties,
	inputProperties,
	storeNotice,
} from '../../helpers/request';

const { uploadLifetime, includeInputFields, jobsInFlight, maxCost, maxJobs } = WORK_OPTIONS;
const { chooseSeeds } = ROW_OPTIONS;
const OPTIONS = { uploadLifetime, chooseSeeds, includeInputFields, jobsInFlight, maxCost, maxJobs };

/** Submits every row and hands back what is needed to fetch the pictures later. */
export const submitJob: FalOperation = {
	name: 'Submit',
	value: 'submit',
	action: 'Submit job without waiting',
	description: 'Start a job and go on; fetch its pictures later with Get',
	buys: () => 'requestId',
	properties: [
		...endpointProperties,
		...inputProperties,
		...additionalProperties,
		optionsCollection({ ...REQUEST_OPTIONS, ...OPTIONS }),
		storeNotice,
	],
	async execute(context, session) {
		return await buyJobs(context, session, { mode: 'none' }, (job) => {
			const { requestId, endpointId: endpoint, status = 'IN_QUEUE', queuePosition, seed } = job;
			const { statusUrl, responseUrl, cancelUrl } = job;
			const urls = { statusUrl, responseUrl, cancelUrl };
			return {
				json: withoutUndefined({ requestId, endpoint, status, queuePosition, seed, ...urls }),
			};
		});
	},
};

export const submitJobPage: OperationPage = () => ({
	outputs: [
		{
			columns: {
				...JOB_COLUMNS,
				status: { meaning: '`IN_QUEUE`; or later, where its answer was lost and it was found' },
				queuePosition: { meaning: 'Place in the queue', optional: true },
				seed: SEED_COLUMN,
				statusUrl: {
					meaning: "Address of the job's status at fal; it asks for the key",
					optional: true,
				},
				responseUrl: {
					meaning: "Address of the job's answer; it asks for the key",
					optional: true,
				},
				cancelUrl: { meaning: 'Address to cancel the job; it asks for the key', optional: true },
			},
		},
		INPUT_OUTPUT,
	],
	links: inputLinks(),
});
