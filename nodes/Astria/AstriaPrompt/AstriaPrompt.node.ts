import {
	type IExecuteFunctions,
	type INodeExecutionData,
	type INodeType,
	type INodeTypeDescription,
	NodeConnectionTypes,
} from 'n8n-workflow';

import { propertiesOf, route } from '../../shared/operation';
import { searchTunes } from '../shared/searchTunes';
import { searchVideoModels } from '../shared/searchVideoModels';
import { ASTRIA } from '../../../lib/astria/api/errors';
import { OPERATIONS } from './actions/operations';
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
		properties: [
			{
				displayName: 'Resource',
				name: 'resource',
				type: 'options',
				noDataExpression: true,
				options: [
					{ name: 'Prompt', value: 'prompt' },
					{ name: 'Try-On', value: 'tryOn' },
				],
				default: 'prompt',
			},
			{
				displayName: 'Operation',
				name: 'operation',
				type: 'options',
				noDataExpression: true,
				displayOptions: { show: { resource: ['prompt'] } },
				options: [
					{
						name: 'Create',
						value: 'create',
						action: 'Create prompt',
						description: 'Make pictures or a video, and wait for them',
					},
					{
						name: 'Delete',
						value: 'delete',
						action: 'Delete prompt',
						description: 'Delete a prompt with its pictures',
					},
					{
						name: 'Duplicate',
						value: 'duplicate',
						action: 'Duplicate prompt',
						description: 'Make another prompt like one that exists',
					},
					{
						name: 'Get',
						value: 'get',
						action: 'Get prompt',
						description: 'Look up a prompt by its ID and fetch its pictures',
					},
					{
						name: 'Get Many',
						value: 'getAll',
						action: 'Get many prompts',
						description: 'List prompts with the addresses of their pictures',
					},
					{
						name: 'Like',
						value: 'like',
						action: 'Like prompt',
						description: 'Mark a prompt as liked',
					},
					{
						name: 'Unlike',
						value: 'unlike',
						action: 'Unlike prompt',
						description: 'Take a like back',
					},
					{
						name: 'Update',
						value: 'update',
						action: 'Update prompt',
						description: 'Move a prompt to a pack or a workspace',
					},
				],
				default: 'create',
			},
			{
				displayName: 'Operation',
				name: 'operation',
				type: 'options',
				noDataExpression: true,
				displayOptions: { show: { resource: ['tryOn'] } },
				options: [
					{
						name: 'Dress a Person',
						value: 'dressPerson',
						action: 'Dress person',
						description: 'Put garments on a person: from pictures, or from tunes',
					},
				],
				default: 'dressPerson',
			},
			...propertiesOf(OPERATIONS),
		],
	};

	methods = { listSearch: { searchModels, searchPrompts, searchTunes, searchVideoModels } };

	async execute(this: IExecuteFunctions): Promise<INodeExecutionData[][]> {
		return [await route(this, ASTRIA, OPERATIONS)];
	}
}
