import type { INodeProperties, INodePropertyOptions } from 'n8n-workflow';

import type {
	EntityField,
	Field,
	FieldTable,
	NumberField,
	OptionsField,
	PictureField,
	ValueField,
} from '../../lib/fields/field';
import { pictureParameters, pictureSource } from '../../lib/fields/shared';
import { OTHER, otherLabel, otherParameter } from '../../lib/fields/values';

/** What n8n's resource locator is made of, beside name and description. */
type Locator = Pick<INodeProperties, 'type' | 'default' | 'modes'>;

const MODE_OF_LIST = { type: 'list' } as const;
const MODE_OF_TEXT = { type: 'string' } as const;

type Mode = NonNullable<INodeProperties['modes']>[number];

/** The service's own list beside what one knows oneself. */
function modesOf(
	searchListMethod: string,
	by: Pick<Mode, 'displayName' | 'name' | 'placeholder'>,
): Mode[] {
	const typeOptions = { searchListMethod, searchable: true };
	return [
		{ displayName: 'From List', name: 'list', ...MODE_OF_LIST, typeOptions },
		{ ...by, ...MODE_OF_TEXT },
	];
}

/** A thing of the service, from a list or by its number or name. */
function entityProperty(field: EntityField): Locator {
	const { search, byLabel, byFirst, placeholder, default: picked } = field;
	return {
		type: 'resourceLocator',
		default: picked
			? { mode: 'list', value: picked.value, cachedResultName: picked.label }
			: { mode: byFirst ? 'id' : 'list', value: '' },
		modes: modesOf(search, { displayName: byLabel, name: 'id', placeholder }),
	};
}

/** A value from the service's own list, or in words of one's own. */
function searchProperty(field: OptionsField, search: string): Locator {
	const { default: value = '' } = field;
	return {
		type: 'resourceLocator',
		default: { mode: 'list', value },
		modes: modesOf(search, {
			displayName: 'By Name',
			name: 'name',
			...(value !== '' && { placeholder: `e.g. ${value}` }),
		}),
	};
}

/** n8n reads it as HTML, and wants no full stop behind a single sentence. */
export function description(help: string): string {
	const text = help.replace(/</g, '&lt;').replace(/>/g, '&gt;');
	return /\.\s/.test(text) ? text : text.replace(/\.$/, '');
}

/** A label as it is put in order: neither case nor signs count. */
const sortKey = (label: string) => label.toLowerCase().replace(/[^a-z\d]+/g, ' ');

/**
 * The alphabetical order of labels, which are English. The first `localeCompare` of a process would
 * load the rules of all languages, a fifth of what these nodes add to n8n's start (measured).
 */
export function byLabel(a: string, b: string): number {
	const [one, other] = [sortKey(a), sortKey(b)];
	if (one === other) return 0;
	return one < other ? -1 : 1;
}

const PAIR: INodeProperties[] = [
	{
		displayName: 'Name',
		name: 'name',
		type: 'string',
		default: '',
		placeholder: 'e.g. eye_color',
		description: 'What is described',
	},
	{
		displayName: 'Value',
		name: 'value',
		type: 'string',
		default: '',
		placeholder: 'e.g. blue eyes',
		description: 'How it is described',
	},
];

function numberProperty(
	field: NumberField,
): Pick<INodeProperties, 'type' | 'default' | 'typeOptions'> {
	// A number box cannot be empty; where empty means "not sent", a text box takes the number.
	if (field.default === undefined) return { type: 'string', default: '' };
	const { min, max } = field;
	const typeOptions = {
		...(min !== undefined && { minValue: min }),
		...(max !== undefined && { maxValue: max }),
		...(field.type === 'integer' && { numberPrecision: 0 }),
	};
	return { type: 'number', default: field.default, typeOptions };
}

/** The choices of a field, in the order of their labels. */
export function choicesOf({ options, open, unset }: OptionsField): INodePropertyOptions[] {
	const known = [...(unset ? [['', unset] as const] : []), ...Object.entries(options)];
	const choices = known.map(([value, { label, help }]) => ({
		name: label,
		value,
		description: help,
	}));
	const other = { name: 'Other', value: OTHER, description: 'A value that is not in this list' };
	return [...choices, ...(open ? [other] : [])].sort((a, b) => byLabel(a.name, b.name));
}

function kindOf(
	field: ValueField,
): Pick<INodeProperties, 'type' | 'default' | 'typeOptions' | 'options' | 'modes'> {
	switch (field.type) {
		case 'integer':
		case 'number':
			return numberProperty(field);
		case 'boolean':
			return { type: 'boolean', default: field.default };
		case 'options':
			if (field.search !== undefined) return searchProperty(field, field.search);
			return {
				type: 'options',
				default: field.default ?? '',
				options: choicesOf(field),
			};
		case 'json':
			return { type: 'json', default: '{}' };
		case 'text':
			return {
				type: 'string',
				default: field.default ?? '',
				...(field.multiline && { typeOptions: { rows: 4 } }),
			};
		case 'lines':
			return { type: 'string', default: '', typeOptions: { rows: 3 } };
		case 'url':
		case 'time':
		case 'ids':
			return { type: 'string', default: '' };
		case 'entityId':
		case 'entity':
			return entityProperty(field);
		case 'pairs':
			return {
				type: 'fixedCollection',
				default: {},
				typeOptions: { multipleValues: true },
				options: [{ name: 'pairs', displayName: 'Pair', values: PAIR }],
			};
	}
}

/** A label as it stands in a sentence: a name such as ControlNet keeps its capitals. */
function inSentence(label: string): string {
	return label.replace(/\b[A-Z][a-z]*\b/g, (word) => word.toLowerCase());
}

/** The value of one's own beside an open list. */
function otherProperty(name: string, field: OptionsField): INodeProperties {
	return {
		displayName: otherLabel(field),
		name: otherParameter(name),
		type: 'string',
		default: '',
		description: `The ${inSentence(field.label)} to use, as the service calls it`,
		displayOptions: { show: { [name]: [OTHER] } },
	};
}

function pictureProperties(name: string, field: PictureField): INodeProperties[] {
	const { source, binary } = pictureParameters(name);
	const { multiple } = field;
	return [
		fieldProperty(source, {
			...pictureSource(field),
			help: `Where the ${inSentence(field.label)} ${multiple ? 'come' : 'comes'} from`,
		}),
		{
			displayName: field.label,
			name,
			type: 'string',
			default: '',
			placeholder: 'e.g. https://example.com/picture.jpg',
			required: true,
			description: description(field.help),
			hint: multiple
				? 'One address on each line, or an attachment field with all of them'
				: 'An address, an attachment field, or a share link of Drive or Dropbox',
			...(multiple && { typeOptions: { rows: 3 } }),
			displayOptions: { show: { [source]: ['address'] } },
		},
		{
			// As long as n8n's panel has room for; the hint says the rest.
			displayName: `${field.label} Field Name${multiple ? 's' : ''}`,
			name: binary,
			type: 'string',
			default: 'data',
			required: true,
			typeOptions: { binaryDataProperty: true },
			description: description(field.help),
			hint: multiple
				? `The names of the input fields that hold the files, as a comma-separated list. An asterisk stands for any letters: * takes all files.${field.required ? '' : ' Empty for a row without any.'}`
				: `The name of the input field that holds the file${field.required ? '' : '. Empty for a row without one.'}`,
			displayOptions: { show: { [source]: ['binary'] } },
		},
	];
}

/** A locator shows its example in the box for the number or name. */
function placeholderOf({ type, placeholder }: Field): string | undefined {
	return type === 'entityId' || type === 'entity' ? undefined : placeholder;
}

/** The parameter of a field that is no picture, without what stands beside it. */
export function fieldProperty(name: string, field: ValueField): INodeProperties {
	return {
		displayName: field.label,
		name,
		...kindOf(field),
		...(placeholderOf(field) && { placeholder: placeholderOf(field) }),
		...(field.required && { required: true }),
		description: description(field.help),
		...(field.hint && { hint: field.hint }),
	};
}

/**
 * The parameters of one row of a field table.
 *
 * @param name API name of the field; the parameter has the same name
 */
export function fieldProperties(name: string, field: Field): INodeProperties[] {
	if (field.type === 'picture') return pictureProperties(name, field);
	return [
		fieldProperty(name, field),
		...(field.type === 'options' && field.open && field.search === undefined
			? [otherProperty(name, field)]
			: []),
	];
}

/** Name of the collection of fields that are sent only when they are added. */
export const ADDED = 'additionalFields';

/** The parameters of the fields that stand on the panel itself, in the table's order. */
export function panelProperties(table: FieldTable): INodeProperties[] {
	return Object.entries(table)
		.filter(([, { onPanel }]) => onPanel)
		.flatMap(([name, field]) => fieldProperties(name, field));
}

/** The collection of the others. */
export function addedCollection(table: FieldTable): INodeProperties {
	const added = Object.entries(table).filter(([, { onPanel }]) => !onPanel);
	return fieldCollection('Additional Fields', ADDED, Object.fromEntries(added));
}

/** The parameters of a whole table, in its order. */
export function tableProperties(table: FieldTable): INodeProperties[] {
	return Object.entries(table).flatMap(([name, field]) => fieldProperties(name, field));
}

/** Name of the group that holds the parameters of a file inside a collection. */
export const FILE_GROUP = 'file';

/** A file is one entry of a collection, which holds the choice of its source. */
function collectedProperties(name: string, field: Field): INodeProperties[] {
	if (field.type !== 'picture') return fieldProperties(name, field);
	const values = pictureProperties(name, field);
	return [
		{
			displayName: field.label,
			name,
			type: 'fixedCollection',
			default: {},
			placeholder: 'Add File',
			description: description(field.help),
			options: [{ name: FILE_GROUP, displayName: 'File', values }],
		},
	];
}

/**
 * A collection of fields that are sent only when they are added, in the alphabetical order that n8n
 * wants.
 *
 * @param name of the parameter
 */
export function fieldCollection(
	displayName: string,
	name: string,
	table: FieldTable,
	placeholder = 'Add Field',
): INodeProperties {
	const options = Object.entries(table)
		.flatMap(([field, row]) => collectedProperties(field, row))
		.sort((a, b) => byLabel(a.displayName, b.displayName));
	return { displayName, name, placeholder, type: 'collection', default: {}, options };
}

/** The collection of what is asked of the node itself. */
export function optionsCollection(table: FieldTable): INodeProperties {
	return fieldCollection('Options', 'options', table, 'Add Option');
}

/** The collection that narrows a list down. */
export function filterCollection(table: FieldTable): INodeProperties {
	return fieldCollection('Filters', 'filters', table, 'Add Filter');
}
