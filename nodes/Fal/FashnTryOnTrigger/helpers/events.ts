import type { INodeProperties, IWebhookFunctions } from 'n8n-workflow';

import { checkEndpointId } from '../../../../lib/fal/client';
import { ENDPOINTS } from '../../../../lib/fal/fields/fashn';
import { ROW_OPTIONS } from '../../../../lib/fields/shared';
import { objectOf } from '../../../../lib/json';
import { fieldProperties } from '../../../shared/fieldProperty';
import { triggerOutputProperties } from '../../../shared/pictures';

type FashnEvent = 'finished' | 'failed';

const ALL_EVENTS: FashnEvent[] = ['failed', 'finished'];

/** The parameters of the node. */
export const triggerProperties: INodeProperties[] = [
	{
		displayName:
			"Copy the Production URL above into 'Options → Webhook URL' of FASHN Try-On's Submit. The workflow must be published (n8n 1.x: active), and its address public and beginning with https://. If it is not, set WEBHOOK_URL in n8n.",
		name: 'addressNotice',
		type: 'notice',
		default: '',
	},
	{
		displayName: 'Events',
		name: 'events',
		type: 'multiOptions',
		options: [
			{ name: 'Job Failed', value: 'failed', description: 'It ended without a picture' },
			{ name: 'Job Finished', value: 'finished', description: 'It has made its pictures' },
		],
		default: ['failed', 'finished'],
		required: true,
		description: 'What starts the workflow',
	},
	...triggerOutputProperties,
	{
		displayName: 'Options',
		name: 'options',
		type: 'collection',
		placeholder: 'Add Option',
		default: {},
		options: [
			{
				displayName: 'Other Endpoint ID',
				name: 'endpointId',
				type: 'string',
				default: '',
				placeholder: 'e.g. fal-ai/fashn/tryon/v2',
				description:
					"Only for jobs of a custom endpoint: its ID. Jobs of FASHN's own endpoints are found without.",
			},
			...fieldProperties('outputField', ROW_OPTIONS.outputField),
		],
	},
];

/** Whether the user wants an event to start the workflow. */
export function wants(context: IWebhookFunctions, event: FashnEvent): boolean {
	const events: unknown = context.getNodeParameter('events', ALL_EVENTS);
	return Array.isArray(events) && events.includes(event);
}

/**
 * The endpoints whose jobs the trigger knows.
 *
 * @throws InputError when the other one is none
 */
export function readEndpoints(context: IWebhookFunctions): string[] {
	const { endpointId = '' } = objectOf(context.getNodeParameter('options', {}));
	const others = endpointId === '' ? [] : [checkEndpointId(endpointId)];
	return [...Object.values(ENDPOINTS), ...others];
}
