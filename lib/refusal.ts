/** What is wrong with a value and what to do, as parts of an InputError's message. */
export class Refusal extends Error {
	/**
	 * @param problem continues a sentence that begins with the parameter's label
	 * @param cure what to do, a full sentence
	 */
	constructor(
		readonly problem: string,
		readonly cure: string,
	) {
		super(problem);
	}
}

/** Letters of a value that a message shows: enough to find it again. */
const SHOWN_LETTERS = 80;

function textOf(value: unknown): string {
	switch (typeof value) {
		case 'string':
			return value;
		case 'object':
			return JSON.stringify(value, (_, part: unknown) =>
				typeof part === 'bigint' ? String(part) : part,
			);
		case 'number':
		case 'boolean':
		case 'bigint':
			return String(value);
		default:
			return typeof value;
	}
}

/** A value as a message shows it: in quotes, and shortened. */
export function shown(value: unknown): string {
	const text = textOf(value);
	return text.length > SHOWN_LETTERS ? `"${text.slice(0, SHOWN_LETTERS)}…"` : `"${text}"`;
}
