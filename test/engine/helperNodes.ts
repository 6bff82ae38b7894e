import {
	type IExecuteFunctions,
	type INodeExecutionData,
	type INodeType,
	NodeConnectionTypes,
	NodeOperationError,
} from 'n8n-workflow';

import { isRow } from './graph';

/** The names of n8n's own types, which these stand for. */
export const TRIGGER = 'n8n-nodes-base.manualTrigger';
export const COLUMNS = 'n8n-nodes-base.set';
export const EXECUTE_WORKFLOW = 'n8n-nodes-base.executeWorkflow';
export const WORKFLOW_TRIGGER = 'n8n-nodes-base.executeWorkflowTrigger';

/** Where a workflow starts; it hands on the items that the execution begins with. */
export const triggerNode: INodeType = {
	description: {
		displayName: 'Manual Trigger',
		name: TRIGGER,
		group: ['trigger'],
		version: 1,
		description: 'Starts the workflow',
		defaults: { name: 'Start' },
		inputs: [],
		outputs: [NodeConnectionTypes.Main],
		properties: [],
	},
	trigger: async () => ({}),
};

/** Where a sub-workflow starts. */
export const workflowTriggerNode: INodeType = {
	description: {
		displayName: 'Execute Workflow Trigger',
		name: WORKFLOW_TRIGGER,
		group: ['trigger'],
		version: 1,
		description: 'Starts the workflow when another one calls it',
		defaults: { name: 'When Executed by Another Workflow' },
		inputs: [],
		outputs: [NodeConnectionTypes.Main],
		properties: [],
	},
	async execute(this: IExecuteFunctions): Promise<INodeExecutionData[][]> {
		return [this.getInputData()];
	},
};

const rowOf = (value: unknown) => (isRow(value) ? value : {});

/** Adds columns to each item; what they hold is mostly an expression, evaluated for each item. */
export const columnsNode: INodeType = {
	description: {
		displayName: 'Edit Fields (Set)',
		name: COLUMNS,
		group: ['input'],
		version: 1,
		description: 'Adds columns to items',
		defaults: { name: 'Edit Fields' },
		inputs: [NodeConnectionTypes.Main],
		outputs: [NodeConnectionTypes.Main],
		properties: [{ displayName: 'Columns', name: 'columns', type: 'json', default: {} }],
	},
	async execute(this: IExecuteFunctions): Promise<INodeExecutionData[][]> {
		return [
			this.getInputData().map((item, index) => ({
				...item,
				json: { ...item.json, ...rowOf(this.getNodeParameter('columns', index)) },
				pairedItem: { item: index },
			})),
		];
	},
};

/**
 * Runs another workflow with all items at once, or once for each item, and waits for it, as n8n's
 * Execute Sub-workflow does.
 */
export const executeWorkflowNode: INodeType = {
	description: {
		displayName: 'Execute Sub-workflow',
		name: EXECUTE_WORKFLOW,
		group: ['transform'],
		version: 1,
		description: 'Runs another workflow',
		defaults: { name: 'Execute Sub-workflow' },
		inputs: [NodeConnectionTypes.Main],
		outputs: [NodeConnectionTypes.Main],
		properties: [
			{ displayName: 'Workflow', name: 'workflowId', type: 'string', default: '' },
			{
				displayName: 'Mode',
				name: 'mode',
				type: 'options',
				options: [
					{ name: 'Run Once with All Items', value: 'once' },
					{ name: 'Run Once for Each Item', value: 'each' },
				],
				default: 'once',
			},
		],
	},
	async execute(this: IExecuteFunctions): Promise<INodeExecutionData[][]> {
		const items = this.getInputData();
		const forEach = this.getNodeParameter('mode', 0) === 'each';
		const batches = forEach ? items.map((item) => [item]) : [items];
		const outputs: INodeExecutionData[][] = [];
		for (const [index, batch] of batches.entries()) {
			const add = (output: number, made: INodeExecutionData[]) => {
				// Without a batch for each item, the sub-workflow's own pairs are right.
				const paired = made.map((item) =>
					forEach ? { ...item, pairedItem: { item: index } } : item,
				);
				outputs[output] = [...(outputs[output] ?? []), ...paired];
			};
			try {
				const { data } = await this.executeWorkflow(
					{ id: String(this.getNodeParameter('workflowId', index)) },
					batch,
					undefined,
					{
						parentExecution: {
							executionId: this.getExecutionId(),
							workflowId: this.getWorkflow().id ?? '',
						},
					},
				);
				for (const [output, made] of data.entries()) add(output, made ?? []);
			} catch (thrown) {
				const cause = thrown instanceof Error ? thrown : new Error(String(thrown));
				const error = new NodeOperationError(this.getNode(), cause, { itemIndex: index });
				if (!this.continueOnFail()) throw error;
				add(0, [{ json: { error: error.message } }]);
			}
		}
		return outputs;
	},
};
