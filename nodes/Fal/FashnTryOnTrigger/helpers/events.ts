import type { INodeProperties, IWebhookFunctions } from 'n8n-workflow';

import { checkEndpointId } from '../../../../lib/fal/client';
import { ENDPOINTS } from '../../../../lib/fal/fields/fashn';
import type { OptionsField } from '../../../../lib/fields/field';
import { ROW_OPTIONS } from '../../../../lib/fields/shared';
import { objectOf } from '../../../../lib/json';
import { choicesProperty, readChoices } from '../../../shared/choices';
import { fieldProperties } from '../../../shared/fieldProperty';
import { triggerOutputProperties } from '../../../shared/pictures';

type FashnEvent = 'finished' | 'failed';

const ALL_EVENTS = ['failed', 'finished'] as const;

const EVENTS = {
	type: 'options',
	label: 'Events',
	help: 'What starts the workflow',
	options: {
		failed: { label: 'Job Failed', help: 'It ended without a picture' },
		finished: { label: 'Job Finished', help: 'It has made its pictures' },
	},
	required: true,
	ofNode: true,
} as const satisfies OptionsField<FashnEvent>;

/** The parameters of the node. */
export const triggerProperties: INodeProperties[] = [
	{
		displayName:
			"Copy the Production URL above into 'Options → Webhook URL' of FASHN Try-On's Submit. The workflow must be published (n8n 1.x: active), and its address public and beginning with https://. If it is not, set WEBHOOK_URL in n8n.",
		name: 'addressNotice',
		type: 'notice',
		default: '',
	},
	choicesProperty('events', EVENTS, ALL_EVENTS),
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

/**
 * Whether the user wants an event to start the workflow.
 *
 * @throws InputError when no event is chosen, or one that there is not
 */
export function wants(context: IWebhookFunctions, event: FashnEvent): boolean {
	return readChoices(EVENTS, context.getNodeParameter('events', ALL_EVENTS)).has(event);
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
