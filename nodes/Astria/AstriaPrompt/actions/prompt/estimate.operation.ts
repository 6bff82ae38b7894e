import { Lookup } from '../../../../../lib/astria/models/catalog';
import { estimateProperties } from '../../../../shared/estimate';
import type { OperationPage } from '../../../../shared/operation';
import { createPromptLink } from '../../../shared/links';
import type { AstriaOperation } from '../../../shared/session';
import { estimatePrompts, promptEstimateOutputs } from '../../helpers/estimate';
import { addedProperties, promptProperties, readPromptRequest } from '../../helpers/request';

/** Checks every row as Create would, and tells what the prompts would cost. */
export const estimatePrompt: AstriaOperation = {
	name: 'Estimate',
	value: 'estimate',
	action: 'Estimate cost of prompts',
	description: 'Check all rows and tell what they would cost, without making anything',
	properties: [...promptProperties, ...addedProperties, ...estimateProperties],
	async execute(context, session) {
		const lookup = new Lookup(session.client, session.timing);
		return await estimatePrompts(context, session, {
			read: async (row) => await readPromptRequest(context, row, lookup),
			preview: (request) => request,
		});
	},
};

export const estimatePromptPage: OperationPage = () => ({
	outputs: promptEstimateOutputs(),
	links: [createPromptLink()],
});
