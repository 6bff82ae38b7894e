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
import { FASHN_WORK } from './actions/operations';

/** Virtual try-on with FASHN on fal.ai. */
export class FashnTryOn implements INodeType {
	description: INodeTypeDescription = {
		displayName: 'FASHN Try-On',
		name: 'fashnTryOn',
		icon: { light: 'file:../../../icons/fashn.svg', dark: 'file:../../../icons/fashn.dark.svg' },
		group: ['transform'],
		version: 1,
		subtitle: '={{ $parameter["operation"] + ": " + $parameter["resource"] }}',
		description: 'Put a garment on a model: virtual try-on with FASHN on fal.ai',
		defaults: { name: 'FASHN Try-On' },
		usableAsTool: true,
		inputs: [NodeConnectionTypes.Main],
		outputs: [NodeConnectionTypes.Main],
		credentials: [{ name: 'falApi', required: true }],
		hints: [
			costHint(
				FASHN_WORK,
				"Each input item is a paid job. The operation Estimate tells the price first; the options 'Max Cost per Run' and 'Max Jobs per Run' limit what a run may buy.",
			),
		],
		webhooks: RESUME_WEBHOOKS,
		waitingNodeTooltip: WAITING_TOOLTIP,
		properties: resourceProperties(FASHN_WORK),
	};

	async execute(this: IExecuteFunctions): Promise<INodeExecutionData[][]> {
		return await runOperation(this, FASHN_WORK);
	}

	async webhook(this: IWebhookFunctions): Promise<IWebhookResponseData> {
		return await takeCall(this, FASHN_WORK);
	}
}
