import { cancel } from '../../../../../lib/fal/result';
import type { CancelOutcome } from '../../../../../lib/jobs/driver';
import { eachRow } from '../../../../shared/eachRow';
import type { OperationPage } from '../../../../shared/operation';
import { INPUT_OUTPUT, inputFieldsProperty, notesOfRun, oncePerId } from '../../../../shared/row';
import { JOB_COLUMNS } from '../../../shared/output';
import type { FalOperation } from '../../../shared/session';
import { queueLink } from '../../helpers/links';
import { endpointProperties, requestIdProperty, withJob } from '../../helpers/request';

/** Asks fal to cancel jobs and hands back what it said. */
export const cancelJob: FalOperation = {
	name: 'Cancel',
	value: 'cancel',
	action: 'Cancel job',
	description: 'Take back a job that was submitted',
	properties: [requestIdProperty, ...endpointProperties, inputFieldsProperty],
	async execute(context, session) {
		const { client, timing } = session;
		const { earlier, notes } = notesOfRun(context, 'cancels');
		const once = oncePerId<CancelOutcome>();
		return await eachRow(
			context,
			session,
			async (row) =>
				await withJob(context, row, async (job) => {
					const { requestId, endpointId: endpoint } = job;
					const { status, cancelled } = await once(
						requestId,
						async () => await cancel(client, timing, job),
					);
					// An earlier try may have cancelled it, and fal then says that it has ended.
					notes[requestId] = cancelled || earlier[requestId] === true;
					return [{ json: { requestId, endpoint, status, cancelled: notes[requestId] } }];
				}),
		);
	},
};

export const cancelJobPage: OperationPage = () => ({
	outputs: [
		{
			columns: {
				...JOB_COLUMNS,
				status: { meaning: "fal's own word, such as `OK` or `ALREADY_COMPLETED`" },
				cancelled: { meaning: 'Whether the job will certainly not run' },
			},
		},
		INPUT_OUTPUT,
	],
	links: [queueLink()],
});
