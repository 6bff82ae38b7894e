import { TuneLookup } from '../../../../../lib/astria/models/catalog';
import { estimateProperty } from '../../../../shared/estimate';
import type { Operation, OperationPage } from '../../../../shared/operation';
import { createPromptLink } from '../../../shared/links';
import { openSession } from '../../../shared/session';
import { estimatePrompts, promptEstimateOutputs } from '../../helpers/estimate';
import { addedProperties, promptProperties, readPromptRequest } from '../../helpers/request';

/** Checks every row as Create would, and tells what the prompts would cost. */
export const estimatePrompt: Operation = {
	name: 'Estimate',
	value: 'estimate',
	action: 'Estimate cost of prompts',
	description: 'Check all rows and tell what they would cost, without making anything',
	properties: [...promptProperties, ...addedProperties, estimateProperty],
	async execute(context) {
		const session = await openSession(context);
		const lookup = new TuneLookup(session.client, session.timing);
		return await estimatePrompts(context, session, async (row) =>
			readPromptRequest(context, row, lookup),
		);
	},
};

export const estimatePromptPage: OperationPage = () => ({
	outputs: promptEstimateOutputs(),
	links: [createPromptLink()],
});
