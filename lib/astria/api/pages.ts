/** Astria's lists hold no more in a page (docs.astria.ai, List tunes and List prompts). */
export const LONGEST_PAGE = 120;

/** Milliseconds by which `created_at`, which may be cut off at the second, can seem to be early. */
export const CREATED_AT_ROUNDING_MS = 1_000;

/**
 * Goes through a list of tunes or prompts, newest first, page by page with `before_id`; ends at an
 * empty page, as Astria documents, or at one that brings nothing that is older.
 *
 * @param read fetches a page of at most `limit` entries, all with smaller ids than `beforeId`
 * @param idOf entries without an id are left out
 * @param firstPage length of the first page; the others are as long as they may be
 * @throws what `read` throws
 */
export async function* newestFirst<Entity>(
	read: (limit: number, beforeId?: number) => Promise<Entity[]>,
	idOf: (entity: Entity) => number | undefined,
	firstPage = LONGEST_PAGE,
): AsyncGenerator<Entity> {
	let oldest: number | undefined;
	for (let limit = Math.min(firstPage, LONGEST_PAGE); ; limit = LONGEST_PAGE) {
		const before = oldest;
		for (const entity of await read(limit, before)) {
			const id = idOf(entity);
			if (id === undefined || id >= (before ?? Infinity)) continue;
			oldest = Math.min(id, oldest ?? Infinity);
			yield entity;
		}
		if (oldest === before) return;
	}
}

/** @param limit how many at most; `undefined` for all */
export async function listOf<Entity>(
	entities: AsyncIterable<Entity>,
	limit = Infinity,
): Promise<Entity[]> {
	const list: Entity[] = [];
	if (limit <= 0) return list;
	for await (const entity of entities) {
		list.push(entity);
		if (list.length >= limit) break;
	}
	return list;
}
