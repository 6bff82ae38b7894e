import {
	type INodeType,
	type INodeTypeDescription,
	type IWebhookFunctions,
	type IWebhookResponseData,
	NodeConnectionTypes,
} from 'n8n-workflow';

import { nothingToRegister, TRIGGER_PANEL, TRIGGER_WEBHOOKS } from '../../shared/webhook';
import { searchTunes } from '../shared/search';
import { astriaAddress } from '../shared/session';
import { eventProperties } from '../shared/trigger';
import { receiveCallback } from './helpers/receive';

/** Starts a workflow when Astria calls back; {@link AstriaTrigger} looks by itself. */
export class AstriaCallbackTrigger implements INodeType {
	description: INodeTypeDescription = {
		displayName: 'Astria Callback Trigger',
		name: 'astriaCallbackTrigger',
		icon: { light: 'file:../../../icons/astria.svg', dark: 'file:../../../icons/astria.dark.svg' },
		group: ['trigger'],
		version: 1,
		subtitle: '={{ $parameter["events"].join(", ") }}',
		description: 'Start a workflow as soon as Astria calls back about a tune or a prompt',
		defaults: { name: 'Astria Callback Trigger' },
		eventTriggerDescription:
			'Open the Test URL in a browser: it hands your newest prompt or tune to this workflow as a sample. Astria itself calls the Production URL.',
		activationMessage: "Hand the Production URL, with ?secret= and your secret, to Astria's nodes.",
		inputs: [],
		outputs: [NodeConnectionTypes.Main],
		credentials: [{ name: 'astriaApi', required: true }],
		webhooks: TRIGGER_WEBHOOKS,
		triggerPanel: TRIGGER_PANEL,
		properties: [
			{
				displayName:
					"Copy the Production URL above, add ?secret= and the secret below, and paste it into 'Additional Fields → Callback' of Astria's nodes. The workflow must be published (n8n 1.x: active), and its address public and beginning with https://. If it is not, set WEBHOOK_URL in n8n. Astria calls once: an Astria Trigger with the same credential that leads to the same node finds what a call could not tell, and the two start the workflow once. Only where n8n has webhook processes of their own (queue mode) may both start it: a Remove Duplicates node by promptId and imageIndex takes out the second.",
				name: 'addressNotice',
				type: 'notice',
				default: '',
			},
			{
				displayName: 'Secret',
				name: 'secret',
				type: 'string',
				typeOptions: { password: true },
				default: '',
				required: true,
				placeholder: 'e.g. 30 letters and digits, made up by you',
				description: 'Calls without it are refused. Use letters and digits only.',
			},
			...eventProperties(false),
		],
	};

	methods = { listSearch: { searchTunes } };

	/** Nothing to register: Astria learns of the address with each tune or prompt. */
	webhookMethods = { default: nothingToRegister(astriaAddress) };

	async webhook(this: IWebhookFunctions): Promise<IWebhookResponseData> {
		return await receiveCallback(this);
	}
}
