import fc from 'fast-check';
import type { SandboxRequest } from '../../sandbox/types';
import { decode } from '../../sandbox/astria/decode';
import { BadParams, Upload, nest } from '../../sandbox/astria/params';
import type { Param } from '../../sandbox/astria/params';

type Tree = { [name: string]: Value };
type Value = string | File | Value[] | Tree;
/** A file in a test's own words. */
interface File {
	bytes: Uint8Array;
	type: string;
}

const BOUNDARY = 'sandbox-test-boundary';

function isFile(value: Value): value is File {
	return typeof value === 'object' && 'bytes' in value && value.bytes instanceof Uint8Array;
}

/** Prints a value under its name with an index for every array element. */
function flatten(name: string, value: Value): Array<[string, string | File]> {
	if (typeof value === 'string' || isFile(value)) return [[name, value]];
	if (Array.isArray(value)) {
		return value.flatMap((element, index) => flatten(`${name}[${index}]`, element));
	}
	return Object.entries(value).flatMap(([key, inner]) => flatten(`${name}[${key}]`, inner));
}

function printMultipart(parts: Array<[string, string | File]>): Buffer {
	const printed = parts.flatMap(([name, value]) => {
		const isText = typeof value === 'string';
		const head = isText ? '' : `; filename="a.bin"\r\nContent-Type: ${value.type}`;
		return [
			`--${BOUNDARY}\r\nContent-Disposition: form-data; name="${name}"${head}\r\n\r\n`,
			isText ? value : value.bytes,
			'\r\n',
		];
	});
	return Buffer.concat([...printed, `--${BOUNDARY}--\r\n`].map((piece) => Buffer.from(piece)));
}

function requestWith(contentType: string, body: Buffer): SandboxRequest {
	return {
		method: 'POST',
		path: '/tunes',
		query: new URLSearchParams(),
		headers: { 'content-type': contentType },
		body,
		origin: 'http://127.0.0.1',
	};
}

/** The decoded form in the words of the test, so that the two can be compared. */
function plain(value: Param): unknown {
	if (value instanceof Upload) {
		return { bytes: new Uint8Array(value.data), type: value.contentType };
	}
	if (Array.isArray(value)) return value.map(plain);
	if (typeof value !== 'object' || value === null) return value;
	return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, plain(inner)]));
}

// Left out of names: brackets, which structure them; quotes, percent signs and line ends, which
// clients escape each in their own way; and digits alone, which stand for an array.
const names = fc
	.string({ minLength: 1, maxLength: 8, unit: 'grapheme' })
	.filter((name) => !/[[\]"%\\\r\n]|^\d+$/.test(name) && name.trim() === name)
	.filter((name) => name !== 'bytes');
const files = fc.record({
	bytes: fc.uint8Array({ maxLength: 40 }),
	type: fc.constantFrom('image/png', 'image/jpeg', 'application/octet-stream'),
});
const texts = fc.string({ maxLength: 20, unit: 'grapheme' });
// A form cannot say an empty array or an empty hash.
const { tree } = fc.letrec<{ value: Value; tree: Tree }>((tie) => ({
	value: fc.oneof(
		{ maxDepth: 4, withCrossShrink: true },
		texts,
		files,
		fc.array(tie('value'), { minLength: 1, maxLength: 3 }),
		tie('tree'),
	),
	tree: fc.dictionary(names, tie('value'), { minKeys: 1, maxKeys: 4, noNullPrototype: true }),
}));

test('any nested params printed as multipart decode back', async () => {
	await fc.assert(
		fc.asyncProperty(tree, async (tune) => {
			const body = printMultipart(flatten('tune', tune));
			const type = `multipart/form-data; boundary=${BOUNDARY}`;
			const { params, encoding } = await decode(requestWith(type, body));
			expect(encoding).toBe('multipart');
			expect(plain(params)).toEqual({ tune });
		}),
		{ numRuns: 300 },
	);
});

test('any JSON object decodes to itself', async () => {
	const objects = fc.dictionary(fc.string(), fc.jsonValue({ maxDepth: 3 }));
	await fc.assert(
		fc.asyncProperty(objects, async (object) => {
			const text = JSON.stringify(object);
			const request = requestWith('application/json; charset=utf-8', Buffer.from(text));
			const { params, encoding } = await decode(request);
			expect(encoding).toBe('json');
			expect(JSON.parse(JSON.stringify(params))).toEqual(JSON.parse(text));
		}),
		{ numRuns: 300 },
	);
});

const SAMPLES: Array<[string, Array<[string, string]>, unknown]> = [
	[
		'a list',
		[
			['a[]', '1'],
			['a[]', '2'],
		],
		{ a: ['1', '2'] },
	],
	[
		'a list by index, out of order',
		[
			['a[1]', 'x'],
			['a[0]', 'y'],
		],
		{ a: ['y', 'x'] },
	],
	[
		'hashes in a list: a repeated name starts the next',
		[
			['p[][text]', '1'],
			['p[][seed]', '5'],
			['p[][text]', '2'],
		],
		{ p: [{ text: '1', seed: '5' }, { text: '2' }] },
	],
	[
		'a list inside a hash in a list stays with its hash',
		[
			['p[][text]', '1'],
			['p[][ids][]', '5'],
			['p[][ids][]', '6'],
			['p[][text]', '2'],
		],
		{ p: [{ text: '1', ids: ['5', '6'] }, { text: '2' }] },
	],
	[
		'the last of two equal names',
		[
			['a', '1'],
			['a', '2'],
		],
		{ a: '2' },
	],
	[
		'a name beside the root',
		[
			['image_index', '0'],
			['prompt[seed]', '1'],
		],
		{ image_index: '0', prompt: { seed: '1' } },
	],
	[
		'names that are special to JavaScript',
		[
			['a[__proto__]', 'x'],
			['a[constructor]', 'y'],
		],
		JSON.parse('{"a":{"__proto__":"x","constructor":"y"}}'),
	],
];

test.each(SAMPLES)('%s', (_, fields, expected) => {
	expect(JSON.parse(JSON.stringify(nest(fields)))).toEqual(expected);
});

test.each([
	[
		[
			['a[]', '1'],
			['a[b]', '2'],
		],
	],
	[
		[
			['a[b]', '1'],
			['a[]', '2'],
		],
	],
	[
		[
			['a', '1'],
			['a[b]', '2'],
		],
	],
] satisfies Array<[Array<[string, string]>]>)('names that contradict each other: %j', (fields) => {
	expect(() => nest(fields)).toThrow(BadParams);
});

test('a URL-encoded form is read like a multipart one', async () => {
	const body = Buffer.from('tune%5Btitle%5D=New+name&tune[ids][]=1&tune[ids][]=2');
	const { params, encoding } = await decode(requestWith('application/x-www-form-urlencoded', body));
	expect([encoding, plain(params)]).toEqual([
		'form',
		{ tune: { title: 'New name', ids: ['1', '2'] } },
	]);
});

test.each([
	['application/json', '{"tune":'],
	['application/json', '[1]'],
	['multipart/form-data; boundary=x', '--x\r\nContent-Disposition: form-data; name="a"\r\n\r\ncut'],
	['multipart/form-data', '--x--'],
])('a body that is not %s is refused', async (type, text) => {
	await expect(decode(requestWith(type, Buffer.from(text)))).rejects.toThrow(BadParams);
});
