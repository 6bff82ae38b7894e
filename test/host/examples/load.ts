import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';

import { ROOT } from '../../../build/project';
import { asList, asRecord, stringAt } from '../guards';
import type { WorkflowJson } from '../workflow';

/** Where the workflows are that a user imports. */
export const EXAMPLES = path.join(ROOT, 'examples');

/** A node of an example. */
export interface ExampleNode {
	name: string;
	type: string;
	typeVersion: number;
	parameters: Record<string, unknown>;
	/** By type of the credential. */
	credentials: Record<string, unknown>;
	position: unknown[];
	webhookId?: unknown;
}

/** File names of all examples. */
export function exampleFiles(): string[] {
	return readdirSync(EXAMPLES).filter((file) => file.endsWith('.json'));
}

/** An example as its file has it. */
export function loadExample(file: string): WorkflowJson {
	const content: unknown = JSON.parse(readFileSync(path.join(EXAMPLES, file), 'utf8'));
	const { nodes, ...rest } = asRecord(content);
	return {
		...rest,
		name: stringAt(rest, 'name', file),
		nodes: asList(nodes).map(asRecord),
		connections: asRecord(rest.connections),
	};
}

/** The nodes of a workflow, read. */
export function nodesOf({ nodes }: WorkflowJson): ExampleNode[] {
	return nodes.map((node) => {
		const record = asRecord(node);
		return {
			name: stringAt(record, 'name', 'A node'),
			type: stringAt(record, 'type', 'A node'),
			typeVersion: Number(record.typeVersion),
			parameters: asRecord(record.parameters),
			credentials: asRecord(record.credentials),
			position: asList(record.position),
			webhookId: record.webhookId,
		};
	});
}

function changeNode(
	workflow: WorkflowJson,
	name: string,
	change: (node: Record<string, unknown>) => Record<string, unknown>,
): WorkflowJson {
	if (!nodesOf(workflow).some((node) => node.name === name)) {
		throw new Error(`'${workflow.name}' has no node '${name}'`);
	}
	const nodes = workflow.nodes
		.map(asRecord)
		.map((node) => (node.name === name ? change(node) : node));
	return { ...workflow, nodes };
}

/**
 * Fills in what a user fills in: values of an Edit Fields node.
 *
 * @throws Error when the node lacks one of the fields
 */
export function withFields(
	workflow: WorkflowJson,
	node: string,
	values: Record<string, string | number>,
): WorkflowJson {
	return changeNode(workflow, node, (found) => {
		const parameters = asRecord(found.parameters);
		const group = asRecord(parameters.assignments);
		const given = asList(group.assignments).map(asRecord);
		const missing = Object.keys(values).filter(
			(name) => !given.some((field) => field.name === name),
		);
		if (missing.length > 0) throw new Error(`'${node}' has no field ${missing.join(', ')}`);
		const assignments = given.map((field) => ({
			...field,
			value: values[String(field.name)] ?? field.value,
		}));
		return { ...found, parameters: { ...parameters, assignments: { ...group, assignments } } };
	});
}

/** Fills in parameters of a node, such as the address of the user's own shop. */
export function withParameters(
	workflow: WorkflowJson,
	node: string,
	values: Record<string, unknown>,
): WorkflowJson {
	return changeNode(workflow, node, (found) => ({
		...found,
		parameters: { ...asRecord(found.parameters), ...values },
	}));
}

/** Chooses another type of credential for an HTTP Request node. */
export function withCredentialType(workflow: WorkflowJson, node: string, type: string) {
	return changeNode(
		withParameters(workflow, node, { nodeCredentialType: type }),
		node,
		(found) => ({
			...found,
			credentials: { [type]: { id: '', name: 'Another account' } },
		}),
	);
}

/** Gives a form or webhook another address, so that the same example can be published twice. */
export function withWebhookId(workflow: WorkflowJson, node: string, webhookId: string) {
	return changeNode(workflow, node, (found) => ({ ...found, webhookId }));
}

/** Pins what a trigger hands on, as the editor does with a message of its chat. */
export function withPinned(workflow: WorkflowJson, node: string, json: object): WorkflowJson {
	return { ...workflow, pinData: { ...workflow.pinData, [node]: [{ json }] } };
}
