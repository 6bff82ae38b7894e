import {
	type EngineRequest,
	type EngineResponse,
	type IDataObject,
	type IExecuteFunctions,
	type INodeExecutionData,
	type INodeType,
	NodeConnectionTypes,
	NodeOperationError,
} from 'n8n-workflow';
import pLimit from 'p-limit';

import { objectOf } from '../../lib/json';
import { isRow } from './graph';

export const AGENT = '@n8n/n8n-nodes-langchain.agent';

/** What n8n-core hands to an agent for a connected node: a tool of @langchain/core. */
interface Tool {
	name: string;
	metadata: { sourceNodeName: string };
	invoke(args: IDataObject): Promise<unknown>;
}

function isTool(value: unknown): value is Tool {
	return typeof value === 'object' && value !== null && 'invoke' in value && 'metadata' in value;
}

async function connectedTool(context: IExecuteFunctions): Promise<Tool> {
	// n8n's agents ask for the tools of item 0, whichever item they work on.
	const tools = await context.getInputConnectionData(NodeConnectionTypes.AiTool, 0);
	const tool: unknown = Array.isArray(tools) ? tools[0] : tools;
	if (!isTool(tool)) throw new NodeOperationError(context.getNode(), 'No tool is connected');
	return tool;
}

/** What the scripted model says for an item: messages one after another, each with its calls. */
function messagesOf(context: IExecuteFunctions, item: number): IDataObject[][] {
	const calls: unknown = context.getNodeParameter('calls', item);
	if (!Array.isArray(calls)) throw new NodeOperationError(context.getNode(), 'No calls');
	return calls.map((message: unknown) => (Array.isArray(message) ? message.filter(isRow) : []));
}

function answer(item: number, observations: string[]): INodeExecutionData {
	return { json: { observations }, pairedItem: { item } };
}

/**
 * Langchain's AgentExecutor, which Agent v1 and v2 use: the calls of one message run side by side,
 * and what a tool throws becomes an empty observation (executor.ts of @langchain/classic, without
 * `handleToolRuntimeErrors`).
 */
async function converse(tool: Tool, messages: IDataObject[][]): Promise<string[]> {
	const observations: string[] = [];
	for (const calls of messages) {
		const made = calls.map(async (args) => {
			try {
				return String(await tool.invoke(args));
			} catch {
				return '';
			}
		});
		observations.push(...(await Promise.all(made)));
	}
	return observations;
}

/** Agent v1: one tool for all items, which are worked on one after another. */
async function executeV1(context: IExecuteFunctions): Promise<INodeExecutionData[][]> {
	const tool = await connectedTool(context);
	const output: INodeExecutionData[] = [];
	for (const [item] of context.getInputData().entries()) {
		output.push(answer(item, await converse(tool, messagesOf(context, item))));
	}
	return [output];
}

/**
 * Agent v2: a tool of its own for each item, and the items of a batch side by side. With `inTurn`
 * the model is slow: it makes the calls of an item when those of the item before are answered.
 */
async function executeV2(context: IExecuteFunctions): Promise<INodeExecutionData[][]> {
	const items = context.getInputData();
	const batchSize = Number(context.getNodeParameter('batchSize', 0));
	const inTurn = context.getNodeParameter('inTurn', 0) === true;
	const output: INodeExecutionData[] = [];
	for (let start = 0; start < items.length; start += batchSize) {
		const batch = items.slice(start, start + batchSize);
		const tools = await Promise.all(batch.map(async () => await connectedTool(context)));
		const turns = pLimit(inTurn ? 1 : batchSize);
		const answers = tools.map((tool, index) =>
			turns(async () =>
				answer(start + index, await converse(tool, messagesOf(context, start + index))),
			),
		);
		output.push(...(await Promise.all(answers)));
	}
	return [output];
}

/** All that the agent has been told so far, by the id of the call. */
function observationsOf(response: EngineResponse | undefined): Map<string, string> {
	const earlier = Object.entries(objectOf(objectOf(response?.metadata).observations));
	const observations = new Map(earlier.map(([id, text]) => [id, String(text)]));
	for (const { action, data } of response?.actionResponses ?? []) {
		const items = data.data?.[NodeConnectionTypes.AiTool]?.[0] ?? [];
		const told = items.length > 0 ? items.map(({ json }) => json) : { error: data.error?.message };
		observations.set(action.id, JSON.stringify(told));
	}
	return observations;
}

/**
 * Agent v3: it asks n8n's engine to run the tool's node, is run again with what that put out, and
 * so on until no item has a call left. The first runs of all items are one request.
 */
async function executeV3(
	context: IExecuteFunctions,
	response: EngineResponse | undefined,
): Promise<INodeExecutionData[][] | EngineRequest> {
	const observations = observationsOf(response);
	const tool = await connectedTool(context);
	const actions: EngineRequest['actions'] = [];
	const output: INodeExecutionData[] = [];
	for (const [itemIndex] of context.getInputData().entries()) {
		const messages = messagesOf(context, itemIndex).map((calls, message) =>
			calls.map((input, call) => ({ id: `call-${itemIndex}-${message}-${call}`, input })),
		);
		const next = messages.find((calls) => calls.some(({ id }) => !observations.has(id)));
		if (next) {
			actions.push(
				...next.map(({ id, input }) => ({
					actionType: 'ExecutionNodeAction' as const,
					nodeName: tool.metadata.sourceNodeName,
					input,
					type: NodeConnectionTypes.AiTool,
					id,
					metadata: { itemIndex },
				})),
			);
		} else {
			output.push(
				answer(
					itemIndex,
					messages.flat().map(({ id }) => observations.get(id) ?? ''),
				),
			);
		}
	}
	return actions.length > 0
		? { actions, metadata: { observations: Object.fromEntries(observations) } }
		: [output];
}

/**
 * n8n's AI agent with a scripted model in place of a language model: what matters here is how n8n
 * runs the tool, and that is n8n-core's part. The node's version chooses the way; the tools are
 * n8n-core's own, made with @langchain/core, on which n8n-core depends.
 */
export const agentNode: INodeType = {
	description: {
		displayName: 'AI Agent',
		name: AGENT,
		group: ['transform'],
		version: [1, 2, 3],
		description: 'Calls its tool as the column "calls" says',
		defaults: { name: 'AI Agent' },
		inputs: [NodeConnectionTypes.Main, NodeConnectionTypes.AiTool],
		outputs: [NodeConnectionTypes.Main],
		properties: [
			{ displayName: 'Calls', name: 'calls', type: 'json', default: '={{ $json.calls }}' },
			{ displayName: 'Batch Size', name: 'batchSize', type: 'number', default: 1 },
			{ displayName: 'In Turn', name: 'inTurn', type: 'boolean', default: false },
		],
	},
	async execute(this: IExecuteFunctions, response?: EngineResponse) {
		const { typeVersion } = this.getNode();
		if (typeVersion === 1) return await executeV1(this);
		return typeVersion === 2 ? await executeV2(this) : await executeV3(this, response);
	},
};
