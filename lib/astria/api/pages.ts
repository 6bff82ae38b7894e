import type { JsonObject } from '../../json';
import type { Query } from './client';
import { idOf, timeOf } from './body';

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

/** What of a list is wanted. */
export interface Selection {
	/** Astria's own filters, by API name. */
	filters: Query;
	/** In place of the credential's workspace. */
	workspace?: string;
	/**
	 * Made since then, in milliseconds since the epoch. Of times Astria's filters know at most `today`
	 * (docs.astria.ai, List prompts).
	 */
	start?: number;
	/** Made before then. */
	end?: number;
	/** How many at most; `undefined` for all. */
	limit?: number;
}

/** Ids are in order; that times of the same minute are too is promised nowhere. */
const DISORDER_MS = 60_000;

/**
 * Reads what is wanted of a list, newest first, and no further than it has to. What does not tell
 * when it was made passes for what is wanted.
 *
 * @param read as for {@link newestFirst}
 * @param told everything that Astria says of an entity
 * @throws what `read` throws
 */
export async function listSelected<Entity>(
	read: (limit: number, beforeId?: number) => Promise<Entity[]>,
	told: (entity: Entity) => JsonObject,
	{ start = -Infinity, end = Infinity, limit = Infinity }: Selection,
): Promise<Entity[]> {
	const isAnyTime = start === -Infinity && end === Infinity;
	const list: Entity[] = [];
	if (limit <= 0) return list;
	const entities = newestFirst(
		read,
		(entity) => idOf(told(entity)),
		isAnyTime ? limit : LONGEST_PAGE,
	);
	for await (const entity of entities) {
		const madeAt = timeOf(told(entity).created_at);
		if (madeAt !== undefined && madeAt < start - DISORDER_MS) break;
		if (madeAt === undefined || (madeAt >= start && madeAt < end)) list.push(entity);
		if (list.length >= limit) break;
	}
	return list;
}
