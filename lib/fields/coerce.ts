import { InputError } from '../errors';
import { objectOf, textOf } from '../json';
import type { Field, NumberField, OptionsField } from './field';
import type { ValueOf } from './values';

/** What is wrong with a value and what to do, as parts of an InputError's message. */
class Refusal extends Error {
	constructor(
		readonly problem: string,
		readonly cure: string,
	) {
		super(problem);
	}
}

const TRUE_WORDS = new Set(['true', 'yes', '1']);
const FALSE_WORDS = new Set(['false', 'no', '0']);

function shown(value: unknown): string {
	const text = typeof value === 'string' ? value : JSON.stringify(value);
	const limit = 80;
	return text.length > limit ? `"${text.slice(0, limit)}…"` : `"${text}"`;
}

/** Whether a value means "not given": empty cells of a sheet arrive as any of these. */
export function isUnset(value: unknown): boolean {
	if (typeof value === 'object' && value !== null && '__rl' in value && 'value' in value) {
		return isUnset(value.value);
	}
	return (
		value === undefined || value === null || (typeof value === 'string' && value.trim() === '')
	);
}

function describeRange({ type, min, max, step }: NumberField): string {
	const kind = type === 'integer' ? 'a whole number' : 'a number';
	const from = min === undefined ? '' : ` from ${min}`;
	const to = max === undefined ? '' : ` up to ${max}`;
	const multiple = step === undefined ? '' : `, a multiple of ${step}`;
	return `${kind}${from}${to}${multiple}`;
}

function toNumber(field: NumberField, value: unknown): number {
	const { type, min = -Infinity, max = Infinity, step } = field;
	const number = typeof value === 'string' ? Number(value.trim()) : value;
	const cure = `Use ${describeRange(field)}.`;
	if (typeof number !== 'number' || !Number.isFinite(number)) {
		throw new Refusal(`is ${shown(value)}, not a number`, cure);
	}
	if (type === 'integer' && !Number.isInteger(number)) {
		throw new Refusal(`is ${number}, not a whole number`, cure);
	}
	if (number < min) throw new Refusal(`is ${number}, less than ${min}`, cure);
	if (number > max) throw new Refusal(`is ${number}, more than ${max}`, cure);
	if (step !== undefined && number % step !== 0) {
		throw new Refusal(`is ${number}, not a multiple of ${step}`, cure);
	}
	// A sheet may hold -0, which is 0.
	return number === 0 ? 0 : number;
}

function toBoolean(value: unknown): boolean {
	if (typeof value === 'boolean') return value;
	const word = typeof value === 'object' ? '' : toText(value).toLowerCase();
	if (TRUE_WORDS.has(word)) return true;
	if (FALSE_WORDS.has(word)) return false;
	throw new Refusal(`is ${shown(value)}, neither true nor false`, 'Use true or false.');
}

function toOption(field: OptionsField, value: unknown): string {
	const given = toText(innerOf(value));
	if (Object.hasOwn(field.options, given)) return given;
	const values = Object.keys(field.options);
	const meant = values.find((known) => known.toLowerCase() === given.toLowerCase());
	if (meant !== undefined) {
		throw new Refusal(`is ${shown(value)}, spelled otherwise by the service`, `Use "${meant}".`);
	}
	if (field.open) return given;
	throw new Refusal(
		`is ${shown(value)}, which the service does not know`,
		`Use one of: ${values.join(', ')}.`,
	);
}

function toText(value: unknown): string {
	switch (typeof value) {
		case 'string':
			return value.trim();
		case 'number':
		case 'boolean':
		case 'bigint':
			return String(value);
		default:
			throw new Refusal(`is ${shown(value)}, not text`, 'Pick one value of it in the expression.');
	}
}

function toUrl(value: unknown): string {
	const text = toText(value);
	const cure = 'Use an address that begins with https:// and opens without a log-in.';
	let url: URL;
	try {
		url = new URL(text);
	} catch {
		throw new Refusal(`is ${shown(text)}, which is no web address`, cure);
	}
	if (url.protocol !== 'https:' && url.protocol !== 'http:') {
		throw new Refusal(`begins with ${url.protocol}, which the service cannot open`, cure);
	}
	return text;
}

function toJson(value: unknown): Record<string, unknown> | undefined {
	let parsed: unknown = value;
	if (typeof value === 'string') {
		try {
			parsed = JSON.parse(value);
		} catch {
			throw new Refusal('is no valid JSON', 'Use an object such as { "field": "value" }.');
		}
	}
	if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed)) {
		throw new Refusal('is no JSON object', 'Use an object such as { "field": "value" }.');
	}
	const entries = Object.entries(parsed);
	return entries.length === 0 ? undefined : Object.fromEntries(entries);
}

/** What n8n's resource locator wraps, or the value itself. */
function innerOf(value: unknown): unknown {
	return typeof value === 'object' && value !== null && 'value' in value ? value.value : value;
}

function toId(value: unknown): number {
	const inner = innerOf(value);
	const id = typeof inner === 'string' ? Number(inner.trim()) : inner;
	if (typeof id !== 'number' || !Number.isSafeInteger(id) || id <= 0) {
		throw new Refusal(`is ${shown(inner)}, which is no ID`, 'Use a number such as 1504944.');
	}
	return id;
}

function toIds(value: unknown): number[] | undefined {
	const parts = Array.isArray(value) ? value : toText(value).split(',');
	const ids = parts.filter((part) => !isUnset(part)).map(toId);
	return ids.length === 0 ? undefined : ids;
}

function toLines(value: unknown): string[] | undefined {
	const parts: unknown[] = Array.isArray(value) ? value : toText(value).split('\n');
	const lines = parts.filter((part) => !isUnset(part)).map(toText);
	return lines.length === 0 ? undefined : lines;
}

/** Takes n8n's list of pairs, an object, or an object as JSON text. */
function toPairs(value: unknown): Record<string, string> | undefined {
	const object = objectOf(typeof value === 'string' ? toJson(value) : value);
	const { pairs } = object;
	const entries: Array<[string, unknown]> = Array.isArray(pairs)
		? pairs.map(objectOf).map((pair) => [textOf(pair.name) ?? '', pair.value])
		: Object.entries(object);
	const kept = entries
		.filter(([name, entry]) => name.trim() !== '' && !isUnset(entry))
		.map(([name, entry]): [string, string] => [name.trim(), toText(entry)]);
	return kept.length === 0 ? undefined : Object.fromEntries(kept);
}

/** A field whose value is in the parameter itself; a picture may be elsewhere. */
export type ValueField = Exclude<Field, { type: 'picture' }>;

function convert(field: ValueField, value: unknown): unknown {
	switch (field.type) {
		case 'integer':
		case 'number':
			return toNumber(field, value);
		case 'boolean':
			return toBoolean(value);
		case 'options': {
			const word = toOption(field, value);
			if (word === field.absent) return undefined;
			return field.numeric ? Number(word) : word;
		}
		case 'text':
			return toText(value);
		case 'url':
			return toUrl(value);
		case 'json':
			return toJson(value);
		case 'entityId':
			return toId(value);
		case 'entity':
			return toText(innerOf(value));
		case 'ids':
			return toIds(value);
		case 'lines':
			return toLines(value);
		case 'pairs':
			return toPairs(value);
	}
}

/**
 * Turns what a parameter holds into what the API gets.
 *
 * Values come from people and from spreadsheets: "2", "TRUE" and " tops " are read as 2, true and
 * "tops". An empty cell is unset, while 0 and false are values.
 *
 * @returns the value to send, or `undefined` for "not sent"
 * @throws InputError that names the field, its value and the cure
 */
export function readField<Row extends ValueField & ({ required: true } | { defaultApplies: true })>(
	field: Row,
	value: unknown,
): ValueOf<Row>;
export function readField<Row extends ValueField>(
	field: Row,
	value: unknown,
): ValueOf<Row> | undefined;
// Each kind of row is converted to its own kind of value, by the one function above.
export function readField(field: ValueField, value: unknown): unknown {
	try {
		if (isUnset(value)) {
			if (field.defaultApplies && 'default' in field) return field.default;
			if (field.required) throw new Refusal('is empty', 'Fill it in.');
			return undefined;
		}
		return convert(field, value);
	} catch (error) {
		if (!(error instanceof Refusal)) throw error;
		throw new InputError(field.label, error.problem, error.cure);
	}
}
