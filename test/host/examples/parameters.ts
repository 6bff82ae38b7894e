import {
	type INode,
	type INodeProperties,
	type INodeTypeDescription,
	NodeHelpers,
} from 'n8n-workflow';

import { isRecord } from '../guards';
import type { ExampleNode } from './load';

/** What an example leaves empty on purpose, so that n8n asks for it; by file. */
export const LEFT_EMPTY: Record<string, string[] | undefined> = {
	// A secret that everybody can read is none.
	'when-astria-is-finished.json': ['Astria Calls: Parameter "Secret" is required.'],
};

/** Whether a value is the description of a node type, as n8n's own interface gives it. */
export function isDescription(value: unknown): value is INodeTypeDescription {
	return isRecord(value) && typeof value.name === 'string' && Array.isArray(value.properties);
}

/** The description of a node's type in the node's own version. */
export function descriptionOf(
	{ type, typeVersion }: ExampleNode,
	descriptions: readonly INodeTypeDescription[],
): INodeTypeDescription | undefined {
	return descriptions.find(
		({ name, version }) => name === type && [version].flat().includes(typeVersion),
	);
}

/** Paths of what was given and is not kept; lists and objects are looked into. */
function lostPaths(given: unknown, kept: unknown, path: string): string[] {
	if (Array.isArray(given)) {
		const list: unknown[] = Array.isArray(kept) ? kept : [];
		return given.flatMap((value, index) => lostPaths(value, list[index], `${path}[${index}]`));
	}
	if (!isRecord(given)) return kept === undefined ? [path] : [];
	if (!isRecord(kept)) return [path];
	return Object.entries(given).flatMap(([name, value]) =>
		lostPaths(value, kept[name], path === '' ? name : `${path}.${name}`),
	);
}

/** n8n's own check leaves the values of lists of choices out. */
function isNoChoice({ type, options = [] }: INodeProperties, value: unknown): boolean {
	if (type !== 'options' || typeof value !== 'string' || value.startsWith('=')) return false;
	const choices = options.flatMap((option) => ('value' in option ? [option.value] : []));
	return choices.length > 0 && !choices.includes(value);
}

/**
 * What n8n would not take of a node: parameters that its type does not have, or does not show with
 * these settings, and values that its editor marks in red.
 */
export function objectionsTo(example: ExampleNode, type: INodeTypeDescription): string[] {
	const { name, typeVersion, parameters } = example;
	const node: INode = {
		id: name,
		name,
		type: type.name,
		typeVersion,
		position: [0, 0],
		parameters: JSON.parse(JSON.stringify(parameters)),
	};
	const { properties } = type;
	const kept = NodeHelpers.getNodeParameters(properties, node.parameters, true, false, node, type);
	// What is shown depends on defaults too, which a file leaves out.
	const whole = { ...node, parameters: kept ?? {} };
	const issues = NodeHelpers.getNodeParametersIssues(properties, whole, type)?.parameters ?? {};
	const wrong = properties
		.filter((property) => NodeHelpers.displayParameter(whole.parameters, property, node, type))
		.filter((property) => isNoChoice(property, whole.parameters[property.name]));
	return [
		...lostPaths(parameters, kept, '').map((path) => `${path} is not a parameter`),
		...Object.values(issues).flat(),
		...wrong.map(({ displayName }) => `${displayName} has no such choice`),
	].map((problem) => `${name}: ${problem}`);
}
