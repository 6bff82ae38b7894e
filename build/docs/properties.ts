import type { INodeProperties, INodePropertyCollection, INodePropertyOptions } from 'n8n-workflow';

type Part = NonNullable<INodeProperties['options']>[number];

function isGroup(part: Part): part is INodePropertyCollection {
	return 'values' in part;
}

function isProperty(part: Part): part is INodeProperties {
	return 'displayName' in part && 'type' in part;
}

function isChoice(part: Part): part is INodePropertyOptions {
	return !isGroup(part) && !isProperty(part);
}

/** What can be chosen. */
export function choicesOf({ options = [] }: INodeProperties): INodePropertyOptions[] {
	return options.filter(isChoice);
}

/** The groups of a fixed collection. */
export function groupsOf({ options = [] }: INodeProperties): INodePropertyCollection[] {
	return options.filter(isGroup);
}

/** The parameters inside a collection, of all its groups. */
export function partsOf({ options = [] }: INodeProperties): INodeProperties[] {
	return options.flatMap((part) => {
		if (isGroup(part)) return part.values;
		return isProperty(part) ? [part] : [];
	});
}

/** Whether a parameter holds others. */
export function holdsOthers({ type }: INodeProperties): boolean {
	return type === 'collection' || type === 'fixedCollection';
}

/** What an operation is about, and what it does. */
export interface Operation {
	/** Values of the parameters `resource` and `operation`. */
	resource: string;
	operation: string;
	/** e.g. `Try-On: Generate`; no other operation of the node has it. */
	title: string;
	description: string;
}

function allows(property: INodeProperties, name: string, value: string): boolean {
	const { show, hide } = property.displayOptions ?? {};
	const shown = show?.[name];
	const hidden = hide?.[name];
	return (shown === undefined || shown.includes(value)) && hidden?.includes(value) !== true;
}

/** Whether an operation has a parameter, whatever else has to be set for it to show. */
export function belongsTo(property: INodeProperties, { resource, operation }: Operation): boolean {
	return allows(property, 'resource', resource) && allows(property, 'operation', operation);
}

/**
 * All operations of a node, in the order in which the editor offers them.
 *
 * @throws Error when a node has none
 */
export function operationsOf(properties: readonly INodeProperties[]): Operation[] {
	const resources = properties.filter(({ name }) => name === 'resource').flatMap(choicesOf);
	const choices = properties.filter(({ name }) => name === 'operation');
	const found = resources.flatMap(({ name: resourceName, value: resource }) =>
		choices
			.filter((property) => allows(property, 'resource', String(resource)))
			.flatMap(choicesOf)
			.map(({ name, value, description = '' }) => ({
				resource: String(resource),
				operation: String(value),
				title: `${resourceName}: ${name}`,
				description,
			})),
	);
	if (found.length === 0) throw new Error('A node has no operations');
	return found;
}
