import type { JsonObject } from '../json';
import { readField } from './coerce';
import type { Field, FieldTable, OptionsField, PictureField } from './field';

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

type IsSure<Row extends Field> = Row extends { required: true } | { defaultApplies: true }
	? true
	: false;

/** Names of a table's fields that are no files. */
type ValueNames<Table extends FieldTable> = {
	[Name in keyof Table]: Table[Name] extends PictureField ? never : Name;
}[keyof Table];

/**
 * What is read by a table: a value for each of its fields that is set. One that is required, or
 * whose default applies, is always there.
 */
export type Values<Table extends FieldTable> = {
	[Name in ValueNames<Table> as IsSure<Table[Name]> extends true ? Name : never]: ValueOf<
		Table[Name]
	>;
} & {
	[Name in ValueNames<Table> as IsSure<Table[Name]> extends true ? never : Name]?: ValueOf<
		Table[Name]
	>;
};

/** Reads one parameter by name: of the row, or of a collection in it. */
export type ParameterReader = (name: string) => unknown;

/** The choice of an open list that stands for a value of one's own. */
export const OTHER = '__other';

/** Name of the parameter that holds the value of one's own. */
export function otherParameter(name: string): string {
	return `${name}_other`;
}

/**
 * Reads the fields of a table that are no files.
 *
 * @param parameter reads one parameter by its name
 * @returns by API name, without what is not set
 * @throws InputError
 */
export function readValues<Table extends FieldTable>(
	table: Table,
	parameter: ParameterReader,
): Values<Table>;
// What comes out for a row of the table is what readField makes of it, by that row's own kind.
export function readValues(table: FieldTable, parameter: ParameterReader): object {
	const values: Record<string, unknown> = {};
	for (const [name, field] of Object.entries(table)) {
		if (field.type === 'picture') continue;
		const given = parameter(name);
		const own = given === OTHER ? parameter(otherParameter(name)) : given;
		const value: unknown = readField(field, own);
		if (value !== undefined) values[name] = value;
	}
	return values;
}
