import { TryOnError } from '../errors';

/** How one row ended. */
export type Outcome<Output> = { row: number; output: Output } | { row: number; error: TryOnError };

/** The failure that ends a batch, with the row that it is about. */
export class RowFailure extends Error {
	constructor(
		readonly row: number,
		readonly error: TryOnError,
	) {
		super(error.message);
		this.name = 'RowFailure';
	}
}

/**
 * The error of a row that is not even tried, since it would fail in the same way as another one. The
 * other's id is none of it.
 *
 * @param tried what is not done, such as "submitted"
 */
export function notTried(
	tried: 'submitted' | 'asked',
	{ message, details }: TryOnError,
): TryOnError {
	const { retryable, cure, statusCode, ofAccount } = details;
	return new TryOnError(`Not ${tried}, since another row has found out: ${message}`, {
		stage: tried === 'submitted' ? 'submit' : 'result',
		retryable,
		charged: 'no',
		ofAccount,
		cure,
		statusCode,
	});
}

export function unreadableRow(): TryOnError {
	return new TryOnError(
		'This row was submitted by an earlier try, but what was noted of its job cannot be read.',
		{ stage: 'submit', retryable: false, charged: 'unknown' },
	);
}

/** Of how many other bad rows an error tells the reasons; those beyond are named. */
const NAMED = 10;

/** A row that cannot be bought as it is. */
export interface UnreadyRow {
	row: number;
	error: TryOnError;
}

/** Rows that follow on one another, as the first and the last of them. */
function inRanges(rows: readonly number[]): Array<[number, number]> {
	const ranges: Array<[number, number]> = [];
	for (const row of rows) {
		const last = ranges.at(-1);
		if (last?.[1] === row - 1) last[1] = row;
		else ranges.push([row, row]);
	}
	return ranges;
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
	const named = others.slice(0, NAMED).map(({ row, error: { message, details } }) => {
		const name = nameOf(details.itemIndex ?? row);
		return `${name}: ${message.replace(/\.$/, '')}`;
	});
	const beyond = inRanges(others.slice(NAMED).map(({ row }) => row)).map(([from, to]) =>
		from === to ? nameOf(from) : `${nameOf(from)} to ${nameOf(to)}`,
	);
	const rest = beyond.length > 0 ? `; and ${beyond.join(', ')}` : '';
	const rows = others.length === 1 ? 'Another row is' : `${others.length} other rows are`;
	error.message += ` ${rows} not ready either: ${named.join('; ')}${rest}.`;
	return error;
}
