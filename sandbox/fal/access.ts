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

/** What an account that is used up is told, as fal words it in the issues of fal-ai/fal on GitHub. */
const USED_UP = 'Exhausted balance. Top up your balance at fal.ai/dashboard/billing.';

/** Refuses what a locked account may not do: submit, and store files. */
export function checkAccount({ locked, balance }: FalOptions): SandboxAnswer | undefined {
	const usedUp = balance !== undefined && balance <= 0 && USED_UP;
	const reason = locked === false ? usedUp : locked;
	if (reason === false) return undefined;
	return { status: 403, body: { detail: `User is locked. Reason: ${reason}` } };
}
