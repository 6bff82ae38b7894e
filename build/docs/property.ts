import type {
	INodeProperties,
	INodePropertyCollection,
	INodePropertyOptions,
	NodePropertyTypes,
} from 'n8n-workflow';

import type { Field } from '../../lib/fields/field';
import { pictureParameters } from '../../lib/fields/shared';
import { OTHER } from '../../lib/fields/values';
import { FILE_GROUP } from '../../nodes/shared/fieldProperty';
import { isRecord } from '../project';
import { anyOf, code, prose } from './text';

type Properties = readonly INodeProperties[];

function choicesOf({ options = [] }: INodeProperties): INodePropertyOptions[] {
	return options.filter((part) => 'value' in part);
}

function groupsOf({ options = [] }: INodeProperties): INodePropertyCollection[] {
	return options.filter((part) => 'values' in part);
}

/** A file in a collection is three parameters, of the same kind everywhere: they count as one. */
function isFile(property: INodeProperties): boolean {
	return groupsOf(property).some(({ name }) => name === FILE_GROUP);
}

/** The parameters in a collection, of all its groups. */
export function partsOf(property: INodeProperties): INodeProperties[] {
	if (isFile(property)) return [];
	const own = (property.options ?? []).filter((part) => 'type' in part);
	return [...own, ...groupsOf(property).flatMap(({ values }) => values)];
}

function valueText(choices: readonly INodePropertyOptions[], value: unknown): string {
	const choice = choices.find((one) => one.value === value);
	if (choice) return prose(choice.name);
	if (typeof value === 'boolean') return value ? 'on' : 'off';
	if (typeof value === 'string' || typeof value === 'number') return code(String(value));
	throw new Error(`A default or condition is not understood: ${JSON.stringify(value)}`);
}

/** Prints a condition on parameters of one name; all of its choices but one are told by that one. */
export function conditionOn(controlling: Properties, values: unknown[], not = false): string {
	const choices = controlling.flatMap(choicesOf);
	const others = choices.map(({ value }) => value).filter((value) => !values.includes(value));
	const butOne = new Set(others).size === 1 && values.length > 1;
	const words = (butOne ? others.slice(0, 1) : values).map((value) => valueText(choices, value));
	const verb = butOne === not ? 'is' : 'is not';
	return `${prose(controlling[0]?.displayName ?? '')} ${verb} ${anyOf(words)}`;
}

/** The conditions that have to hold for a parameter to show. @throws Error for one of another kind */
export function shownWhen(
	property: INodeProperties,
	beside: Properties,
	all: Properties,
): string[] {
	const { displayName, displayOptions: { show, hide } = {} } = property;
	const texts = (conditions: object = {}, not = false) =>
		Object.entries(conditions).map(([name, values]: [string, unknown[]]) => {
			// n8n writes the way from a collection up to the operation's own parameters as a slash.
			const [first, ...inside] = name.replace(/^\//, '').split('.');
			const controlling = inside.reduce(
				(holders, part) => holders.flatMap(partsOf).filter((one) => one.name === part),
				(name.startsWith('/') ? all : beside).filter((one) => one.name === first),
			);
			if (controlling.length > 0) return conditionOn(controlling, values, not);
			throw new Error(`${displayName} shows by ${name}, which is not there`);
		});
	return [...texts(show), ...texts(hide, true)];
}

/** Kinds of parameters and of fields, in words; nothing where choices or parts say it. */
const KINDS: Partial<Record<NodePropertyTypes | Field['type'], string>> = {
	boolean: 'On or off',
	collection: '',
	ids: 'IDs, with commas between them',
	json: 'JSON',
	lines: 'Texts, one on each line',
	multiOptions: 'Any of a list',
	options: '',
	picture: 'Web address or data URI',
	string: 'Text',
	url: 'Web address',
};

function numberText(isWhole: boolean, min?: number, max?: number, step?: number): string {
	const least = max === undefined ? `, at least ${min}` : `, ${min} to ${max}`;
	const most = max === undefined ? '' : `, at most ${max}`;
	const steps = step === undefined ? '' : `, a multiple of ${step}`;
	return `${isWhole ? 'Whole number' : 'Number'}${min === undefined ? most : least}${steps}`;
}

/** What kind of value n8n's parameter has. @throws Error for one that the pages do not know */
function kindText(property: INodeProperties): string {
	const { name, type, modes = [], typeOptions = {} } = property;
	if (typeOptions.binaryDataProperty === true) return 'Name of a binary field';
	if (typeOptions.password === true) return 'Text, hidden';
	if (type === 'number') {
		const { minValue: min, maxValue: max, numberPrecision } = typeOptions;
		return numberText(numberPrecision === 0, min, max);
	}
	if (type === 'resourceLocator') {
		const texts = modes.map(({ displayName, placeholder: example }) =>
			example === undefined ? displayName : `${displayName} (${example})`,
		);
		return prose(texts.join(', '));
	}
	if (type === 'fixedCollection') {
		const groups = groupsOf(property).map((group) => code(group.name));
		return typeOptions.multipleValues ? `Any number of entries, each in ${anyOf(groups)}` : '';
	}
	const kind = KINDS[type];
	if (kind !== undefined) return kind;
	throw new Error(`${name} is of type ${type}, which the pages do not know`);
}

/** What a field takes, where n8n's kind of parameter may say less. */
function fieldText(field: Field): string {
	const { type } = field;
	if (type === 'integer' || type === 'number') {
		return numberText(type === 'integer', field.min, field.max, field.step);
	}
	const isMany = type === 'picture' && field.multiple;
	return isMany ? 'Web addresses or data URIs, one on each line' : (KINDS[type] ?? '');
}

/** What a parameter can be chosen from: labels, what is written in an expression, and meanings. */
export function choicesText(property: INodeProperties): string[] {
	return choicesOf(property).map(({ name, value, description: help = '' }) => {
		const written = value === OTHER ? '' : ` ${code(String(value))}`;
		return `${prose(name)}${written}${help === '' ? '' : `: ${prose(help)}`}`;
	});
}

/**
 * What a parameter can be set to, by the fields that it was made from and its choices in words.
 *
 * @throws Error when it is not clear
 */
export function valuesText(property: INodeProperties, fields: Field[], choices: string[]): string {
	const { name, placeholder = '', options } = property;
	const [ofField = '', ...others] = new Set(fields.map(fieldText));
	if (others.length > 0) throw new Error(`${name} has the words of fields with other values`);
	const { source, binary } = pictureParameters(name);
	const ofFile = `${code(source)} is ${code('address')}, with ${code(name)}, or ${code('binary')}, with names of binary fields in ${code(binary)}`;
	const more = isFile(property) ? ofFile : options ? '' : prose(placeholder);
	const texts = [ofField || kindText(property), ...choices, more];
	return texts.filter((text) => text !== '').join('<br>');
}

const isPick = (value: unknown): value is { value: unknown; cachedResultName?: string } =>
	isRecord(value) && 'value' in value;

/** What a parameter is set to before anybody sets it; nothing for empty. */
export function defaultText(property: INodeProperties): string {
	const { default: given } = property;
	const { value, cachedResultName: title = '' } = isPick(given) ? given : { value: given };
	const text = typeof value === 'string' ? value : JSON.stringify(value);
	if (['', '{}', '[]'].includes(text) || partsOf(property).length > 0) return '';
	const isList = property.type === 'multiOptions' && Array.isArray(value);
	const values: unknown[] = isList ? value : [value];
	const words = values.map((one) => valueText(choicesOf(property), one)).join(', ');
	return `${prose(title)} ${words}`.trim();
}
