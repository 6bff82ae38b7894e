import type { Stage } from '../../errors';
import { isObject, type JsonObject, numberOf, textOf } from '../../json';
import type { Cost } from '../../money';
import type { AstriaClient, Query, Read } from './client';
import { unreadableAnswer } from './errors';

/** Astria's prices are in millicents (Astria's command line: 100,000 are one US dollar). */
const MILLICENTS_PER_DOLLAR = 100_000;

/** The id of a tune, a prompt or a pack, or `undefined` when there is none. */
export function idOf(value: unknown): number | undefined {
	const id = isObject(value) ? numberOf(value.id) : undefined;
	return id !== undefined && Number.isSafeInteger(id) && id > 0 ? id : undefined;
}

/** The texts of a list; entries that are objects with a `url` count as that address. */
export function addressesOf(value: unknown): string[] {
	if (!Array.isArray(value)) return [];
	return value
		.map((entry: unknown) => textOf(entry) ?? (isObject(entry) ? textOf(entry.url) : undefined))
		.filter((entry) => entry !== undefined);
}

/** A time of Astria as milliseconds since the epoch, or `undefined`. */
export function timeOf(value: unknown): number | undefined {
	const time = typeof value === 'string' ? Date.parse(value) : NaN;
	return Number.isNaN(time) ? undefined : time;
}

/** An amount of Astria's in US dollars. */
export function dollarsOf(millicents: number): number {
	return millicents / MILLICENTS_PER_DOLLAR;
}

/** What an entity costs, in US dollars; `undefined` where Astria does not say. */
export function costOfEntity(entity: JsonObject): number | undefined {
	const millicents = numberOf(entity.cost_mc);
	return millicents === undefined ? undefined : dollarsOf(millicents);
}

/** What Astria bills in. */
const CURRENCY = 'USD';

/** An amount of US dollars, where there is one. */
export function inDollars(amount: number | undefined): Cost | undefined {
	return amount === undefined ? undefined : { amount, currency: CURRENCY };
}

/** What an entity costs, as columns; nothing where Astria does not say. */
export function costColumns(entity: JsonObject): { cost?: number; currency?: string } {
	const cost = costOfEntity(entity);
	return cost === undefined ? {} : { cost, currency: CURRENCY };
}

/** Astria's lists hold no more in a page (docs.astria.ai, List tunes and List prompts). */
export const LONGEST_PAGE = 120;

/** Milliseconds by which `created_at`, which may be cut off at the second, can seem to be early. */
export const CREATED_AT_ROUNDING_MS = 1_000;

/** Ids are in order; that times of the same minute are too is promised nowhere. */
const DISORDER_MS = 60_000;

/** What a list is narrowed to. */
interface Narrowing {
	/** Astria's own filters, by API name. */
	filters?: Query;
	/** In place of the credential's workspace. */
	workspace?: string;
}

/** What of a list is wanted. */
export interface Selection extends Narrowing {
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

/** Looks once at a list, or at one that is on it; what that throws is about the call. */
export interface ListSource<Entity> {
	/**
	 * A page, newest first.
	 *
	 * @param beforeId only what has a smaller id
	 */
	list(beforeId: number, limit: number, signal: AbortSignal): Promise<Entity[]>;
	/** One by its id. @throws AstriaAnswerError 404 when it is gone */
	get(id: number, signal: AbortSignal): Promise<Entity>;
	idOf(entity: Entity): number | undefined;
}

/** One of Astria's lists, such as that of the account's prompts. */
export class EntityList<Entity> {
	/**
	 * @param path address of the list; that of one is below it
	 * @param find reads one out of an answer; `undefined` when the answer holds none
	 * @param told everything that Astria says of one
	 */
	constructor(
		private readonly path: string,
		private readonly find: (answer: unknown) => Entity | undefined,
		private readonly told: (entity: Entity) => JsonObject,
	) {}

	idOf(entity: Entity): number | undefined {
		return idOf(this.told(entity));
	}

	/** When one was made, in milliseconds since the epoch, where Astria tells it. */
	madeAt(entity: Entity): number | undefined {
		return timeOf(this.told(entity).created_at);
	}

	/**
	 * Reads one page, newest first; entries that are none of the list are left out.
	 *
	 * @throws ConnectionError when the answer is no list; what `read` throws
	 */
	async page(
		read: Read,
		{ filters, workspace }: Narrowing,
		limit: number,
		beforeId?: number,
	): Promise<Entity[]> {
		const query = { ...filters, limit, before_id: beforeId };
		const answer = await read({ path: this.path, query, workspace });
		const name = this.path.split('/').at(-1) ?? '';
		const list: unknown = isObject(answer) ? answer[name] : answer;
		if (!Array.isArray(list)) throw unreadableAnswer('list');
		return list.flatMap((entry) => this.find(entry) ?? []);
	}

	/**
	 * Goes through it, newest first, page by page with `before_id`; ends at an empty page, as Astria
	 * documents, or at one that brings nothing that is older. What has no id is left out.
	 *
	 * @param firstPage length of the first page; the others are as long as they may be
	 * @param beforeId begins with what has a smaller id
	 * @throws ConnectionError when an answer is no list; what `read` throws
	 */
	async *each(
		read: Read,
		narrowing: Narrowing,
		firstPage = LONGEST_PAGE,
		beforeId?: number,
	): AsyncGenerator<Entity> {
		let oldest = beforeId;
		for (let limit = Math.min(firstPage, LONGEST_PAGE); ; limit = LONGEST_PAGE) {
			const before = oldest;
			for (const entity of await this.page(read, narrowing, limit, before)) {
				const id = this.idOf(entity);
				if (id === undefined || id >= (before ?? Infinity)) continue;
				oldest = Math.min(id, oldest ?? Infinity);
				yield entity;
			}
			if (oldest === before) return;
		}
	}

	/**
	 * Reads what is wanted, newest first, and no further than it has to. What does not tell when it was
	 * made passes for what is wanted.
	 *
	 * @throws ConnectionError when an answer is no list; what `read` throws
	 */
	async select(read: Read, selection: Selection): Promise<Entity[]> {
		const { start = -Infinity, end = Infinity, limit = Infinity } = selection;
		const isAnyTime = start === -Infinity && end === Infinity;
		const found: Entity[] = [];
		if (limit <= 0) return found;
		for await (const entity of this.each(read, selection, isAnyTime ? limit : LONGEST_PAGE)) {
			const madeAt = this.madeAt(entity);
			if (madeAt !== undefined && madeAt < start - DISORDER_MS) break;
			if (madeAt === undefined || (madeAt >= start && madeAt < end)) found.push(entity);
			if (found.length >= limit) break;
		}
		return found;
	}

	/**
	 * The list as a sweep looks at it. An answer that cannot be read is one that tells nothing.
	 *
	 * @param workspace default that of the credential; `all` for every one of the account
	 */
	source(client: AstriaClient, stage: Stage, workspace?: string): ListSource<Entity> {
		return {
			list: async (beforeId, limit, signal) =>
				await this.page(client.readerOnce(stage, signal), { workspace }, limit, beforeId),
			get: async (id, signal) => {
				const call = { path: `${this.path}/${id}`, workspace };
				const found = this.find(await client.readOnce(call, stage, signal));
				const told = found && this.idOf(found) === id ? found : this.find({ id });
				if (!told) throw unreadableAnswer('entry');
				return told;
			},
			idOf: (entity) => this.idOf(entity),
		};
	}
}
