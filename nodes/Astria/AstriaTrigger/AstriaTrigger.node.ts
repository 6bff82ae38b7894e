import {
	type INodeExecutionData,
	type INodeType,
	type INodeTypeDescription,
	type IPollFunctions,
	NodeConnectionTypes,
} from 'n8n-workflow';

import { searchTunes } from '../shared/search';
import { eventProperties } from '../shared/trigger';
import { poll } from './helpers/poll';

/**
 * Starts a workflow when something has ended at Astria, by looking there. It needs no address, and
 * misses nothing; AstriaCallbackTrigger is told at once. In n8n a node that does both would show an
 * address while it looks, look while it is called, and never show a sample in the editor.
 */
export class AstriaTrigger implements INodeType {
	description: INodeTypeDescription = {
		displayName: 'Astria Trigger',
		name: 'astriaTrigger',
		icon: { light: 'file:../../../icons/astria.svg', dark: 'file:../../../icons/astria.dark.svg' },
		group: ['trigger'],
		version: 1,
		subtitle: '={{ $parameter["events"].join(", ") }}',
		description: 'Start a workflow when a tune or a prompt of Astria has ended, by looking there',
		defaults: { name: 'Astria Trigger' },
		polling: true,
		inputs: [],
		outputs: [NodeConnectionTypes.Main],
		credentials: [{ name: 'astriaApi', required: true }],
		properties: eventProperties(true),
	};

	methods = { listSearch: { searchTunes } };

	async poll(this: IPollFunctions): Promise<INodeExecutionData[][] | null> {
		return await poll(this);
	}
}
