import {
	type INodeType,
	type INodeTypeDescription,
	type IWebhookFunctions,
	type IWebhookResponseData,
	NodeConnectionTypes,
} from 'n8n-workflow';

import { nothingToRegister, TRIGGER_PANEL, TRIGGER_WEBHOOKS } from '../../shared/webhook';
import { falAddress } from '../shared/session';
import { receiveWebhook, triggerProperties } from './helpers/receive';

/** Starts a workflow when a job of FASHN on fal.ai has ended. */
export class FashnTryOnTrigger implements INodeType {
	description: INodeTypeDescription = {
		displayName: 'FASHN Try-On Trigger',
		name: 'fashnTryOnTrigger',
		icon: { light: 'file:../../../icons/fashn.svg', dark: 'file:../../../icons/fashn.dark.svg' },
		group: ['trigger'],
		version: 1,
		subtitle: '={{ $parameter["events"].join(", ") }}',
		description:
			'Put a garment on a model with FASHN on fal.ai, or start a workflow when such a try-on has ended',
		defaults: { name: 'FASHN Try-On Trigger' },
		eventTriggerDescription:
			'Open the Test URL in a browser: it hands your newest job to this workflow as a sample. fal itself calls the Production URL.',
		activationMessage:
			"Hand the Production URL to FASHN Try-On's Submit, in Options → Webhook URL.",
		inputs: [],
		outputs: [NodeConnectionTypes.Main],
		credentials: [{ name: 'falApi', required: true }],
		webhooks: TRIGGER_WEBHOOKS,
		triggerPanel: TRIGGER_PANEL,
		properties: triggerProperties,
	};

	/** Nothing to register: fal learns of the address with each submit. */
	webhookMethods = { default: nothingToRegister(falAddress) };

	async webhook(this: IWebhookFunctions): Promise<IWebhookResponseData> {
		return await receiveWebhook(this);
	}
}
