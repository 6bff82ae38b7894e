import { checkReachable } from '../../../../../lib/media/reach';
import { estimateOutputs, estimateProperties, estimateRows } from '../../../../shared/estimate';
import type { OperationPage } from '../../../../shared/operation';
import type { FalOperation } from '../../../shared/session';
import { costOf, picturesOf } from '../../helpers/buyJobs';
import { inputLinks } from '../../helpers/links';
import { JOB_COLUMNS } from '../../../shared/output';
import {
	additionalProperties,
	endpointProperties,
	inputProperties,
	pictureRules,
	readRequest,
} from '../../helpers/request';

/** Checks every row as Generate would, and tells what the rows would cost. */
export const estimateTryOn: FalOperation = {
	name: 'Estimate',
	value: 'estimate',
	action: 'Estimate cost of pictures',
	description: 'Check all rows and tell what they would cost, without submitting anything',
	properties: [
		...endpointProperties,
		...inputProperties,
		...additionalProperties,
		...estimateProperties,
	],
	async execute(context, session) {
		const { door, timing } = session;
		return await estimateRows(context, session, {
			look: async ([row = 0]) => {
				const request = await readRequest(context, row, session);
				const { endpointId: endpoint, pictures } = request;
				for (const [name, picture] of Object.entries(pictures)) {
					await checkReachable(door, timing, pictureRules(endpoint, name), picture);
				}
				const cost = await costOf(session, request);
				return { pictures: picturesOf(request), cost, columns: { endpoint } };
			},
		});
	},
};

export const estimateTryOnPage: OperationPage = () => ({
	outputs: estimateOutputs({ endpoint: { ...JOB_COLUMNS.endpoint, optional: true } }),
	links: inputLinks(),
});
