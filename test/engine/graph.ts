import {
	type IConnections,
	type IDataObject,
	type INode,
	type INodeParameters,
	type NodeConnectionType,
	NodeConnectionTypes,
} from 'n8n-workflow';

import { isObject } from '../../lib/json';

/** Whether a value is a row of columns. */
export function isRow(value: unknown): value is IDataObject {
	return isObject(value);
}

/** A workflow as the editor saves it. */
export interface WorkflowDefinition {
	nodes: INode[];
	connections: IConnections;
}

/** A node of a workflow; its name is its id too. */
export function node(
	name: string,
	type: string,
	parameters: INodeParameters = {},
	rest: Partial<INode> = {},
): INode {
	return { id: name, name, type, typeVersion: 1, position: [0, 0], parameters, ...rest };
}

/** A line between two nodes, from the first output unless told otherwise. */
export interface Line {
	from: string;
	to: string;
	output?: number;
	type?: NodeConnectionType;
}

/** The connections that these lines are. */
export function connect(...lines: Line[]): IConnections {
	const connections: IConnections = {};
	for (const { from, to, output = 0, type = NodeConnectionTypes.Main } of lines) {
		const byType = (connections[from] ??= {});
		const outputs = (byType[type] ??= []);
		// Outputs without a line are empty lists there, as the editor saves them.
		while (outputs.length <= output) outputs.push([]);
		outputs[output]?.push({ node: to, type, index: 0 });
	}
	return connections;
}

/** The same workflow after somebody has changed a node in the editor. */
export function edited<Definition extends WorkflowDefinition>(
	definition: Definition,
	name: string,
	change: Partial<INode>,
): Definition {
	const nodes = definition.nodes.map((one) => (one.name === name ? { ...one, ...change } : one));
	return { ...definition, nodes };
}
