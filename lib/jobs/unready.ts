import type { TryOnError } from '../errors';

/** How many other bad rows an error names; what is beyond is counted. */
const NAMED = 10;

/** A row that cannot be bought as it is. */
export interface UnreadyRow {
	row: number;
	error: TryOnError;
}

/**
 * Tells in the error that ends a run of every other row that would have ended it, so that a sheet is
 * mended in one go.
 *
 * @param nameOf how a row is called in messages, such as "item 2"
 * @returns this same error
 */
export function tellUnready<E extends TryOnError>(
	error: E,
	others: readonly UnreadyRow[],
	nameOf: (row: number) => string,
): E {
	if (others.length === 0) return error;
	const named = others
		.slice(0, NAMED)
		.map(({ row, error: { message } }) => `${nameOf(row)}: ${message.replace(/\.$/, '')}`);
	const more = others.length - named.length;
	const rest = more > 0 ? `; and ${more} more` : '';
	const rows = others.length === 1 ? 'Another row is' : `${others.length} other rows are`;
	error.message += ` ${rows} not ready either: ${named.join('; ')}${rest}.`;
	return error;
}
