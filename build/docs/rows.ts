import type { INodeProperties, INodePropertyOptions } from 'n8n-workflow';

import { FILE_GROUP, pictureParameters } from '../../nodes/shared/fieldProperty';
import { shownWhen } from './conditions';
import { choicesOf, groupsOf, partsOf } from './properties';
import type { Sources } from './sources';
import { anchorOf, code, prose } from './text';
import {
	choiceText,
	defaultText,
	fieldDocs,
	helpText,
	MAX_CHOICES_IN_CELL,
	valuesText,
} from './values';

/** What every table of parameters tells. */
export const HEADINGS = [
	'Parameter',
	'Name',
	'What it does',
	'Values',
	'Default',
	'Required',
	'Shown when',
] as const;

/** Long lists of choices, each printed once on a page, by heading. */
type Lists = Map<string, INodePropertyOptions[]>;

/** What the tables of a page share. */
export interface PageState {
	sources: Sources;
	/** All parameters of the node. */
	properties: readonly INodeProperties[];
	lists: Lists;
	/** Headings of the tables that are on the page, by their text. */
	printed: Map<string, string>;
}

/** Lists of the same name are the same, or get a number. */
function headingFor(
	lists: Lists,
	{ displayName }: INodeProperties,
	choices: INodePropertyOptions[],
): string {
	const text = JSON.stringify(choices);
	for (let count = 1; ; count += 1) {
		const heading = `Choices of ${displayName}${count === 1 ? '' : ` (${count})`}`;
		const there = lists.get(heading);
		if (there === undefined || JSON.stringify(there) === text) return heading;
	}
}

/** The address of the list of a parameter's choices, when they are many. */
function listedAt({ lists }: PageState, property: INodeProperties): string | undefined {
	const choices = choicesOf(property);
	if (choices.length <= MAX_CHOICES_IN_CELL) return undefined;
	const heading = headingFor(lists, property, choices);
	lists.set(heading, choices);
	return anchorOf(heading);
}

/** A file is three parameters, which are of the same kind everywhere: one row tells them. */
function isFile(property: INodeProperties): boolean {
	return groupsOf(property).some(({ name }) => name === FILE_GROUP);
}

function fileText(name: string): string {
	const { source, binary } = pictureParameters(name);
	return `${code(source)} is ${code('address')}, with ${code(name)}, or ${code('binary')}, with names of binary fields in ${code(binary)}`;
}

/** What a parameter can be set to. */
function valuesOf(state: PageState, property: INodeProperties): string {
	const text = valuesText(state.sources, property, listedAt(state, property));
	return isFile(property) ? `${text}<br>${fileText(property.name)}` : text;
}

/** The row of one parameter. */
export interface Row {
	cells: string[];
	/** When it shows; empty for always. */
	conditions: string[];
}

/**
 * @param siblings the parameters beside it
 * @param within labels of the parameters that hold it
 */
export function rowOf(
	state: PageState,
	property: INodeProperties,
	siblings: readonly INodeProperties[],
	within: readonly string[] = [],
	values = valuesOf(state, property),
): Row {
	const docs = fieldDocs(state.sources, property);
	const help = helpText(property);
	return {
		cells: [
			[...within, property.displayName].map(prose).join(' › '),
			code(property.name),
			docs === undefined ? help : `${help} [More](${docs})`,
			values,
			defaultText(property),
			property.required === true ? 'yes' : '',
		],
		conditions: shownWhen(property, [...siblings, ...state.properties]),
	};
}

/** A row as the cells of {@link HEADINGS}. */
export function cellsOf({ cells, conditions }: Row): string[] {
	return [...cells, conditions.join('; ')];
}

/** The rows of parameters, each followed by those that it holds. */
export function rowsOf(
	state: PageState,
	properties: readonly INodeProperties[],
	within: readonly string[] = [],
): Row[] {
	return properties.flatMap((property) => [
		rowOf(state, property, properties, within),
		...(isFile(property)
			? []
			: rowsOf(state, partsOf(property), [...within, property.displayName])),
	]);
}

/** The long lists, at the end of the page. */
export function listsText({ lists }: PageState): string[] {
	return [...lists].flatMap(([heading, choices]) => [
		`## ${heading}`,
		choices.map((choice) => `- ${choiceText(choice)}`).join('\n'),
	]);
}
