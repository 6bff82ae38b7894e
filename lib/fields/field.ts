import type { JsonObject } from '../json';

/** What every row of a field table tells. */
interface FieldBase {
	/** Title case, as the service's own site calls it. */
	label: string;
	/** One or more plain sentences; booleans begin with "Whether". */
	help: string;
	/** The default is meant also where the field is not set; nobody else has one for it. */
	defaultApplies?: true;
	/** Stands on the panel itself; the others are added where they are wanted. */
	onPanel?: true;
	/** Must be set for the call to make sense. */
	required?: true;
	/** API name of the field of its table without which it makes no sense. */
	needs?: string;
	/** The service takes two requests for one only if they agree in it. */
	compared?: true;
	/** It makes a request dearer or cheaper. */
	priced?: true;
	/** It limits what a run may buy or leave behind: once it is added, empty is refused, not passed over. */
	guard?: true;
	/** e.g. text inside an empty box. */
	placeholder?: string;
	/** What must not be missed, such as a unit or a cost; it stands under the box, in a few words. */
	hint?: string;
	/** Where the service documents it, when not on the page of the whole table. */
	docs?: string;
}

/** Words. */
export interface TextField extends FieldBase {
	type: 'text';
	default?: string;
	multiline?: true;
	/** Line breaks become blanks: a form would turn them into others, and it were another text. */
	oneLine?: true;
}

/** A web address. */
export interface UrlField extends FieldBase {
	type: 'url';
}

/** A whole or a broken number. */
export interface NumberField extends FieldBase {
	type: 'integer' | 'number';
	default?: number;
	min?: number;
	max?: number;
	/** The value is a multiple of this. */
	step?: number;
}

/** A moment: a day, or a day and a time with its zone; a day begins at midnight UTC. */
interface TimeField extends FieldBase {
	type: 'time';
}

/** Yes or no. */
export interface BooleanField extends FieldBase {
	type: 'boolean';
	default: boolean;
}

/** One of a fixed set of words, by the word that the API wants. */
export interface OptionsField<Value extends string = string> extends FieldBase {
	type: 'options';
	options: Record<Value, { label: string; help: string }>;
	default?: NoInfer<Value>;
	/** The service knows more values than the table does. */
	open?: true;
	/** What the service does when nothing is chosen, for a field that always shows a choice. */
	unset?: { label: string; help: string };
	/** The value that stands for sending nothing, where the service's own name for it is "null". */
	absent?: NoInfer<Value>;
	/** The choice is the node's own, of which no service knows. */
	ofNode?: true;
	/** Its values are shapes such as 16:9, which sheets take for a time of the day. */
	ratio?: true;
	/** The service wants the word as a number. */
	numeric?: true;
	/** The node's search of the service's own list of values, which is newer than this one. */
	search?: string;
}

/** One of its words, as a person reads it. */
export const choice = (label: string, help: string) => ({ label, help });

/** A picture, or another file: from the item's binary data, or by its address. */
export interface PictureField extends FieldBase {
	type: 'picture';
	/** What kind of file; default a picture. */
	media?: 'video' | 'audio';
	/** Several files: comma-separated names of binary fields, or addresses. */
	multiple?: true;
	/** The API name under which an address is sent; default the field's own. */
	addressName?: string;
	/** The API name under which a data URI is sent; without one it is sent as a file. */
	inlineName?: string;
}

/** A thing of the service: picked from a list, or given by its number or its name. */
export interface EntityField extends FieldBase {
	type: 'entityId' | 'entity';
	/** The node's search that fills the list. */
	search: string;
	/** What stands in place of the list, such as "By ID". */
	byLabel: string;
	/** Whether it is asked for by its number or name at first; default the list. */
	byFirst?: true;
	default?: { value: string; label: string };
}

/** Names with values, such as a person's characteristics. */
interface PairsField extends FieldBase {
	type: 'pairs';
}

/** Several texts, one on each line. */
interface LinesField extends FieldBase {
	type: 'lines';
}

/** Several ids, separated by commas. */
export interface IdsField extends FieldBase {
	type: 'ids';
}

/** Anything that JSON can hold, as an object. */
export interface JsonField extends FieldBase {
	type: 'json';
}

/** One field of a service's API: everything that the package knows of it. */
export type Field =
	| TextField
	| UrlField
	| TimeField
	| NumberField
	| BooleanField
	| OptionsField
	| PictureField
	| JsonField
	| EntityField
	| PairsField
	| LinesField
	| IdsField;

/** A field whose value is in the parameter itself; a picture may be elsewhere. */
export type ValueField = Exclude<Field, { type: 'picture' }>;

/** A table of fields by API name. */
export type FieldTable = Readonly<Record<string, Field>>;

/** API names of the fields of a table that are marked so. */
export function fieldsThatAre(mark: 'compared' | 'priced', table: FieldTable): string[] {
	return Object.keys(table).filter((name) => table[name]?.[mark] === true);
}

/**
 * The label of a field by what its service calls it: a picture goes along under several names.
 *
 * @param name API name, such as `input_image_url`
 * @returns `undefined` for a field that is not in the table
 */
export function labelIn(table: FieldTable, name: string): string | undefined {
	const own = table[name];
	if (own) return own.label;
	const isSentAs = (field: Field) =>
		field.type === 'picture' && [field.addressName, field.inlineName].includes(name);
	return Object.values(table).find(isSentAs)?.label;
}

type FieldOf<Value> = [Value] extends [boolean]
	? BooleanField
	: [Value] extends [number]
		? NumberField
		: [Value] extends [string]
			? string extends Value
				? TextField | UrlField | PictureField
				: OptionsField<Value>
			: never;

/**
 * The table that a service's own TypeScript type asks for: every field of the type, each with a
 * row of the right kind, and each enum with exactly its values. A field that the service adds or
 * renames does not compile.
 */
export type TableFor<Input> = {
	readonly [Name in keyof Required<Input>]: FieldOf<Exclude<Input[Name], undefined>>;
};

/** The value of one field, as its service takes it. */
export type ValueOf<Row extends Field> = Row extends OptionsField
	? Row extends { numeric: true }
		? number
		: Row extends { open: true }
			? string
			: Exclude<keyof Row['options'], Row extends { absent: infer Absent } ? Absent : never> &
					string
	: Row extends { type: 'text' | 'url' | 'time' | 'entity' }
		? string
		: Row extends { type: 'integer' | 'number' | 'entityId' }
			? number
			: Row extends { type: 'boolean' }
				? boolean
				: Row extends { type: 'ids' }
					? number[]
					: Row extends { type: 'lines' }
						? string[]
						: Row extends { type: 'pairs' }
							? Record<string, string>
							: Row extends { type: 'json' }
								? JsonObject
								: never;

/** Names of a table's fields that are no files. */
type ValueNames<Table extends FieldTable> = {
	[Name in keyof Table]: Table[Name] extends PictureField ? never : Name;
}[keyof Table];

/** Names of those that always have a value. */
type SureNames<Table extends FieldTable> = {
	[Name in ValueNames<Table>]: Table[Name] extends { required: true } | { defaultApplies: true }
		? Name
		: never;
}[ValueNames<Table>];

/**
 * What is read by a table: a value for each of its fields that is set. One that is required, or
 * whose default applies, is always there.
 */
export type Values<Table extends FieldTable> = {
	[Name in SureNames<Table>]: ValueOf<Table[Name]>;
} & {
	[Name in Exclude<ValueNames<Table>, SureNames<Table>>]?: ValueOf<Table[Name]>;
};
