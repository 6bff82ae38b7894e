/** How Astria writes what it fills in from a tune's characteristics, with the blanks around it. */
const PLACEHOLDER = / ?\{\{\w+\}\} ?/;

/** Whether `piece` stands at a place of a text. */
function standsAt(piece: string, text: ArrayLike<string>, at: number): boolean {
	for (let index = 0; index < piece.length; index += 1) {
		if (text[at + index] !== piece[index]) return false;
	}
	return true;
}

/** For each letter of a piece, how many letters before its end are the piece's own beginning. */
function overlapsOf(piece: string): number[] {
	const overlaps = [0];
	let matched = 0;
	for (let index = 1; index < piece.length; index += 1) {
		while (matched > 0 && piece[index] !== piece[matched]) matched = overlaps[matched - 1] ?? 0;
		if (piece[index] === piece[matched]) matched += 1;
		overlaps.push(matched);
	}
	return overlaps;
}

/** Where the first `piece` between two places of a text ends; `undefined` when there is none. */
function endOf(
	piece: string,
	text: ArrayLike<string>,
	from: number,
	to: number,
): number | undefined {
	if (piece === '') return from;
	const overlaps = overlapsOf(piece);
	let matched = 0;
	for (let index = from; index < to; index += 1) {
		const letter = text[index];
		while (matched > 0 && letter !== piece[matched]) matched = overlaps[matched - 1] ?? 0;
		if (letter === piece[matched]) matched += 1;
		if (matched === piece.length) return index + 1;
	}
	return undefined;
}

/**
 * Whether a text consists of these pieces, in their order, with anything between them. It takes time
 * in proportion to the text: each letter is read once, however alike the pieces are (Knuth, Morris
 * and Pratt).
 *
 * @param pieces at least one; a single one has to be the whole text
 */
export function fits(pieces: readonly string[], text: ArrayLike<string>): boolean {
	const [first = '', ...rest] = pieces;
	const last = rest.pop();
	if (!standsAt(first, text, 0)) return false;
	if (last === undefined) return text.length === first.length;
	const end = text.length - last.length;
	let from = first.length;
	if (end < from || !standsAt(last, text, end)) return false;
	for (const piece of rest) {
		const next = endOf(piece, text, from, end);
		if (next === undefined) return false;
		from = next;
	}
	return true;
}

/** A form turns line breaks into others. */
function withPlainBlanks(text: string): string {
	return text.trim().replace(/\s+/g, ' ');
}

/**
 * Whether a text is the one that was sent: blanks and line breaks count as one blank, and Astria
 * fills in what stands in double braces.
 */
export function isSameText(sent: string, shown: string): boolean {
	return fits(withPlainBlanks(sent).split(PLACEHOLDER), withPlainBlanks(shown));
}
