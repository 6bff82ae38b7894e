import {
	deepCopy,
	type INodeType,
	type INodeTypeDescription,
	type INodeTypes,
	NodeConnectionTypes,
} from 'n8n-workflow';

import { agentNode } from './agentNode';
import { columnsNode, executeWorkflowNode, triggerNode, workflowTriggerNode } from './helperNodes';
import { loopNode } from './loopNode';

const HELPERS = [
	agentNode,
	columnsNode,
	executeWorkflowNode,
	loopNode,
	triggerNode,
	workflowTriggerNode,
];

const PACKAGE = 'n8n-nodes-virtual-try-on';

/** n8n's name of a node of this package. */
export function typeName({ description }: INodeType): string {
	return `${PACKAGE}.${description.name}`;
}

/** n8n's name of the same node as a tool. */
export function toolTypeName(nodeType: INodeType): string {
	return `${typeName(nodeType)}Tool`;
}

/**
 * What n8n makes of a node with `usableAsTool` (its ai-tools.ts, `convertNodeToAiTool`): the same
 * code, with a description that has a tool's output and a field for what the model is told.
 */
function asTool(nodeType: INodeType): INodeType {
	const { usableAsTool, ...rest } = nodeType.description;
	if (!usableAsTool) throw new Error(`${nodeType.description.name} is no tool`);
	const description: INodeTypeDescription = {
		...deepCopy(rest),
		name: `${rest.name}Tool`,
		displayName: `${rest.displayName} Tool`,
		inputs: [],
		outputs: [NodeConnectionTypes.AiTool],
		properties: [
			{
				displayName: 'Description',
				name: 'toolDescription',
				type: 'string',
				default: rest.description,
			},
			...deepCopy(rest.properties),
		],
	};
	const tool: INodeType = Object.create(nodeType, { description: { value: description } });
	return tool;
}

/**
 * The node types of an n8n that has these nodes of the package, and the helpers of the tests.
 *
 * @throws Error when a workflow asks for another
 */
export function nodeTypesOf(nodeTypes: readonly INodeType[]): INodeTypes {
	const types = new Map(HELPERS.map((type) => [type.description.name, type]));
	for (const type of nodeTypes) {
		types.set(typeName(type), type);
		if (type.description.usableAsTool) types.set(toolTypeName(type), asTool(type));
	}
	const find = (name: string) => {
		const type = types.get(name);
		if (!type) throw new Error(`Unrecognized node type: ${name}`);
		return type;
	};
	return { getByName: find, getByNameAndVersion: find, getKnownTypes: () => ({}) };
}
