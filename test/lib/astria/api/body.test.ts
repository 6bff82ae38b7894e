import fc from 'fast-check';

import { encode, filePart, type Param, type Params } from '../../../../lib/astria/api/client';
import { StreamedFile } from '../../../../lib/media/file';
import { decode } from '../../../../sandbox/astria/decode';
import { isTree, type Param as Decoded, Upload } from '../../../../sandbox/astria/params';

const TEXT = 'a picture';

/** A file as n8n's binary store hands it out, in pieces. */
function file(name = 'photo.jpg', bytes = Buffer.from(TEXT)): StreamedFile {
	return filePart({
		kind: 'file',
		file: { open: async () => bytes },
		sha256: '',
		size: bytes.length,
		type: { mimeType: 'image/jpeg', extension: 'jpg', name: 'JPEG' },
		fileName: name,
	});
}

/** Sends a body as a web standard request would, and reads it as Rails does. */
async function roundTrip(params: Params, asForm?: boolean) {
	const { body, headers } = encode(params, asForm);
	const request = new Request('http://127.0.0.1/', { method: 'POST', body, headers });
	return await decode({
		method: 'POST',
		path: '/',
		query: new URLSearchParams(),
		headers: Object.fromEntries(request.headers),
		body: Buffer.from(await request.arrayBuffer()),
		origin: 'http://127.0.0.1',
	});
}

/** What a form makes of a value: text, with CRLF for line breaks; nothing for what is empty. */
function asText(value: Param): unknown {
	if (value === null) return '';
	if (value instanceof StreamedFile) return value.name;
	if (Array.isArray(value)) return value.map(asText);
	if (typeof value === 'object') return asTexts(value);
	return String(value).replace(/\r\n|\r|\n/g, '\r\n');
}

function asTexts(params: object): Record<string, unknown> {
	const entries: Array<[string, Param]> = Object.entries(params);
	return Object.fromEntries(
		entries
			.filter(([, value]) => value !== undefined)
			.map(([name, value]) => [name, asText(value)]),
	);
}

function plain(value: Decoded): unknown {
	if (value instanceof Upload) return value.filename;
	if (Array.isArray(value)) return value.map(plain);
	if (!isTree(value)) return value;
	return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, plain(inner)]));
}

test('a single file makes a form; what is undefined is not sent, null is empty', async () => {
	const { params, encoding } = await roundTrip({
		tune: { title: 'x', images: [file('a.jpg'), file('b.jpg')], token: undefined, branch: null },
	});
	expect(encoding).toBe('multipart');
	expect(plain(params)).toEqual({ tune: { title: 'x', images: ['a.jpg', 'b.jpg'], branch: '' } });
});

test('files inside a list of objects stay with their object', () => {
	const { body } = encode({
		tune: {
			prompts_attributes: [
				{ text: 'a', input_image: file('a.jpg') },
				{ text: 'b' },
				{ text: 'c', image_references: [file('c.jpg')] },
			],
		},
	});
	const names = body instanceof FormData ? [...body.keys()] : [];
	expect(names).toEqual([
		'tune[prompts_attributes][0][text]',
		'tune[prompts_attributes][0][input_image]',
		'tune[prompts_attributes][1][text]',
		'tune[prompts_attributes][2][text]',
		'tune[prompts_attributes][2][image_references][]',
	]);
});

test('a file keeps its type, size and place until it is sent', async () => {
	let opened = 0;
	const bytes = Buffer.alloc(100, 1);
	const lazy = new StreamedFile(
		{
			open: async () => {
				opened += 1;
				return bytes;
			},
		},
		bytes.length,
		'x.png',
		'image/png',
	);
	const { body } = encode({ tune: { images: [lazy] } });
	expect(opened).toBe(0);
	const sent = body instanceof FormData ? body.get('tune[images][]') : null;
	expect(sent).toBe(lazy);
	for (const time of [1, 2]) {
		const read = Buffer.from(await new Response(lazy.stream()).arrayBuffer());
		expect(read.equals(bytes)).toBe(true);
		expect(opened).toBe(time);
	}
});

const name = fc.stringMatching(/^[a-z][a-z_]{0,11}$/);
const scalar: fc.Arbitrary<Param> = fc.oneof(
	fc.string({ unit: 'binary' }).filter((text) => !/[\ud800-\udfff]/.test(text)),
	fc.integer(),
	fc.boolean(),
);
const list: fc.Arbitrary<Param> = fc.array(scalar, { minLength: 1, maxLength: 3 });
const hash: fc.Arbitrary<Params> = fc.dictionary(name, fc.oneof(scalar, list), {
	minKeys: 1,
	maxKeys: 4,
	noNullPrototype: true,
});
const hashes: fc.Arbitrary<Param> = fc.array(hash, { minLength: 1, maxLength: 3 });
const anything = fc.dictionary(name, fc.oneof(scalar, list, hash, hashes), {
	minKeys: 1,
	maxKeys: 6,
	noNullPrototype: true,
});

test('whatever is nested in a form is nested at the service', async () => {
	await fc.assert(
		fc.asyncProperty(anything, async (fields) => {
			const { params, encoding } = await roundTrip({ tune: fields }, true);
			expect(encoding).toBe('multipart');
			expect(plain(params)).toEqual({ tune: asTexts(fields) });
		}),
		{ numRuns: 300 },
	);
});

test('JSON keeps every type', async () => {
	await fc.assert(
		fc.asyncProperty(anything, async (fields) => {
			const { params, encoding } = await roundTrip({ tune: fields });
			expect(encoding).toBe('json');
			expect(plain(params)).toEqual({ tune: fields });
		}),
	);
});
