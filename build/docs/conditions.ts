import type { IDisplayOptions, INodeProperties } from 'n8n-workflow';

import { choicesOf } from './properties';
import { anyOf, code, prose } from './text';

/** What the page of an operation is about anyway. */
const GIVEN = new Set(['resource', 'operation']);

/** n8n writes the way from a collection up to the node's own parameters as a slash. */
const fromTop = (name: string) => name.replace(/^\//, '');

function isPlain(value: unknown): value is string | number | boolean {
	return ['string', 'number', 'boolean'].includes(typeof value);
}

function valueText(controlling: readonly INodeProperties[], value: unknown): string {
	if (!isPlain(value)) throw new Error(`A condition is not understood: ${JSON.stringify(value)}`);
	if (typeof value === 'boolean') return value ? 'on' : 'off';
	const choice = controlling.flatMap(choicesOf).find((option) => option.value === value);
	if (choice) return prose(choice.name);
	return value === '' ? 'empty' : code(String(value));
}

function partText(
	conditions: IDisplayOptions['show'],
	word: string,
	known: readonly INodeProperties[],
): string[] {
	return Object.entries(conditions ?? {})
		.filter(([name]) => !GIVEN.has(fromTop(name)))
		.map(([name, values = []]) => {
			const controlling = known.filter((property) => property.name === fromTop(name));
			const [{ displayName } = { displayName: name }] = controlling;
			const texts = values.map((value) => valueText(controlling, value));
			return `${prose(displayName)} ${word} ${anyOf(texts)}`;
		});
}

/**
 * When a parameter of an operation shows.
 *
 * @param known the parameters that a condition can be about
 * @returns conditions all of which have to hold
 * @throws Error for a kind of condition that this does not know
 */
export function shownWhen(
	{ displayOptions }: INodeProperties,
	known: readonly INodeProperties[],
): string[] {
	return [
		...partText(displayOptions?.show, 'is', known),
		...partText(displayOptions?.hide, 'is not', known),
	];
}
