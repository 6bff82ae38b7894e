import { readAstriaFault } from './errors';
import { type JsonObject, textOf } from './json';

/**
 * Signs of a tune or prompt that failed. Astria documents `user_error` of prompts only; its trainer
 * reports `fail_message`, its records have `failed_at` (docs.astria.ai, API overview, 2023), and
 * clients have met the others.
 */
const SIGNS = ['fail_message', 'user_error', 'error', 'failed_at'];

const FAILED_WORDS = new Set(['failed', 'error']);

/** Whether a field says anything at all. */
export function says(value: unknown): boolean {
	if (Array.isArray(value)) return value.length > 0;
	return value !== undefined && value !== null && value !== false && value !== '';
}

/** Whether a tune or prompt shows any sign of a failure. */
export function hasFailed(entity: JsonObject): boolean {
	const status = textOf(entity.status)?.toLowerCase() ?? '';
	return SIGNS.some((sign) => says(entity[sign])) || FAILED_WORDS.has(status);
}

/** Astria's own words about a failure; empty where it has none. */
export function failureWords(entity: JsonObject): string {
	const [first = ''] = SIGNS.filter((sign) => sign !== 'failed_at')
		.map((sign) => readAstriaFault(entity[sign]).words)
		.filter((words) => words !== '');
	return first;
}
