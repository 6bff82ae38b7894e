import {
	type IExecuteFunctions,
	type INodeExecutionData,
	type INodeType,
	type INodeTypeDescription,
	type IWebhookFunctions,
	type IWebhookResponseData,
	NodeConnectionTypes,
} from 'n8n-workflow';

import { costHint, resourceProperties, runOperation } from '../../shared/operation';
import { RESUME_WEBHOOKS, takeCall, WAITING_TOOLTIP } from '../../shared/suspend';
import { searchTunes, searchVideoModels } from '../shared/search';
import { PROMPT_WORK } from './actions/operations';
import { searchModels } from './listSearch/searchModels';
import { searchPrompts } from './listSearch/searchPrompts';

/** Pictures and videos from tunes, and virtual try-on, with Astria. */
export class AstriaPrompt implements INodeType {
	description: INodeTypeDescription = {
		displayName: 'Astria Prompt',
		name: 'astriaPrompt',
		icon: { light: 'file:../../../icons/astria.svg', dark: 'file:../../../icons/astria.dark.svg' },
		group: ['transform'],
		version: 1,
		subtitle: '={{ $parameter["operation"] + ": " + $parameter["resource"] }}',
		description: 'Make pictures and videos from tunes, or dress a person, with Astria',
		defaults: { name: 'Astria Prompt' },
		usableAsTool: true,
		inputs: [NodeConnectionTypes.Main],
		outputs: [NodeConnectionTypes.Main],
		credentials: [{ name: 'astriaApi', required: true }],
		hints: [
			costHint(
				PROMPT_WORK,
				"Each input item is a paid prompt. The operation Estimate tells the price first, where Astria knows it; the options 'Max Cost per Run' and 'Max Prompts per Run' limit what a run may buy.",
			),
		],
		webhooks: RESUME_WEBHOOKS,
		waitingNodeTooltip: WAITING_TOOLTIP,
		properties: resourceProperties(PROMPT_WORK),
	};

	methods = { listSearch: { searchModels, searchPrompts, searchTunes, searchVideoModels } };

	async execute(this: IExecuteFunctions): Promise<INodeExecutionData[][]> {
		return await runOperation(this, PROMPT_WORK);
	}

	async webhook(this: IWebhookFunctions): Promise<IWebhookResponseData> {
		return await takeCall(this, PROMPT_WORK);
	}
}
