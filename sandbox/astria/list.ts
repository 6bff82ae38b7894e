import { Refused } from './door';

/** How deep a list may be read by page. */
export interface Depth {
	maxOffset: number;
	maxLimit: number;
}

const DEFAULT_LIMIT = 20;

/** https://docs.astria.ai/docs/api/tune/list and https://docs.astria.ai/docs/api/prompt/list */
export const TUNES: Depth = { maxOffset: 200, maxLimit: 120 };
export const PROMPTS: Depth = { maxOffset: 10_000, maxLimit: 120 };
/** The gallery is read 200 at a time by Astria's own tools. */
export const GALLERY: Depth = { maxOffset: 200, maxLimit: 200 };

function count(query: URLSearchParams, name: string, fallback: number): number {
	const value = Number.parseInt(query.get(name) ?? '', 10);
	return Number.isNaN(value) || value < 0 ? fallback : value;
}

/**
 * One page, newest first, after `before_id` or `offset`, `limit` long.
 * @throws {Refused} 400 when `offset` is too deep
 */
export function page<T extends { id: number }>(
	items: Iterable<T>,
	query: URLSearchParams,
	{ maxOffset, maxLimit }: Depth,
): T[] {
	const offset = count(query, 'offset', 0);
	if (offset > maxOffset) {
		throw new Refused({
			status: 400,
			body: { error: `offset must not be over ${maxOffset}, use before_id` },
		});
	}
	const limit = Math.min(count(query, 'limit', DEFAULT_LIMIT), maxLimit);
	const before = count(query, 'before_id', Infinity);
	return [...items]
		.filter(({ id }) => id < before)
		.sort((a, b) => b.id - a.id)
		.slice(offset, offset + limit);
}

/** All values of `name` and of `name[]`. */
export function valuesOf(query: URLSearchParams, name: string): string[] {
	return [...query.getAll(name), ...query.getAll(`${name}[]`)].filter((value) => value !== '');
}
