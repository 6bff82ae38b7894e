/** Astria's prices are in millicents (Astria's command line: 100,000 are one US dollar). */
const MILLICENTS_PER_DOLLAR = 100_000;

/** An object of JSON. */
export type JsonObject = Record<string, unknown>;

/** Whether a value is an object of JSON: no array, not null. */
export function isObject(value: unknown): value is JsonObject {
	return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The object itself, or an empty one for anything else. */
export function objectOf(value: unknown): JsonObject {
	return isObject(value) ? value : {};
}

/** Columns without those that are not known. */
export function known<Column>(columns: Record<string, Column | undefined>): Record<string, Column> {
	const entries = Object.entries(columns);
	return Object.fromEntries(
		entries.filter((entry): entry is [string, Column] => entry[1] !== undefined),
	);
}

/** A text that says something, or `undefined`. */
export function textOf(value: unknown): string | undefined {
	return typeof value === 'string' && value.trim() !== '' ? value : undefined;
}

/** A number, also when it is written as text, as Astria writes `cfg_scale`; or `undefined`. */
export function numberOf(value: unknown): number | undefined {
	const number = typeof value === 'string' && value.trim() !== '' ? Number(value) : value;
	return typeof number === 'number' && Number.isFinite(number) ? number : undefined;
}

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

/** What an entity costs, in US dollars; `undefined` where Astria does not say. */
export function costOf(entity: JsonObject): number | undefined {
	const millicents = numberOf(entity.cost_mc);
	return millicents === undefined ? undefined : millicents / MILLICENTS_PER_DOLLAR;
}
