import { createHash } from 'node:crypto';

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
export function withoutUndefined<Column>(
	columns: Readonly<Record<string, Column | undefined>>,
): Record<string, Column> {
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

/** The numbers of a list, without what is none; of anything else there are none. */
export function numbersOf(value: unknown): number[] {
	return Array.isArray(value) ? value.map(numberOf).filter((number) => number !== undefined) : [];
}

/** A hash, in hex, that two lists of JSON share only when they are equal. */
export function hashOf(parts: readonly unknown[]): string {
	return createHash('sha256').update(JSON.stringify(parts)).digest('hex');
}
