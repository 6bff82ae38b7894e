import fc from 'fast-check';

import { InputError } from '../../../lib/errors';
import { isUnset, readField, type ValueField } from '../../../lib/fields/coerce';
import { LEGACY_FIELDS, TRYON_FIELDS } from '../../../lib/fal/fields/fashn';

const TUNE = {
	type: 'entityId',
	label: 'T',
	help: '',
	search: 'searchTunes',
	byLabel: 'By ID',
} as const;

const FIELDS = [...Object.values(TRYON_FIELDS), ...Object.values(LEGACY_FIELDS)].filter(
	(field): field is Exclude<typeof field, { type: 'picture' }> => field.type !== 'picture',
);

/** Whatever a cell of a sheet or an expression may hold. */
const wild = fc.oneof(
	fc.string(),
	fc.double(),
	fc.integer(),
	fc.boolean(),
	fc.constantFrom(null, undefined, '', ' ', 'TRUE', 'false', ' 2 ', 'tops', 'Tops', '1e3', '0x10'),
	fc.array(fc.string()),
	fc.object(),
);

/** Whether a value is one that the API documents for the field. */
function isDocumented(field: ValueField, value: unknown): boolean {
	switch (field.type) {
		case 'boolean':
			return typeof value === 'boolean';
		case 'options':
			return typeof value === 'string' && value in field.options;
		case 'integer':
		case 'number':
			return (
				typeof value === 'number' &&
				Number.isFinite(value) &&
				value >= (field.min ?? -Infinity) &&
				value <= (field.max ?? Infinity) &&
				(field.type === 'number' || Number.isInteger(value))
			);
		default:
			return false;
	}
}

test('whatever comes, the API gets a documented value, nothing, or the user a message', () => {
	fc.assert(
		fc.property(fc.constantFrom(...FIELDS), wild, (field, value) => {
			try {
				const sent = readField(field, value);
				expect(sent === undefined ? isUnset(value) : isDocumented(field, sent)).toBe(true);
			} catch (error) {
				if (!(error instanceof InputError)) throw error;
				expect(error.message).toMatch(new RegExp(`^'${field.label}' .+\\. .+\\.$`, 's'));
				expect(error.details).toMatchObject({ charged: 'no', field: field.label, stage: 'input' });
			}
		}),
		{ numRuns: 2_000 },
	);
});

test('a value that was read is read again as itself, also as text', () => {
	fc.assert(
		fc.property(fc.constantFrom(...FIELDS), wild, (field, value) => {
			let sent: unknown;
			try {
				sent = readField(field, value);
			} catch {
				return;
			}
			fc.pre(sent !== undefined);
			expect(readField(field, sent)).toBe(sent);
			expect(readField(field, ` ${String(sent)} `)).toBe(sent);
		}),
		{ numRuns: 2_000 },
	);
});

test.each([
	['0 is sent', { type: 'integer', label: 'N', help: '' }, 0, 0],
	['false is sent', { type: 'boolean', label: 'B', help: '', default: true }, false, false],
	['an empty cell is not sent', { type: 'text', label: 'T', help: '' }, ' ', undefined],
	['text is trimmed', { type: 'text', label: 'T', help: '' }, ' a b ', 'a b'],
	['a number is text too', { type: 'text', label: 'T', help: '' }, 2024, '2024'],
	['a picked tune', TUNE, { __rl: true, mode: 'list', value: '7' }, 7],
	['no tune picked', TUNE, { __rl: true, mode: 'list', value: '' }, undefined],
	['ids', { type: 'ids', label: 'I', help: '' }, '1, 2,,3', [1, 2, 3]],
	[
		'pairs',
		{ type: 'pairs', label: 'P', help: '' },
		{
			pairs: [
				{ name: 'a', value: 'b' },
				{ name: '', value: 'c' },
			],
		},
		{ a: 'b' },
	],
	['pairs as JSON', { type: 'pairs', label: 'P', help: '' }, '{"a":"b"}', { a: 'b' }],
	[
		'an open list takes what it does not know',
		{ type: 'options', label: 'O', help: '', open: true, options: {} },
		'new',
		'new',
	],
	['an empty object is not sent', { type: 'json', label: 'J', help: '' }, '{}', undefined],
] satisfies Array<[string, ValueField, unknown, unknown]>)('%s', (_name, field, value, sent) => {
	expect(readField(field, value)).toEqual(sent);
});

test('a required field that is empty is refused', () => {
	const field: ValueField = { type: 'text', label: 'Title', help: '', required: true };
	expect(() => readField(field, '')).toThrow("'Title' is empty. Fill it in.");
});
