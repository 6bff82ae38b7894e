import {
	type INodeType,
	type INodeTypeDescription,
	type IWebhookDescription,
	type IWebhookFunctions,
	type IWebhookResponseData,
	NodeConnectionTypes,
} from 'n8n-workflow';

import { triggerProperties } from './helpers/events';
import { receive } from './helpers/receive';

/** n8n's rule wants methods that register an address: at fal it goes along with each submit. */
const WEBHOOKS: IWebhookDescription[] = [
	{ name: 'default', httpMethod: 'POST', responseMode: 'onReceived', path: 'webhook' },
];

/** Starts a workflow when a job of FASHN on fal.ai has ended. */
export class FashnTryOnTrigger implements INodeType {
	description: INodeTypeDescription = {
		displayName: 'FASHN Try-On Trigger',
		name: 'fashnTryOnTrigger',
		icon: { light: 'file:../../../icons/fashn.svg', dark: 'file:../../../icons/fashn.dark.svg' },
		group: ['trigger'],
		version: 1,
		subtitle: '={{ $parameter["events"].join(", ") }}',
		description: 'Start a workflow when a try-on of FASHN on fal.ai has ended',
		defaults: { name: 'FASHN Try-On Trigger' },
		eventTriggerDescription: 'Waiting for fal to call the Test URL',
		activationMessage: "Hand the Production URL to FASHN Try-On's Submit, as its Webhook URL.",
		inputs: [],
		outputs: [NodeConnectionTypes.Main],
		credentials: [{ name: 'falApi', required: true }],
		webhooks: WEBHOOKS,
		properties: triggerProperties,
	};

	async webhook(this: IWebhookFunctions): Promise<IWebhookResponseData> {
		return await receive(this);
	}
}
