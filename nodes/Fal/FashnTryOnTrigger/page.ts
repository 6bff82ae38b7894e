import type { TriggerPage } from '../../shared/operation';
import { ONE_ITEM_OUTPUT, PICTURE_COLUMNS } from '../../shared/pictures';
import { BILLED_COLUMNS, GIVEN_COLUMNS, JOB_COLUMNS } from '../shared/output';

export const fashnTriggerPage: TriggerPage = () => ({
	does: 'Start a workflow when a try-on on fal.ai has ended',
	outputs: [
		{
			columns: {
				...PICTURE_COLUMNS,
				...JOB_COLUMNS,
				status: { meaning: '`COMPLETED`' },
				...BILLED_COLUMNS,
				...GIVEN_COLUMNS,
			},
		},
		ONE_ITEM_OUTPUT,
		{
			when: 'for a job that failed',
			columns: {
				...JOB_COLUMNS,
				status: { meaning: '`FAILED`' },
				...GIVEN_COLUMNS,
				error: { meaning: 'What went wrong, in the words of fal, and what to do' },
				details: {
					meaning:
						'The same parts as in a failed row of FASHN Try-On, such as `charged` and `serviceMessage`',
				},
			},
		},
	],
	links: [
		{
			title: 'webhooks',
			url: 'https://fal.ai/docs/documentation/model-apis/inference/webhooks',
		},
	],
});
