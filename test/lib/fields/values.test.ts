import fc from 'fast-check';

import { DRESS_FIELDS, GARMENT_FIELDS } from '../../../lib/astria/fields/dress';
import { PROMPT_FIELDS, REFERENCE_FIELDS } from '../../../lib/astria/fields/prompt';
import { TUNE_FIELDS, TUNE_FILTERS } from '../../../lib/astria/fields/tune';
import { InputError, wholeMessage } from '../../../lib/errors';
import { LEGACY_FIELDS, TRYON_FIELDS } from '../../../lib/fal/fields/fashn';
import { REQUEST_OPTIONS } from '../../../lib/fal/fields/options';
import type { Field, OptionsField, ValueField } from '../../../lib/fields/field';
import { isUnset, readField } from '../../../lib/fields/values';
import { saidBy } from '../said';

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
	fc.constantFrom('One Pieces', 'ONE-PIECES', 'one_pieces', 'yes', 'WAHR', '1,5', '2.0', -0, 1n),
	fc.array(fc.string()),
	fc.array(fc.constantFrom('Tops', 2, true, null, ''), { maxLength: 2 }),
	fc.object(),
	fc.jsonValue(),
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
				expect(wholeMessage(error)).toMatch(new RegExp(`^'${field.label}' .+\\. .+\\.$`, 's'));
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

test('a required field that is empty is refused', async () => {
	const field: ValueField = { type: 'text', label: 'Title', help: '', required: true };
	expect(await saidBy(() => readField(field, ''))).toBe("'Title' is empty. Fill it in.");
});

/** All fields of the package that have fixed choices, by their API name. */
const CHOICES = [
	...[TRYON_FIELDS, LEGACY_FIELDS, REQUEST_OPTIONS, PROMPT_FIELDS, TUNE_FIELDS, TUNE_FILTERS],
	...[REFERENCE_FIELDS, DRESS_FIELDS, GARMENT_FIELDS],
]
	.flatMap((table) => Object.entries<Field>(table))
	.filter((entry): entry is [string, OptionsField] => entry[1].type === 'options');

test.each(CHOICES)('%s takes its values and labels as people write them', (_, field) => {
	for (const [value, { label }] of Object.entries(field.options)) {
		const sent = field.numeric ? Number(value) : value;
		const meant = value === field.absent ? undefined : sent;
		for (const word of [value, label]) {
			const spaced = word.replaceAll(/[-_]/g, ' ');
			for (const written of [word, ` ${word.toUpperCase()} `, word.toLowerCase(), spaced]) {
				expect([written, readField(field, written)]).toEqual([written, meant]);
			}
		}
	}
});

const { category, garment_photo_type, num_samples, segmentation_free, seed } = TRYON_FIELDS;
const { aspect_ratio, ar } = PROMPT_FIELDS;
const ids: ValueField = { type: 'ids', label: 'IDs', help: '' };
const scale: ValueField = { type: 'number', label: 'Scale', help: '' };
const title: ValueField = { type: 'text', label: 'Title', help: '' };

test.each([
	['a label', category, 'Tops', 'tops'],
	['a label with a blank behind', category, 'Tops ', 'tops'],
	['capitals, blanks around', category, ' ONE-PIECES ', 'one-pieces'],
	['a blank for the hyphen', category, 'One Pieces', 'one-pieces'],
	['a longer dash', category, 'One–Pieces', 'one-pieces'],
	['an underscore for the hyphen', garment_photo_type, 'flat_lay', 'flat-lay'],
	['nothing for the hyphen', garment_photo_type, 'FlatLay', 'flat-lay'],
	['the label of what is absent', TUNE_FIELDS.model_type, ' checkpoint ', undefined],
	['a value that the table does not have, of an open list', TUNE_FIELDS.name, ' Hat ', 'Hat'],
	['a shape that a sheet takes for a time', aspect_ratio, '16:09:00', '16:9'],
	['a shape that a sheet takes for an hour and minutes', aspect_ratio, '3:04', '3:4'],
	['a shape that a sheet takes for the morning', aspect_ratio, '9:16:00 AM', '9:16'],
	['a shape that a sheet takes for the afternoon', aspect_ratio, '4:09 p.m.', '16:9'],
	['a shape that a sheet takes for midnight', ar, '1:01:00', '1:1'],
	['a shape that the table does not have', aspect_ratio, '7:5', '7:5'],
	['a look-up of Airtable, which is a list of one', category, ['Tops'], 'tops'],
	['a list of one number', num_samples, [2], 2],
	['a list of one text', title, [' a '], 'a'],
	['an empty list', category, [], undefined],
	['a list of empty cells', num_samples, [null, ''], undefined],
	['ids as JSON', ids, '[501, "502"]', [501, 502]],
	['ids, one on each line', ids, '501\r\n502\n', [501, 502]],
	['ids in lists of one', ids, ['[501, 502]', 503], [501, 502, 503]],
	['one id', ids, 501, [501]],
	['a moment', title, { toJSON: () => '2026-11-27T20:05:00.000Z' }, '2026-11-27T20:05:00.000Z'],
	['a choice of Baserow', category, { id: 7, value: 'Bottoms', color: 'blue' }, 'bottoms'],
	['a whole number with its decimals', num_samples, '2.0', 2],
	['a number that begins with a point', scale, '.5', 0.5],
	['TRUE', segmentation_free, 'TRUE', true],
	['yes', segmentation_free, 'Yes', true],
	['1', segmentation_free, 1, true],
	['1 as text', segmentation_free, '1', true],
	["a ticked box in Airtable's CSV", segmentation_free, 'checked', true],
	['true of a German sheet', segmentation_free, 'WAHR', true],
	['FALSE', segmentation_free, 'FALSE', false],
	['no', segmentation_free, 'no', false],
	['0', segmentation_free, 0, false],
	['off', segmentation_free, 'OFF', false],
	['false of a French sheet', segmentation_free, 'FAUX', false],
] satisfies Array<[string, ValueField, unknown, unknown]>)(
	'as people have it: %s',
	(_name, field, value, sent) => {
		expect(readField(field, value)).toEqual(sent);
	},
);

const twins: ValueField = {
	type: 'options',
	label: 'Twins',
	help: '',
	options: { 'a-b': { label: 'One', help: '' }, ab: { label: 'Two', help: '' } },
};

test.each([0.672916667, '1899-12-30T16:09:00.000Z', 'wide', '16:9:30', '16/9', '0:9'])(
	'%p is no shape',
	async (value) => {
		const words = await saidBy(() => readField(aspect_ratio, value));
		expect(words).toMatch(/^'Aspect Ratio' is .+, which is no shape\. Use one such as 16:9\./);
		expect(words).toContain('format the column as plain text');
	},
);

test.each([
	[
		category,
		'topps',
		`'Category' is "topps", which the service does not know. Use one of: auto, bottoms, one-pieces, tops.`,
	],
	[category, '-', `'Category' is "-", which the service does not know. Use one of: auto, `],
	[twins, 'A B', `'Twins' is "A B", which may mean a-b or ab. Use one of: a-b, ab.`],
	[
		category,
		['Tops', 'Bottoms'],
		`'Category' has 2 values, and takes one. Pick one in the expression, such as {{ $json.Color[0] }}.`,
	],
	[
		num_samples,
		'1,5',
		`'Number of Samples' is "1,5", where the comma may divide decimals or thousands. Write it without a comma, as a whole number from 1 up to 4.`,
	],
	[seed, '1,000', `'Seed' is "1,000", where the comma may divide`],
	[num_samples, '2.5', `'Number of Samples' is 2.5, not a whole number.`],
	[num_samples, '50%', `'Number of Samples' is "50%", not a number.`],
	[num_samples, true, `'Number of Samples' is "true", not a number.`],
	[num_samples, 5n, `'Number of Samples' is "5", not a number.`],
	[segmentation_free, 2, `'Segmentation Free' is "2", neither true nor false.`],
	[segmentation_free, { a: 1 }, `'Segmentation Free' is "{"a":1}", neither true nor false.`],
] satisfies Array<[ValueField, unknown, string]>)(
	'%# is refused in words',
	async (field, value, said) => {
		expect(await saidBy(() => readField(field, value))).toContain(said);
	},
);

test('the choice that is spelled exactly wins over one that is alike', () => {
	expect(readField(twins, 'ab')).toBe('ab');
	expect(readField(twins, 'a-b')).toBe('a-b');
});

test('a long value is shortened', () => {
	expect(() => readField(category, 'x'.repeat(1e6))).toThrow(/ is "x{80}…", which /);
});

describe('a time', () => {
	const TIME = { type: 'time', label: 'From', help: '' } as const;

	test.each([
		['2026-11-24', '2026-11-24T00:00:00.000Z'],
		[' 2026-11-24T08:30Z ', '2026-11-24T08:30:00.000Z'],
		['2026-11-24T08:30:00.250+01:00', '2026-11-24T07:30:00.250Z'],
		[new Date('2026-11-24T08:30:00Z'), '2026-11-24T08:30:00.000Z'],
	])('%j is read', (given, time) => {
		expect(readField(TIME, given)).toBe(time);
	});

	test.each(['last week', '24.11.2026', '2026-11-24T08:30', '2026-13-45', '1764000000000', 7])(
		'%j, which may mean anything, is refused',
		(given) => {
			expect(() => readField(TIME, given)).toThrow(/^'From' is "[^"]+", which is no time\.$/);
		},
	);

	test('an empty cell is none', () => {
		expect(readField(TIME, ' ')).toBeUndefined();
	});
});
