import type { IDisplayOptions, INodeProperties, INodePropertyOptions } from 'n8n-workflow';

import type {
	Field,
	FieldTable,
	NumberField,
	OptionsField,
	PictureField,
} from '../../lib/fields/field';

/** Where a picture comes from, in the order in which people meet it. */
export const PICTURE_SOURCES = [
	{ name: 'Input Data', value: 'binary', description: 'A file of the item, from a node before' },
	{
		name: 'URL or Data URI',
		value: 'address',
		description: 'A web address, a share link of Google Drive or Dropbox, or a data URI',
	},
];

/** Names of the parameters that belong to a picture field. */
export function pictureParameters(name: string): { source: string; binary: string } {
	return { source: `${name}_source`, binary: `${name}_binary` };
}

/** n8n reads it as HTML, and wants no full stop behind a single sentence. */
export function description(help: string): string {
	const text = help.replace(/</g, '&lt;').replace(/>/g, '&gt;');
	return /\.\s/.test(text) ? text : text.replace(/\.$/, '');
}

/** The choice of an open list that stands for a value of one's own. */
export const OTHER = '__other';

/** Name of the parameter that holds the value of one's own. */
export function otherParameter(name: string): string {
	return `${name}_other`;
}

const byName = (a: { name: string }, b: { name: string }) => a.name.localeCompare(b.name);

/** How a tune is picked; the node has `methods.listSearch.searchTunes`. */
const TUNE_PICKER: Pick<INodeProperties, 'type' | 'default' | 'modes'> = {
	type: 'resourceLocator',
	default: { mode: 'list', value: '' },
	modes: [
		{
			displayName: 'From List',
			name: 'list',
			type: 'list',
			typeOptions: { searchListMethod: 'searchTunes', searchable: true },
		},
		{ displayName: 'By ID', name: 'id', type: 'string', placeholder: 'e.g. 1504944' },
	],
};

function pickedTune({ id, title }: { id: number; title: string }): INodeProperties['default'] {
	return { mode: 'list', value: String(id), cachedResultName: title };
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

/** Searches of the node for the lists that services keep, by the list's name. */
const CATALOG_SEARCHES = { videoModels: 'searchVideoModels' };

/** A value from the service's own list, or in words of one's own. */
function catalogProperty(
	field: OptionsField,
	catalog: keyof typeof CATALOG_SEARCHES,
): Pick<INodeProperties, 'type' | 'default' | 'modes'> {
	return {
		type: 'resourceLocator',
		default: { mode: 'list', value: field.default ?? '' },
		modes: [
			{
				displayName: 'From List',
				name: 'list',
				type: 'list',
				typeOptions: { searchListMethod: CATALOG_SEARCHES[catalog], searchable: true },
			},
			{
				displayName: 'By Name',
				name: 'name',
				type: 'string',
				...(field.default !== undefined && { placeholder: `e.g. ${field.default}` }),
			},
		],
	};
}

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

function choicesOf({ options, open }: OptionsField): INodePropertyOptions[] {
	const choices = Object.entries(options).map(([value, { label, help }]) => ({
		name: label,
		value,
		description: help,
	}));
	const other = { name: 'Other', value: OTHER, description: 'A value that is not in this list' };
	return [...choices, ...(open ? [other] : [])].sort(byName);
}

function kindOf(
	field: Exclude<Field, PictureField>,
): Pick<INodeProperties, 'type' | 'default' | 'typeOptions' | 'options' | 'modes'> {
	switch (field.type) {
		case 'integer':
		case 'number':
			return numberProperty(field);
		case 'boolean':
			return { type: 'boolean', default: field.default };
		case 'options':
			if (field.catalog) return catalogProperty(field, field.catalog);
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
		case 'ids':
			return { type: 'string', default: '' };
		case 'tune':
			return { ...TUNE_PICKER, ...(field.default && { default: pickedTune(field.default) }) };
		case 'pairs':
			return {
				type: 'fixedCollection',
				default: {},
				typeOptions: { multipleValues: true },
				options: [{ name: 'pairs', displayName: 'Pair', values: PAIR }],
			};
	}
}

function withShow(base: IDisplayOptions, name: string, value: string): IDisplayOptions {
	return { ...base, show: { ...base.show, [name]: [value] } };
}

/** The value of one's own beside an open list. */
function otherProperty(
	name: string,
	field: OptionsField,
	displayOptions: IDisplayOptions,
): INodeProperties {
	return {
		displayName: `Other ${field.label}`,
		name: otherParameter(name),
		type: 'string',
		default: '',
		description: `The ${field.label.toLowerCase()} to use, as the service calls it`,
		displayOptions: withShow(displayOptions, name, OTHER),
	};
}

function pictureProperties(
	name: string,
	field: PictureField,
	displayOptions: IDisplayOptions,
): INodeProperties[] {
	const { source, binary } = pictureParameters(name);
	const { multiple } = field;
	return [
		{
			displayName: `${field.label} Source`,
			name: source,
			type: 'options',
			options: PICTURE_SOURCES,
			default: 'address',
			description: `Where the ${field.label.toLowerCase()} comes from`,
			displayOptions,
		},
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
			displayOptions: withShow(displayOptions, source, 'address'),
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
				? 'The names of the input fields that hold the files, as a comma-separated list. An asterisk stands for any letters: * takes all files.'
				: 'The name of the input field that holds the file',
			displayOptions: withShow(displayOptions, source, 'binary'),
		},
	];
}

/**
 * The parameters of one row of a field table.
 *
 * @param name API name of the field; the parameter has the same name
 * @param displayOptions when it is shown; none inside a collection
 */
export function fieldProperties(
	name: string,
	field: Field,
	displayOptions: IDisplayOptions = {},
): INodeProperties[] {
	if (field.type === 'picture') return pictureProperties(name, field, displayOptions);
	return [
		{
			displayName: field.label,
			name,
			...kindOf(field),
			...(field.placeholder && { placeholder: field.placeholder }),
			...(field.required && { required: true }),
			description: description(field.help),
			...(field.hint && { hint: field.hint }),
			...(Object.keys(displayOptions).length > 0 && { displayOptions }),
		},
		...(field.type === 'options' && field.open && !field.catalog
			? [otherProperty(name, field, displayOptions)]
			: []),
	];
}

/** The parameters of a whole table, in its order. */
export function tableProperties(
	table: FieldTable,
	displayOptions: IDisplayOptions = {},
): INodeProperties[] {
	return Object.entries(table).flatMap(([name, field]) =>
		fieldProperties(name, field, displayOptions),
	);
}

/** Name of the group that holds the parameters of a file inside a collection. */
export const FILE_GROUP = 'file';

/** A file is one entry of a collection, which holds the choice of its source. */
function collectedProperties(name: string, field: Field): INodeProperties[] {
	if (field.type !== 'picture') return fieldProperties(name, field);
	const values = pictureProperties(name, field, {});
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

/** A collection of optional parameters, in the alphabetical order that n8n wants. */
export function collection(
	base: Pick<INodeProperties, 'displayName' | 'name' | 'placeholder' | 'displayOptions'>,
	table: FieldTable,
): INodeProperties {
	const options = Object.entries(table)
		.flatMap(([name, field]) => collectedProperties(name, field))
		.sort((a, b) => a.displayName.localeCompare(b.displayName));
	return { ...base, type: 'collection', default: {}, options };
}
