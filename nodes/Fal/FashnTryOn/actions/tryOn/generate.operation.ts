import { REQUEST_OPTIONS, WORK_OPTIONS } from '../../../../../lib/fal/fields/options';
import { ROW_OPTIONS } from '../../../../../lib/fields/shared';
import { optionsCollection } from '../../../../shared/fieldProperty';
import type { OperationPage } from '../../../../shared/operation';
import { ONE_ITEM_OUTPUT, PICTURE_COLUMNS } from '../../../../shared/pictures';
import { INPUT_OUTPUT, SEED_COLUMN } from '../../../../shared/row';
import {
	readWait,
	waitedOutputProperties,
	waitingOutput,
	waitProperties,
} from '../../../../shared/wait';
import { BILLED_COLUMNS, JOB_COLUMNS } from '../../../shared/output';
import type { FalOperation } from '../../../shared/session';
import { buyJobs, followedJobs } from '../../helpers/buyJobs';
import { inputLinks } from '../../helpers/links';
import {
	additionalProperties,
	endpointProperties,
	inputProperties,
	storeNotice,
} from '../../helpers/request';

const { webhookUrl: _onlyForSubmit, ...requestOptions } = REQUEST_OPTIONS;

/** Submits every row, waits, and hands back the pictures. */
export const generate: FalOperation = {
	name: 'Generate',
	value: 'generate',
	action: 'Generate pictures',
	description: 'Dress a person and wait for the pictures',
	buys: () => 'requestId',
	properties: [
		...endpointProperties,
		...inputProperties,
		...waitProperties({ service: 'fal', things: 'the pictures' }),
		...waitedOutputProperties,
		...additionalProperties,
		optionsCollection({ ...requestOptions, ...WORK_OPTIONS, ...ROW_OPTIONS }),
		storeNotice,
	],
	async execute(context, session) {
		// Who does not want to wait has Submit.
		return await buyJobs(context, session, readWait(context, session, {}));
	},
	resume: followedJobs,
};

export const generatePage: OperationPage = () => ({
	outputs: [
		{
			columns: {
				...PICTURE_COLUMNS,
				...JOB_COLUMNS,
				status: { meaning: '`COMPLETED`' },
				...BILLED_COLUMNS,
				seed: SEED_COLUMN,
				timings: {
					meaning:
						'Seconds: `inference`, what the model took, where fal tells it; `total`, from submit to end',
				},
			},
		},
		ONE_ITEM_OUTPUT,
		waitingOutput(JOB_COLUMNS),
		INPUT_OUTPUT,
	],
	links: inputLinks(),
});
