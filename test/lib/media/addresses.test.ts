import { addressesIn, splitAddresses } from '../../../lib/media/addresses';
import { refusalOf } from '../refusal';

/** An attachment as n8n's Airtable node hands it over. */
const attachment = (url: string) => ({
	id: 'attNf0',
	width: 800,
	height: 1200,
	url,
	filename: 'anna.jpg',
	size: 210_301,
	type: 'image/jpeg',
	thumbnails: { small: { url: 'https://v5.airtableusercontent.com/small', width: 24, height: 36 } },
});

const A = 'https://a.example/1.jpg';
const B = 'https://b.example/2.jpg';

test.each<[string, unknown, string[]]>([
	['nothing', undefined, []],
	['null', null, []],
	['an empty cell', ' \n', []],
	['an empty list', [], []],
	['an empty list as text', '[]', []],
	['a list of empty cells', ['', null], []],
	['a shop without a picture', { src: null }, []],
	['an address', ` ${A} `, [A]],
	['an address in quotes', `"${A}"`, [A]],
	[
		'an address with blanks in its name',
		'https://a.example/my photo.jpg',
		['https://a.example/my photo.jpg'],
	],
	[
		'an address with a comma in it',
		'https://a.example/w_300,h_400/1.jpg',
		['https://a.example/w_300,h_400/1.jpg'],
	],
	['addresses with commas between', `${A},${B}, ${A}`, [A, B, A]],
	['addresses with blanks between', `${A} ${B}`, [A, B]],
	['addresses in lines of their own', `${A}\r\n${B},\n\n`, [A, B]],
	[
		'lines without a scheme',
		'//a.example/1.jpg\nb.example/2.jpg',
		['//a.example/1.jpg', 'b.example/2.jpg'],
	],
	[
		'addresses without a scheme and commas between',
		'//a.example/1.jpg, //b.example/2.jpg',
		['//a.example/1.jpg', '//b.example/2.jpg'],
	],
	['addresses with semicolons between', `${A};${B}; ${A};`, [A, B, A]],
	['addresses with bars between', `${A}|${B} | ${A}`, [A, B, A]],
	[
		'bars and no scheme',
		'//a.example/1.jpg | //b.example/2.jpg',
		['//a.example/1.jpg', '//b.example/2.jpg'],
	],
	['an address with letters that nobody sees', `\u200b${A}\ufeff, \u2060${B}\u200d`, [A, B]],
	[
		'letters that nobody sees inside a name',
		'https://a.example/می\u200cخواهم.jpg',
		['https://a.example/می\u200cخواهم.jpg'],
	],
	['an address in angle brackets', ` <${A}>\n`, [A]],
	['links in Markdown', `[front](${A}), [back](${B})`, [A, B]],
	['a cell that shows a picture', `=IMAGE("${A}")`, [A]],
	['the same with its size', ` = image( "${A}", 4, 100, 80)`, [A]],
	['words above an address', `my red dress\n${A}`, ['my red dress', A]],
	[
		'a data URI in several lines',
		'data:image/png;base64,AAAA\n//8A\nBBBB',
		['data:image/png;base64,AAAA\n//8A\nBBBB'],
	],
	[
		'a data URI between addresses',
		`${A},data:image/png;base64,//8A,${B}`,
		[A, 'data:image/png;base64,//8A', B],
	],
	['a list of addresses', [A, ` ${B} `], [A, B]],
	['a list as JSON text', JSON.stringify([A, B]), [A, B]],
	["Airtable's attachments", [attachment(A), attachment(B)], [A, B]],
	["Airtable's attachments as JSON text", ` ${JSON.stringify([attachment(A)])}\n`, [A]],
	["Airtable's attachments in a CSV file", `anna.jpg (${A}),her dress.png (${B})`, [A, B]],
	['{ url }', { url: A }, [A]],
	["Shopify's { src }", { id: 7, position: 1, src: A, alt: null }, [A]],
	[
		"WooCommerce's list of { src }",
		[
			{ id: 1, src: A, name: 'front' },
			{ id: 2, src: B, name: 'back' },
		],
		[A, B],
	],
	['{ href }', { href: A }, [A]],
	['an empty url beside a src', { url: null, src: A }, [A]],
	["Cloudinary's { secure_url }", { public_id: 'a', secure_url: A }, [A]],
	["WordPress's { source_url }", { id: 7, source_url: A }, [A]],
	["a signing store's { signedUrl }", { signedUrl: A }, [A]],
	["Drive's file", { kind: 'drive#file', webViewLink: B, webContentLink: A }, [A]],
	["Shopify's edges", [{ node: { url: A } }, { node: { image: { url: B } } }], [A, B]],
	["Shopify's { image }", { image: { src: A } }, [A]],
	["Notion's file", [{ name: 'a', type: 'file', file: { url: A, expiry_time: '…' } }], [A]],
	["Notion's link", [{ name: 'a', type: 'external', external: { url: A } }], [A]],
	[
		"Contentful's file",
		{ file: { url: '//images.ctfassets.net/1.jpg' } },
		['//images.ctfassets.net/1.jpg'],
	],
])('%s', (_, value, found) => {
	expect(addressesIn(value)).toEqual(found);
});

test.each<[unknown, string, string]>([
	[7, 'is "7", which is no address', 'https://'],
	[true, 'is "true", which is no address', 'https://'],
	[
		{ filename: 'a.jpg' },
		'is "{"filename":"a.jpg"}", an object without url, src or href',
		'{{ $json.Photo.url }}',
	],
	[
		[{ url: A }, { id: 1 }],
		'is "{"id":1}", an object without url, src or href',
		'{{ $json.Photo.url }}',
	],
	[[[[[[[[A]]]]]]], 'is "[[', '{{ $json.Photo[0] }}'],
])('%j is refused', (value, problem, cure) => {
	const refusal = refusalOf(() => addressesIn(value));
	expect(refusal.problem).toContain(problem);
	expect(refusal.cure).toContain(cure);
});

test.each([
	['blanks', ' '],
	['commas', ','],
	['lines', '\n'],
	['bars', '|'],
	['formulas', '=image("'],
	['letters that nobody sees', '\u200b'],
	['slashes', '/ /'],
	['schemes', 'https:'],
	['slashes after commas', ',//'],
	['data', ' data:'],
	['parentheses', ' ('],
	['addresses in parentheses', ' (https://a'],
	['JSON', '['],
])('a text of a million %s takes no time', (_, piece) => {
	const text = `x${piece.repeat(1e6 / piece.length)}x`;
	const start = performance.now();
	splitAddresses(text);
	// Tens of times what it takes; what is not linear takes minutes.
	expect(performance.now() - start).toBeLessThan(5_000);
});
