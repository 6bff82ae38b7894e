import type { Param, ParamTree } from './params';

/** What is wrong with a request, by field: the body of Rails' 422 answer. */
export type Problems = Record<string, string[]>;

/** A field's value as Astria stores it; null is unset. */
export type FieldValue = string | number | boolean | number[] | null;
export type Fields = Record<string, FieldValue>;

/** One plain field of an entity. Files are in a table of their own. */
export interface Field {
	name: string;
	type: 'text' | 'integer' | 'number' | 'boolean' | 'integers';
	/** The only values a text may have. */
	oneOf?: readonly string[];
	min?: number;
	max?: number;
	/** A number must be a multiple of this. */
	step?: number;
	/** What an absent or empty value becomes; default null. */
	initial?: FieldValue;
}

/** Rails' own list; any other text is true, `no` and `undefined` included. */
const FALSE_TEXTS: readonly Param[] = [false, 0, '0', 'f', 'F', 'false', 'FALSE', 'off', 'OFF'];

/** Notes one more thing that is wrong with a field. */
export function addProblem(problems: Problems, name: string, text: string): void {
	problems[name] = [...(problems[name] ?? []), text];
}

function numberProblem(field: Field, value: number): string | undefined {
	const { type, min, max, step } = field;
	if (type === 'integer' && !Number.isInteger(value)) return 'must be an integer';
	if (min !== undefined && value < min) return `must be greater than or equal to ${min}`;
	if (max !== undefined && value > max) return `must be less than or equal to ${max}`;
	if (step !== undefined && value % step !== 0) return `must be a multiple of ${step}`;
	return undefined;
}

function toNumber(value: Param): number | undefined {
	const text = typeof value === 'number' ? String(value) : value;
	if (typeof text !== 'string' || text.trim() === '') return undefined;
	const number = Number(text);
	return Number.isFinite(number) ? number : undefined;
}

function castNumber(field: Field, value: Param, problems: Problems): FieldValue {
	const number = toNumber(value);
	const problem = number === undefined ? 'is not a number' : numberProblem(field, number);
	if (problem !== undefined) addProblem(problems, field.name, problem);
	return number ?? null;
}

function castText(field: Field, value: string | number | boolean, problems: Problems): FieldValue {
	const text = String(value);
	if (field.oneOf !== undefined && !field.oneOf.includes(text)) {
		addProblem(problems, field.name, 'is not included in the list');
	}
	return text;
}

function isScalar(value: Param): value is string | number | boolean {
	return ['string', 'number', 'boolean'].includes(typeof value);
}

/**
 * Reads one field as Rails does: an empty value is unset, and a hash or a file where a plain value
 * is meant counts as absent.
 * @param problems what is wrong with the value is added here
 */
export function cast(field: Field, value: Param | undefined, problems: Problems): FieldValue {
	const initial = field.initial ?? null;
	if (value === undefined || value === '') return initial;
	if (field.type === 'integers') {
		const list = Array.isArray(value) ? value : [value];
		return list.map(toNumber).filter((number) => number !== undefined);
	}
	if (!isScalar(value)) return initial;
	if (field.type === 'boolean') return !FALSE_TEXTS.includes(value);
	if (field.type === 'text') return castText(field, value, problems);
	return castNumber(field, value, problems);
}

/** Reads all fields of a table; names that are not in the table are ignored, as Rails does. */
export function castAll(table: readonly Field[], params: ParamTree, problems: Problems): Fields {
	return Object.fromEntries(
		table.map((field) => [field.name, cast(field, params[field.name], problems)]),
	);
}

/** The same, but only for the fields that were sent: what a PATCH changes. */
export function castSent(table: readonly Field[], params: ParamTree, problems: Problems): Fields {
	return castAll(
		table.filter(({ name }) => params[name] !== undefined),
		params,
		problems,
	);
}

/** A field's text, or undefined when it is unset or no text. */
export function textOf(fields: Fields, name: string): string | undefined {
	const value = fields[name];
	return typeof value === 'string' ? value : undefined;
}

/** A field's number, or undefined when it is unset or no number. */
export function numberOf(fields: Fields, name: string): number | undefined {
	const value = fields[name];
	return typeof value === 'number' ? value : undefined;
}
