import fc from 'fast-check';

import { InputError, wholeMessage } from '../../../lib/errors';
import {
	type PictureRules,
	readPictureAddress,
	readPictureAddresses,
} from '../../../lib/media/picture';
import { saidBy } from '../said';

const RULES: PictureRules = {
	label: 'Photo',
	maxBytes: 1024,
	accepts: new Set(['image/png']),
};

const PNG = `data:image/png;base64,${Buffer.from('\x89PNG\r\n\x1a\nrest', 'latin1').toString('base64')}`;

/** What addresses are made of, as whole ones and in parts. */
const part = fc.constantFrom(
	...['https://', 'http:', '//', 'data:', 'data:image/png;base64,', PNG, 'HTTPS://', 'ftp://'],
	...[
		'drive.google.com',
		'/file/d/',
		'/open?id=',
		'/drive/folders/',
		'www.dropbox.com',
		'/scl/fi/',
	],
	...[
		'a.example',
		'/s/a/b.jpg',
		'?dl=0',
		'&dl=1',
		'&raw=1',
		'&id=',
		'#',
		'%',
		'%2',
		'%20',
		'..',
		'/',
	],
	...[
		' ',
		',',
		'\n',
		'\t',
		'"',
		'[',
		']',
		'{"url":"',
		'"}',
		'(',
		')',
		'ü',
		'\u{1f457}',
		'\ud800',
		'\0',
	],
);

/** Whatever an expression may give for a picture. */
const wild = fc.oneof(
	fc.array(part, { maxLength: 8 }).map((parts) => parts.join('')),
	fc.webUrl({ withQueryParameters: true, withFragments: true }),
	fc.string({ unit: 'binary' }),
	fc.jsonValue(),
	fc.jsonValue().map((value) => JSON.stringify(value)),
	fc.letrec((tie) => ({
		value: fc.oneof(
			{ depthSize: 'small' },
			fc.array(part, { maxLength: 4 }).map((parts) => parts.join('')),
			fc.array(tie('value'), { maxLength: 3 }),
			fc.record({ url: tie('value') }),
			fc.record({ src: tie('value'), alt: fc.string() }),
			fc.record({ file: tie('value') }),
		),
	})).value,
	fc.constantFrom(undefined, 1n, Symbol('s'), () => 1, NaN, new Date(0)),
);

/** What is read, or nothing where a person gets a message. */
function readAll(value: unknown): string[] | undefined {
	try {
		return readPictureAddresses(RULES, value).map((picture) =>
			picture.kind === 'address' ? picture.address : 'a file',
		);
	} catch (error) {
		if (!(error instanceof InputError)) throw error;
		expect(wholeMessage(error)).toMatch(/^'Photo' .+\. .+\.$/s);
		expect(wholeMessage(error).length).toBeLessThan(500);
		expect(error.details).toMatchObject({ charged: 'no', stage: 'input', field: 'Photo' });
		return undefined;
	}
}

test('whatever comes, addresses of the web or data come out, or a message', () => {
	fc.assert(
		fc.property(wild, (value) => {
			for (const address of readAll(value) ?? []) {
				expect(address).toMatch(/^(https?:\/\/[^\s]+|data:image\/png;base64,[^,]+)$/);
			}
		}),
		{ numRuns: 1_000 },
	);
});

test('an address that was read is read again as itself', () => {
	fc.assert(
		fc.property(wild, (value) => {
			const addresses = readAll(value);
			fc.pre(addresses !== undefined);
			expect(readAll(addresses)).toEqual(addresses);
			for (const address of addresses) expect(readAll(address)).toEqual([address]);
		}),
		{ numRuns: 500 },
	);
});

test('an address stays one when the dots of its path are resolved', () => {
	const [address = ''] = readAll('http://a.aa/,/.//') ?? [];
	expect(address).toBe('http://a.aa/%2C//');
	expect(readAll(address)).toEqual([address]);
});

test('one picture is one of several', () => {
	fc.assert(
		fc.property(wild, (value) => {
			const addresses = readAll(value);
			fc.pre(addresses?.length === 1);
			const [address] = addresses;
			expect(readPictureAddress(RULES, value)).toEqual({ kind: 'address', address });
		}),
		{ numRuns: 300 },
	);
});

const A = 'https://a.example/1.jpg';
const B = 'https://b.example/2.jpg';

test.each<[string, unknown, string]>([
	['nothing', undefined, `'Photo' is missing. Give the address of a picture, or choose Input Data`],
	['an empty list', [], `'Photo' is missing.`],
	[
		'two attachments',
		[{ url: A }, { url: B }],
		`'Photo' has 2 pictures, and takes one. Pick one in the expression, such as {{ $json.Photo[0] }}.`,
	],
	[
		'three addresses',
		[A, B, A],
		`'Photo' has 3 pictures, and takes one. Pick one in the expression, such as {{ $json.Photo[0] }}.`,
	],
	[
		'a cell with two',
		`${A}, ${B}`,
		`'Photo' has 2 pictures, and takes one. Leave one address in it.`,
	],
	[
		'a page',
		'https://we.tl/t-AbC',
		`'Photo' is "https://we.tl/t-AbC", a page of WeTransfer, not a picture.`,
	],
	['a long text', 'x'.repeat(1e5), `'Photo' is "${'x'.repeat(80)}…", which is no web address.`],
])('%s is refused for one picture', async (_, value, message) => {
	expect(() => readPictureAddress(RULES, value)).toThrow(InputError);
	expect(await saidBy(() => readPictureAddress(RULES, value))).toContain(message);
});

test('a field of several takes them all, in order', () => {
	const pictures = readPictureAddresses(RULES, [{ url: A }, { url: B }]);
	expect(pictures).toEqual([
		{ kind: 'address', address: A },
		{ kind: 'address', address: B },
	]);
});

test('a data URI is looked at, however its scheme is written', () => {
	expect(readPictureAddress(RULES, PNG.replace('data', 'DATA'))).toEqual({
		kind: 'address',
		address: PNG,
	});
	const text = `Data:image/png;base64,${Buffer.from('%PDF-1.7').toString('base64')}`;
	expect(() => readPictureAddress(RULES, text)).toThrow(`'Photo' is a PDF file`);
});
