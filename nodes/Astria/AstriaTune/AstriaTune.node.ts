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
import { TUNE_WORK } from './actions/operations';
import { searchPacks } from './listSearch/searchPacks';

/** Tunes of Astria: trained or registered people, garments and styles. */
export class AstriaTune implements INodeType {
	description: INodeTypeDescription = {
		displayName: 'Astria Tune',
		name: 'astriaTune',
		icon: { light: 'file:../../../icons/astria.svg', dark: 'file:../../../icons/astria.dark.svg' },
		group: ['transform'],
		version: 1,
		subtitle: '={{ $parameter["operation"] + ": " + $parameter["resource"] }}',
		description: 'Train or register a person, a garment or a style with Astria',
		defaults: { name: 'Astria Tune' },
		usableAsTool: true,
		inputs: [NodeConnectionTypes.Main],
		outputs: [NodeConnectionTypes.Main],
		credentials: [{ name: 'astriaApi', required: true }],
		hints: [
			costHint(
				TUNE_WORK,
				"Each input item may be a paid tune, or a paid run of a pack; 'Make a Tune From' puts items together. The operation Estimate tells the price first, where Astria knows it; Options limit what a run may buy.",
			),
		],
		webhooks: RESUME_WEBHOOKS,
		waitingNodeTooltip: WAITING_TOOLTIP,
		properties: resourceProperties(TUNE_WORK),
	};

	methods = { listSearch: { searchPacks, searchTunes, searchVideoModels } };

	async execute(this: IExecuteFunctions): Promise<INodeExecutionData[][]> {
		return await runOperation(this, TUNE_WORK);
	}

	async webhook(this: IWebhookFunctions): Promise<IWebhookResponseData> {
		return await takeCall(this, TUNE_WORK);
	}
}
