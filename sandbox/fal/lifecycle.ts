import { isRecord, parseJson } from '../json';
import type { Lifecycle } from '../media';

/**
 * Reads a lifecycle header (`X-Fal-Object-Lifecycle`, `X-Fal-Object-Lifecycle-Preference`).
 * Source: fal.ai/docs, "Queue headers".
 * @returns undefined when there is none, `invalid` when it is not what the docs describe
 */
export function readLifecycle(
	header: string | string[] | undefined,
): Lifecycle | undefined | 'invalid' {
	if (header === undefined) return undefined;
	const value = parseJson(String(header));
	if (!isRecord(value)) return 'invalid';
	const { expiration_duration_seconds: seconds, initial_acl: acl } = value;
	if (seconds !== undefined && seconds !== null && typeof seconds !== 'number') return 'invalid';
	return { expiration_duration_seconds: seconds, initial_acl: acl };
}
