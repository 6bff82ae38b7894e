import { InputError, Refusal, shown } from '../errors';
import { objectOf, textOf } from '../json';
import { urlOf } from '../url';
import type {
	Field,
	FieldTable,
	NumberField,
	OptionsField,
	ValueField,
	ValueOf,
	Values,
} from './field';

/**
 * Words for yes and no: of forms and of Airtable's CSV files, and those that Excel writes in German,
 * French, Spanish, Portuguese and Italian.
 */
const TRUE_WORDS = new Set([
	...['true', 'yes', 'y', '1', 'on', 'checked'],
	...['wahr', 'vrai', 'verdadero', 'verdadeiro', 'vero'],
]);
const FALSE_WORDS = new Set([
	...['false', 'no', 'n', '0', 'off', 'unchecked'],
	...['falsch', 'faux', 'falso'],
]);

function isBlank(value: unknown): boolean {
	return (
		value === undefined || value === null || (typeof value === 'string' && value.trim() === '')
	);
}

/** Whether a value means "not given": empty cells of a sheet arrive as one of these. */
export function isUnset(value: unknown): boolean {
	if (typeof value === 'object' && value !== null && '__rl' in value && 'value' in value) {
		return isUnset(value.value);
	}
	return Array.isArray(value) ? value.every(isBlank) : isBlank(value);
}

function describeRange({ type, min, max, step }: NumberField): string {
	const kind = type === 'integer' ? 'a whole number' : 'a number';
	const from = min === undefined ? '' : ` from ${min}`;
	const to = max === undefined ? '' : ` up to ${max}`;
	const multiple = step === undefined ? '' : `, a multiple of ${step}`;
	return `${kind}${from}${to}${multiple}`;
}

/** A number with a comma, which half of the world reads in one way and half in the other. */
const WITH_COMMA = /^[+-]?[\d.]*,[\d.,]*$/;

function toNumber(field: NumberField, value: unknown): number {
	const { type, min = -Infinity, max = Infinity, step } = field;
	const number = typeof value === 'string' ? Number(value.trim()) : value;
	const cure = `Use ${describeRange(field)}.`;
	if (typeof value === 'string' && WITH_COMMA.test(value.trim())) {
		throw new Refusal(
			`is ${shown(value)}, where the comma may divide decimals or thousands`,
			`Write it without a comma, as ${describeRange(field)}.`,
		);
	}
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

/** A word without what people vary: case, blanks, hyphens and underscores. */
function plain(word: string): string {
	return word.toLowerCase().replace(/[\s_\p{Dash_Punctuation}]/gu, '');
}

/** A time of the day as sheets write it: 16:09:00, 16:09 or 4:09 PM. */
const CLOCK = /^(\d{1,2}):(\d{2})(?::00)?(?:\s*([ap])\.?m\.?)?$/i;

const HALF_A_DAY = 12;

/** A shape that a sheet has taken for a time of the day; any other text as it is. */
function ratioOf(text: string): string {
	const [, hours, minutes, half] = CLOCK.exec(text) ?? [];
	if (hours === undefined) return text;
	const hour = half === undefined ? Number(hours) : Number(hours) % HALF_A_DAY;
	const later = half?.toLowerCase() === 'p' ? HALF_A_DAY : 0;
	return `${hour + later}:${Number(minutes)}`;
}

const RATIO = /^[1-9]\d*:[1-9]\d*$/;

/** Reads the API's value, or the label that the panel shows for it. */
function toOption(field: OptionsField, value: unknown): string {
	const text = toText(innerOf(value));
	const given = field.ratio ? ratioOf(text) : text;
	if (Object.hasOwn(field.options, given)) return given;
	const word = plain(given);
	const meant = Object.entries(field.options)
		.filter(([name, { label }]) => plain(name) === word || plain(label) === word)
		.map(([name]) => name);
	const [only] = meant;
	if (only !== undefined && meant.length === 1) return only;
	if (field.ratio && field.open && !RATIO.test(given)) {
		throw new Refusal(
			`is ${shown(value)}, which is no shape`,
			'Use one such as 16:9. A sheet may take that for a time: format the column as plain text.',
		);
	}
	if (field.open) return given;
	// What the panel calls them is all that people know of the node's own choices.
	const choices = field.ofNode
		? Object.values(field.options).map(({ label }) => label)
		: Object.keys(field.options);
	const unknown = field.ofNode ? 'which is none of its choices' : 'which the service does not know';
	throw new Refusal(
		`is ${shown(value)}, ${only === undefined ? unknown : `which may mean ${meant.join(' or ')}`}`,
		`Use one of: ${choices.join(', ')}.`,
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
		default: {
			const moment = momentOf(value);
			if (typeof moment === 'string') return moment;
			throw new Refusal(`is ${shown(value)}, not text`, 'Pick one value of it in the expression.');
		}
	}
}

/** A text in one line, as a cell with line breaks means it. */
export function oneLine(text: string): string {
	return text.trim().replace(/\s*[\r\n\u2028\u2029]\s*/g, ' ');
}

function toUrl(value: unknown): string {
	const text = toText(value);
	const cure = 'Use an address that begins with https:// and opens without a log-in.';
	const url = urlOf(text);
	if (!url) throw new Refusal(`is ${shown(text)}, which is no web address`, cure);
	if (url.protocol !== 'https:' && url.protocol !== 'http:') {
		throw new Refusal(`begins with ${url.protocol}, which the service cannot open`, cure);
	}
	return text;
}

/** ISO 8601; what says no zone could mean any hour of a day. */
const ISO_TIME = /^\d{4}-\d\d-\d\d(?:T\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:Z|[+-]\d\d:?\d\d))?$/;

/** A moment of n8n's expressions, such as `$now`, is an object that writes itself as ISO 8601. */
function momentOf(value: unknown): unknown {
	const isMoment = typeof value === 'object' && value !== null && 'toJSON' in value;
	return isMoment ? JSON.parse(JSON.stringify(value)) : value;
}

/** @returns ISO 8601 in UTC */
function toTime(value: unknown): string {
	const text = toText(momentOf(value));
	const time = ISO_TIME.test(text) ? Date.parse(text) : NaN;
	if (Number.isNaN(time)) {
		throw new Refusal(
			`is ${shown(text)}, which is no time`,
			'Use {{ $now.minus(7, "days") }}, a day such as 2026-11-24, or 2026-11-24T08:00:00Z.',
		);
	}
	return new Date(time).toISOString();
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

/** Ids in a text: as JSON, or with commas, blanks or line breaks between them. */
function idsIn(text: string): unknown[] {
	return listIn(text.trim()) ?? text.split(/[,;\s]+/);
}

function toIds(value: unknown): number[] | undefined {
	const parts: unknown[] = Array.isArray(value) ? value : [value];
	const ids = parts
		.flatMap((part) => (typeof part === 'string' ? idsIn(part) : part))
		.filter((part) => !isUnset(part))
		.map(toId);
	return ids.length === 0 ? undefined : ids;
}

/** A list that a cell holds as JSON; a text that only looks like one, such as "[V] woman", is none. */
function listIn(text: string): unknown[] | undefined {
	if (!text.startsWith('[')) return undefined;
	try {
		const parsed: unknown = JSON.parse(text);
		return Array.isArray(parsed) ? parsed : undefined;
	} catch {
		return undefined;
	}
}

function listOf(value: unknown): unknown[] {
	if (Array.isArray(value)) return value;
	const text = toText(value);
	return listIn(text) ?? text.split('\n');
}

function toLines(value: unknown): string[] | undefined {
	const parts = listOf(value);
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

/**
 * The one value of a field that takes one: Airtable's look-ups and Notion's selections are lists
 * also when they hold a single value.
 */
function singleOf(value: unknown): unknown {
	if (!Array.isArray(value)) return value;
	const given: unknown[] = value.filter((entry) => !isBlank(entry));
	if (given.length > 1) {
		throw new Refusal(
			`has ${given.length} values, and takes one`,
			'Pick one in the expression, such as {{ $json.Color[0] }}.',
		);
	}
	return given[0];
}

/** Field types that take a list, or an object. */
const COMPOUND: ReadonlySet<Field['type']> = new Set(['ids', 'json', 'lines', 'pairs']);

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
			return field.oneLine ? oneLine(toText(value)) : toText(value);
		case 'url':
			return toUrl(value);
		case 'time':
			return toTime(value);
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
 * Values come from people, spreadsheets and bases: "2", "TRUE" and " Tops " are read as 2, true and
 * the choice that the panel calls Tops; a list of one is that one. An empty cell or list is unset,
 * while 0 and false are values.
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
		return convert(field, COMPOUND.has(field.type) ? value : singleOf(value));
	} catch (error) {
		if (!(error instanceof Refusal)) throw error;
		throw new InputError(field.label, error.problem, error.cure);
	}
}

/** Reads one parameter by name: of the row, or of a collection in it. */
export type ParameterReader = (name: string) => unknown;

/** The choice of an open list that stands for a value of one's own. */
export const OTHER = '__other';

/** Name of the parameter that holds the value of one's own. */
export function otherParameter(name: string): string {
	return `${name}_other`;
}

/** Label of that parameter. */
export function otherLabel({ label }: OptionsField): string {
	return `Other ${label}`;
}

/**
 * The value of a field's parameter, or the value of one's own that it stands for. Who chose that and
 * names none did not mean the default, nor to send nothing.
 */
function ownOf(name: string, field: ValueField, parameter: ParameterReader): unknown {
	const given = parameter(name);
	if (given !== OTHER || field.type !== 'options') return given;
	const own = parameter(otherParameter(name));
	if (!isUnset(own)) return own;
	throw new InputError(
		otherLabel(field),
		'is empty',
		`Enter it, or choose another '${field.label}' than Other.`,
	);
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
		const value: unknown = readField(field, ownOf(name, field, parameter));
		if (value !== undefined) values[name] = value;
	}
	return values;
}
