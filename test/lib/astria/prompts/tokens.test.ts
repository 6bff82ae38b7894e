import fc from 'fast-check';

import {
	flagsAreReadable,
	hasTokenOf,
	type Reference,
	tokenOf,
	tunesNamedIn,
	withReferences,
} from '../../../../lib/astria/prompts/text';

const lora: Reference = { tuneId: 45, kind: 'lora', weight: 0.83 };
const dress: Reference = { tuneId: 123, kind: 'faceid', weight: 1, className: 'dress' };

/** Astria's own pattern of a token (its open inference worker). */
const ASTRIA_TOKEN = /<(lora|faceid):([^>:]+):([\d.]+)>/g;

test.each([
	[lora, '<lora:45:0.83>'],
	[dress, '<faceid:123:1> dress'],
	[{ ...lora, weight: 1, className: ' ohwx woman ' }, '<lora:45:1> ohwx woman'],
	[{ ...lora, weight: 0 }, '<lora:45:0>'],
	[{ ...lora, weight: 0.1 + 0.2 }, '<lora:45:0.3>'],
	[{ ...lora, weight: 1e-9 }, '<lora:45:0>'],
])('%j is written as %s', (reference, token) => {
	expect(tokenOf(reference)).toBe(token);
});

test.each([
	['a beach --film_grain', '<lora:45:0.83> <faceid:123:1> dress a beach --film_grain'],
	['', '<lora:45:0.83> <faceid:123:1> dress'],
	['woman in <faceid:123:0.5> dress', '<lora:45:0.83> woman in <faceid:123:0.5> dress'],
	['<lora:45:1> and <faceid:123:1>', '<lora:45:1> and <faceid:123:1>'],
	// Another kind, or another id that only begins alike, is another tune.
	['<faceid:45:1> x', '<lora:45:0.83> <faceid:123:1> dress <faceid:45:1> x'],
	['<lora:456:1> x', '<lora:45:0.83> <faceid:123:1> dress <lora:456:1> x'],
])('in %j the missing tokens are put in front', (text, expected) => {
	expect(withReferences(text, [lora, dress])).toBe(expected);
});

test('the same tune twice is one token', () => {
	expect(withReferences('x', [dress, { ...dress, weight: 0.5 }])).toBe('<faceid:123:1> dress x');
});

const references = fc.array(
	fc.record({
		tuneId: fc.integer({ min: 1, max: 50 }),
		kind: fc.constantFrom('lora' as const, 'faceid' as const),
		weight: fc.double({ min: 0, max: 5, noNaN: true }),
		className: fc.constantFrom('', 'woman', 'swimming suit'),
	}),
);

test('after it every tune has exactly one token that Astria can read, and the text is whole', () => {
	fc.assert(
		fc.property(
			fc.constantFrom('a photo', '--outpaint center', 'x <lora:7:1> y'),
			references,
			(text, list) => {
				const whole = withReferences(text, list);
				expect(whole.endsWith(text)).toBe(true);
				const tokens = [...whole.matchAll(ASTRIA_TOKEN)].map(([, kind, id]) => `${kind}:${id}`);
				expect(new Set(tokens).size).toBe(tokens.length);
				for (const reference of list) {
					expect(tokens).toContain(`${reference.kind}:${reference.tuneId}`);
					expect(hasTokenOf(whole, reference)).toBe(true);
				}
				expect(withReferences(whole, list)).toBe(whole);
			},
		),
	);
});

test.each([
	['a "red" dress', true],
	['a "red dress', true],
	['a photo --mask_prompt "a face"', true],
	['a photo --mask_prompt "a face', false],
	['5" heels --film_grain', false],
	['an escaped \\" --film_grain', true],
	["a woman's dress --film_grain", true],
	['half--way "there', true],
])('the flags of %j are readable: %s', (text, readable) => {
	expect(flagsAreReadable(text)).toBe(readable);
});

test.each<[string, number[]]>([
	['<faceid:12:1> woman in <faceid:34:1> dress', [12, 34]],
	['<lora:12:0.8> ohwx woman, <lora:12:0.2> again', [12]],
	['<lora:style_of_mine:1> a <b> and <faceid:12>', []],
	['a photo', []],
])('the tunes that %j names', (text, ids) => {
	expect(tunesNamedIn(text)).toEqual(ids);
});
