import type { INodeProperties } from 'n8n-workflow';

/** The operations of each resource, as the editor offers them. */
export const operationChoices: INodeProperties[] = [
	{
		displayName: 'Operation',
		name: 'operation',
		type: 'options',
		noDataExpression: true,
		displayOptions: { show: { resource: ['tune'] } },
		options: [
			{
				name: 'Create',
				value: 'create',
				action: 'Create tune',
				description: 'Train a tune, or register a garment or a face, from pictures',
			},
			{
				name: 'Delete',
				value: 'delete',
				action: 'Delete tune',
				description: 'Delete a tune with its pictures and prompts',
			},
			{
				name: 'Get',
				value: 'get',
				action: 'Get tune',
				description: 'Look up a tune by its ID',
			},
			{
				name: 'Get Many',
				value: 'getAll',
				action: 'Get many tunes',
				description: 'List the tunes of your account or of the gallery',
			},
			{
				name: 'Update',
				value: 'update',
				action: 'Update tune',
				description: 'Change the title, class, characteristics or lifetime of a tune',
			},
			{
				name: 'Wait Until Trained',
				value: 'wait',
				action: 'Wait until tune is trained',
				description: 'Wait for a training that was started before',
			},
		],
		default: 'create',
	},
	{
		displayName: 'Operation',
		name: 'operation',
		type: 'options',
		noDataExpression: true,
		displayOptions: { show: { resource: ['pack'] } },
		options: [
			{
				name: 'Create Tune From Pack',
				value: 'createTune',
				action: 'Create tune from pack',
				description: 'Run the prompts of a pack on a new tune, or on tunes that exist',
			},
			{
				name: 'Get',
				value: 'get',
				action: 'Get pack',
				description: 'Look up a pack with its prompts and prices',
			},
			{
				name: 'Get Many',
				value: 'getAll',
				action: 'Get many packs',
				description: 'List the packs of your account or of the gallery',
			},
		],
		default: 'createTune',
	},
	{
		displayName: 'Operation',
		name: 'operation',
		type: 'options',
		noDataExpression: true,
		displayOptions: { show: { resource: ['image'] } },
		options: [
			{
				name: 'Inspect',
				value: 'inspect',
				action: 'Inspect image',
				description: 'Describe who is in a picture, and tell whether it is good for training',
			},
		],
		default: 'inspect',
	},
];
