import fc from 'fast-check';

import { fits, isSameText } from '../../../../lib/astria/prompts/driver';

/** The same by trying every place. */
function fitsNaively([piece = '', ...rest]: readonly string[], text: string): boolean {
	if (!text.startsWith(piece)) return false;
	const after = text.slice(piece.length);
	if (rest.length === 0) return after === '';
	return Array.from({ length: after.length + 1 }).some((_, skipped) =>
		fitsNaively(rest, after.slice(skipped)),
	);
}

/** Few letters, so that pieces and texts are often alike. */
const letters = (maxLength: number) =>
	fc.string({ unit: fc.constantFrom('a', 'b'), minLength: 0, maxLength });

test('pieces fit exactly when they fit somehow', () => {
	const pieces = fc.array(letters(3), { minLength: 1, maxLength: 4 });
	fc.assert(
		fc.property(pieces, letters(10), (some, text) => {
			expect(fits(some, text)).toBe(fitsNaively(some, text));
		}),
		{ numRuns: 2_000 },
	);
});

test('pieces with anything between them fit', () => {
	const filled = fc.array(fc.tuple(letters(4), letters(4)), { minLength: 1, maxLength: 5 });
	fc.assert(
		fc.property(filled, letters(4), (pairs, last) => {
			const text = pairs.map(([piece, between]) => piece + between).join('') + last;
			expect(fits([...pairs.map(([piece]) => piece), last], text)).toBe(true);
		}),
	);
});

test('a long text of nearly fitting pieces takes no time', () => {
	// Every piece nearly fits at every place: what made a regular expression take 25 s.
	const pieces = ['', ...Array.from({ length: 40 }, () => 'aaaaaaaab'), 'c'];
	const start = performance.now();
	for (const end of ['', 'b', 'c', 'bc']) {
		expect(fits(pieces, 'a'.repeat(400_000) + end)).toBe(false);
	}
	expect(performance.now() - start).toBeLessThan(1_000);
});

test.each([
	['a photo', 'a photo', true],
	['a photo', 'a photos', false],
	['a\nphoto ', ' a\r\n photo', true],
	['a {{eye_color}} look', 'a blue look', true],
	['a {{eye_color}} look', 'a light blue\nlook', true],
	['a {{eye_color}} look', 'a  look', true],
	['a {{eye_color}} look', 'a blue book', false],
	['{{a}}', 'anything', true],
	['{{a}}{{b}}x', 'x', true],
	['a {{not a placeholder}}', 'a {{not a placeholder}}', true],
	['a {{not a placeholder}}', 'a thing', false],
	['(a.b*) [c]', '(a.b*) [c]', true],
	['(a.b*)', '(axb)', false],
])('%j is shown as %j: %s', (sent, shown, same) => {
	expect(isSameText(sent, shown)).toBe(same);
});
