/** Addresses stand in lines of their own, or with commas between them; a data URI has one inside. */
const BETWEEN = /[\s,]+(?=https?:|data:)/i;

/**
 * Reads one or several addresses of files: a list, or a text with commas or line breaks.
 *
 * @returns without spaces around them and without empty ones; whether each is an address at all is
 * for the caller to check
 */
export function splitAddresses(value: unknown): string[] {
	const parts: unknown[] = Array.isArray(value)
		? value
		: typeof value === 'string'
			? value.split(BETWEEN)
			: [];
	return parts
		.filter((part) => typeof part === 'string')
		.map((part) => part.trim().replace(/,$/, ''))
		.filter((part) => part !== '');
}
