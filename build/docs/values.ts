import type { INodeProperties, INodePropertyOptions } from 'n8n-workflow';

import type { Field, NumberField } from '../../lib/fields/field';
import { OTHER } from '../../lib/fields/values';
import { keyOf, type Sources } from './sources';
import { choicesOf, groupsOf, holdsOthers } from './properties';
import { anyOf, code, prose, sentence } from './text';

/** More choices than this stand in a list of their own, at the end of the page. */
export const MAX_CHOICES_IN_CELL = 12;

function rangeText({ min, max, step }: Pick<NumberField, 'min' | 'max' | 'step'>): string {
	const ends = [
		...(min !== undefined && max !== undefined ? [`${min} to ${max}`] : []),
		...(min !== undefined && max === undefined ? [`at least ${min}`] : []),
		...(min === undefined && max !== undefined ? [`at most ${max}`] : []),
		...(step === undefined ? [] : [`a multiple of ${step}`]),
	];
	return ends.map((text) => `, ${text}`).join('');
}

function numberText(integer: boolean, range: Pick<NumberField, 'min' | 'max' | 'step'>): string {
	return `${integer ? 'Whole number' : 'Number'}${rangeText(range)}`;
}

function fieldText(field: Field): string | undefined {
	switch (field.type) {
		case 'integer':
		case 'number':
			return numberText(field.type === 'integer', field);
		case 'url':
			return 'Web address';
		case 'lines':
			return 'Texts, one on each line';
		case 'ids':
			return 'IDs, with commas between them';
		case 'picture':
			return field.multiple
				? 'Web addresses or data URIs, one on each line'
				: 'Web address or data URI';
		case 'text':
		case 'boolean':
		case 'options':
		case 'json':
		case 'entity':
		case 'entityId':
		case 'pairs':
			return undefined;
	}
}

/** One choice: its label, what is written in an expression for it, and what it means. */
export function choiceText({ name, value, description: help = '' }: INodePropertyOptions): string {
	const written = value === OTHER ? '' : ` ${code(String(value))}`;
	return `${prose(name)}${written}${help === '' ? '' : `: ${prose(help)}`}`;
}

function modesText({ modes = [] }: INodeProperties): string {
	return modes
		.map(({ displayName, placeholder }) => {
			const example = placeholder === undefined ? '' : ` (${prose(placeholder)})`;
			return `${prose(displayName)}${example}`;
		})
		.join(', ');
}

/** What a parameter of many entries holds, and under which name. */
export function entriesText(property: INodeProperties): string {
	const names = groupsOf(property).map(({ name }) => code(name));
	return `Any number of entries, each in ${anyOf(names)}`;
}

function kindText(property: INodeProperties): string {
	const { type, typeOptions = {} } = property;
	switch (type) {
		case 'string':
			if (typeOptions.binaryDataProperty === true) return 'Name of a binary field';
			if (typeOptions.password === true) return 'Text, hidden';
			return 'Text';
		case 'number':
			return numberText(typeOptions.numberPrecision === 0, {
				min: typeOptions.minValue,
				max: typeOptions.maxValue,
			});
		case 'boolean':
			return 'On or off';
		case 'json':
			return 'JSON';
		case 'dateTime':
			return 'Date and time';
		case 'options':
			return typeOptions.loadOptionsMethod === undefined ? '' : "From the service's own list";
		case 'multiOptions':
			return 'Any of a list';
		case 'resourceLocator':
			return modesText(property);
		default:
			if (holdsOthers(property)) return typeOptions.multipleValues ? entriesText(property) : '';
			throw new Error(`${property.name} is of type ${type}, which the pages do not know`);
	}
}

/** The rows of the field tables that a parameter was made from. */
function fieldsOf({ fields }: Sources, property: INodeProperties): Field[] {
	return fields.get(keyOf(property.displayName, property.description ?? '')) ?? [];
}

/** The one row that says more of a parameter than n8n can hold: its kind and range. */
function tableText(sources: Sources, property: INodeProperties): string | undefined {
	const texts = new Set(fieldsOf(sources, property).map(fieldText));
	if (texts.size > 1) {
		throw new Error(`Two fields have the words of ${property.name}, but not the same values`);
	}
	return [...texts][0];
}

/** Where the service documents this very field. */
export function fieldDocs(sources: Sources, property: INodeProperties): string | undefined {
	return fieldsOf(sources, property).find(({ docs }) => docs !== undefined)?.docs;
}

/**
 * What a parameter can be set to.
 *
 * @param listed the address of the list of its choices, when they are too many to stand here
 * @throws Error for a kind of parameter that the pages do not know
 */
export function valuesText(sources: Sources, property: INodeProperties, listed?: string): string {
	const kind = tableText(sources, property) ?? kindText(property);
	const choices = holdsOthers(property) ? [] : choicesOf(property);
	const list =
		listed === undefined ? choices.map(choiceText) : [`[${choices.length} choices](${listed})`];
	const { placeholder } = property;
	const example =
		placeholder === undefined || holdsOthers(property) || choices.length > 0
			? []
			: [prose(placeholder)];
	return [kind, ...(choices.length > 0 ? list : []), ...example]
		.filter((text) => text !== '')
		.join('<br>');
}

function isPick(value: unknown): value is { value: unknown; cachedResultName?: string } {
	return typeof value === 'object' && value !== null && 'value' in value;
}

/** What a parameter is set to before anybody sets it; nothing for empty. */
export function defaultText(property: INodeProperties): string {
	const { default: given } = property;
	if (Array.isArray(given) && given.length === 0) return '';
	if (holdsOthers(property) || given === '' || given === '{}' || given === undefined) return '';
	if (typeof given === 'boolean') return given ? 'on' : 'off';
	if (isPick(given)) {
		if (given.value === '') return '';
		const title = given.cachedResultName === undefined ? '' : `${prose(given.cachedResultName)} `;
		return `${title}${code(String(given.value))}`;
	}
	const choice = choicesOf(property).find(({ value }) => value === given);
	return choice
		? prose(choice.name)
		: code(typeof given === 'object' ? JSON.stringify(given) : String(given));
}

/** What a parameter does, in words. */
export function helpText({ description = '', hint = '' }: INodeProperties): string {
	const texts = [description, hint].filter((text) => text !== '');
	return prose(texts.map(sentence).join(' '));
}
