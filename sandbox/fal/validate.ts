import { isRecord } from '../json';
import { detail } from './errors';
import type { ErrorDetail } from './errors';

/** What the service demands of one input field. */
export type FieldRule = { required?: true; nullable?: true } & (
	| { type: 'string' }
	| { type: 'boolean' }
	| { type: 'enum'; values: string[] }
	| { type: 'integer'; min: number; max: number }
);

/** The words that pydantic takes for a boolean. Source: docs.pydantic.dev, Conversion table. */
const TRUE_WORDS = ['true', 't', 'yes', 'y', 'on', '1'];
const FALSE_WORDS = ['false', 'f', 'no', 'n', 'off', '0'];

/** The result of a check: the value as the model takes it, or what is wrong with it. */
type Checked = { value: unknown } | { error: ErrorDetail };

function checkInteger(field: string, input: unknown, min: number, max: number): Checked {
	const number = typeof input === 'string' && /^\s*-?\d+\s*$/.test(input) ? Number(input) : input;
	if (typeof number !== 'number') {
		const text = typeof input === 'string';
		const [type, msg] = text
			? ['int_parsing', 'Input should be a valid integer, unable to parse string as an integer']
			: ['int_type', 'Input should be a valid integer'];
		return { error: detail(type, msg, { field, input }) };
	}
	if (!Number.isInteger(number)) {
		const msg = 'Input should be a valid integer, got a number with a fractional part';
		return { error: detail('int_from_float', msg, { field, input }) };
	}
	if (number < min) {
		const msg = `Input should be greater than or equal to ${min}`;
		return { error: detail('greater_than_equal', msg, { field, input, ctx: { ge: min } }) };
	}
	if (number > max) {
		const msg = `Input should be less than or equal to ${max}`;
		return { error: detail('less_than_equal', msg, { field, input, ctx: { le: max } }) };
	}
	return { value: number };
}

function checkBoolean(field: string, input: unknown): Checked {
	if (typeof input === 'boolean') return { value: input };
	const word = typeof input === 'string' || typeof input === 'number' ? String(input) : undefined;
	if (word === undefined) {
		return { error: detail('bool_type', 'Input should be a valid boolean', { field, input }) };
	}
	if (TRUE_WORDS.includes(word.toLowerCase())) return { value: true };
	if (FALSE_WORDS.includes(word.toLowerCase())) return { value: false };
	const msg = 'Input should be a valid boolean, unable to interpret input';
	return { error: detail('bool_parsing', msg, { field, input }) };
}

function checkEnum(field: string, input: unknown, values: string[]): Checked {
	if (typeof input === 'string' && values.includes(input)) return { value: input };
	const quoted = values.map((value) => `'${value}'`);
	const msg = `Input should be ${quoted.slice(0, -1).join(', ')} or ${quoted.at(-1) ?? ''}`;
	return { error: detail('one_of', msg, { field, input, ctx: { expected: values } }) };
}

function checkField(field: string, input: unknown, rule: FieldRule): Checked {
	if (input === null && rule.nullable === true) return { value: null };
	switch (rule.type) {
		case 'string':
			if (typeof input === 'string') return { value: input };
			return { error: detail('string_type', 'Input should be a valid string', { field, input }) };
		case 'boolean':
			return checkBoolean(field, input);
		case 'enum':
			return checkEnum(field, input, rule.values);
		case 'integer':
			return checkInteger(field, input, rule.min, rule.max);
	}
}

/**
 * Checks a submitted body the way fal's models do (pydantic: numbers and booleans in text are taken,
 * unknown fields are ignored). Types and messages: fal.ai/docs/errors, and pydantic's own where that
 * page has none.
 * @param input the body as JSON, undefined when it was not JSON
 * @returns the input as the model takes it, or everything that is wrong with it
 */
export function checkInput(
	input: unknown,
	rules: Record<string, FieldRule>,
): { values: Record<string, unknown> } | { errors: ErrorDetail[] } {
	if (input === undefined) return { errors: [detail('json_invalid', 'JSON decode error')] };
	if (!isRecord(input)) {
		const type = 'model_attributes_type';
		const msg = 'Input should be a valid dictionary or object to extract fields from';
		return { errors: [detail(type, msg, { input })] };
	}
	const values: Record<string, unknown> = {};
	const errors: ErrorDetail[] = [];
	for (const [field, rule] of Object.entries(rules)) {
		const value = input[field];
		if (value === undefined) {
			if (rule.required) errors.push(detail('missing', 'Field required', { field, input }));
			continue;
		}
		const checked = checkField(field, value, rule);
		if ('error' in checked) errors.push(checked.error);
		else values[field] = checked.value;
	}
	return errors.length > 0 ? { errors } : { values };
}
