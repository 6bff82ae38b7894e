import { isObject, type JsonObject, numberOf, textOf } from '../../json';

export { isObject, type JsonObject, known, numberOf, objectOf, textOf } from '../../json';

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

/** What an entity costs, as columns; nothing where Astria does not say. */
export function costColumns(entity: JsonObject): { cost?: number; currency?: string } {
	const cost = costOfEntity(entity);
	return cost === undefined ? {} : { cost, currency: 'USD' };
}
