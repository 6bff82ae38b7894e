/** Whether a value is an object with string keys, not an array. */
export function isRecord(value: unknown): value is Record<string, unknown> {
	return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The value as an object, or an empty one. */
export function asRecord(value: unknown): Record<string, unknown> {
	return isRecord(value) ? value : {};
}

/** The value as a list, or an empty one. */
export function asList(value: unknown): unknown[] {
	return Array.isArray(value) ? value : [];
}

/** The parsed JSON, or undefined when the text is none. */
export function parseJson(text: string): unknown {
	try {
		const value: unknown = JSON.parse(text);
		return value;
	} catch {
		return undefined;
	}
}

/**
 * The string under a key.
 *
 * @throws Error that names `what` and the key when there is none
 */
export function stringAt(record: Record<string, unknown>, key: string, what: string): string {
	const value = record[key];
	if (typeof value === 'string') return value;
	throw new Error(`${what} has no text in '${key}': ${JSON.stringify(record).slice(0, 300)}`);
}

/** Whether an error has this code of Node.js; told without `instanceof`, as jest has realms. */
export function hasCode(error: unknown, code: string): boolean {
	return isRecord(error) && error.code === code;
}
