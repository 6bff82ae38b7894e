import {
	type IExecuteFunctions,
	type INodeExecutionData,
	type INodeType,
	type INodeTypeDescription,
	NodeConnectionTypes,
} from 'n8n-workflow';

import { operationProperties, route } from './actions/router';

/** Virtual try-on with FASHN on fal.ai. */
export class FashnTryOn implements INodeType {
	description: INodeTypeDescription = {
		displayName: 'FASHN Try-On',
		name: 'fashnTryOn',
		icon: { light: 'file:../../icons/fashn.svg', dark: 'file:../../icons/fashn.dark.svg' },
		group: ['transform'],
		version: 1,
		subtitle: '={{ $parameter["operation"] + ": " + $parameter["resource"] }}',
		description: 'Put a garment on a model: virtual try-on with FASHN on fal.ai',
		defaults: { name: 'FASHN Try-On' },
		usableAsTool: true,
		inputs: [NodeConnectionTypes.Main],
		outputs: [NodeConnectionTypes.Main],
		credentials: [{ name: 'falApi', required: true }],
		properties: [
			{
				displayName: 'Resource',
				name: 'resource',
				type: 'options',
				noDataExpression: true,
				options: [{ name: 'Try-On', value: 'tryOn' }],
				default: 'tryOn',
			},
			{
				displayName: 'Operation',
				name: 'operation',
				type: 'options',
				noDataExpression: true,
				displayOptions: { show: { resource: ['tryOn'] } },
				options: [
					{
						name: 'Cancel',
						value: 'cancel',
						action: 'Cancel job',
						description: 'Take back a job that was submitted',
					},
					{
						name: 'Generate',
						value: 'generate',
						action: 'Generate pictures',
						description: 'Dress a person and wait for the pictures',
					},
					{
						name: 'Get',
						value: 'get',
						action: 'Get job',
						description: 'Look up a job by its ID and fetch its pictures',
					},
					{
						name: 'Submit',
						value: 'submit',
						action: 'Submit job',
						description: 'Start a job without waiting for it',
					},
				],
				default: 'generate',
			},
			...operationProperties,
		],
	};

	async execute(this: IExecuteFunctions): Promise<INodeExecutionData[][]> {
		return [await route(this)];
	}
}
