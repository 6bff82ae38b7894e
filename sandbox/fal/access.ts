import type { SandboxAnswer, SandboxRequest } from '../types';
import type { FalOptions } from './options';

/** Addresses that need no key, or another one than the account's. */
const WITHOUT_KEY = /^\/(?:\.well-known\/jwks\.json|files\/upload)$/;

/**
 * Refuses a call without the right key. fal lets anyone read the requests of public models who knows
 * the id; the stand-in does not, so that a caller that loses its key is noticed.
 */
export function checkKey(
	{ path, headers }: SandboxRequest,
	{ key }: FalOptions,
): SandboxAnswer | undefined {
	if (WITHOUT_KEY.test(path) || headers.authorization === `Key ${key}`) return undefined;
	return { status: 401, body: { detail: 'invalid key credentials' } };
}

/** Refuses what a locked account may not do: submit, and store files. */
export function checkAccount({ locked }: FalOptions): SandboxAnswer | undefined {
	if (locked === false) return undefined;
	return { status: 403, body: { detail: `User is locked. Reason: ${locked}` } };
}
