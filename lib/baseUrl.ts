import { InputError } from './errors';

const LOOPBACK = /^(localhost|127(\.\d{1,3}){3}|\[::1\])$/;

/** Whether an address is this machine's own. */
export function isLoopback({ hostname }: URL): boolean {
	return LOOPBACK.test(hostname);
}

/** Astria's keys begin so; fal's are an id, a colon and a secret (both services' own pages). */
const LOOKS_LIKE_KEY = /\bsd_\w{8}|[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}:\w/i;

/**
 * Reads a credential's Base URL. What it holds is not repeated in a message: it may be a key that
 * was pasted into the wrong box, or an address with a password in it.
 *
 * @param given what the credential holds; empty means the default
 * @param fallback the service's own address
 * @returns the address without a slash at its end
 * @throws InputError when it is no https address (http is fine on this machine itself): the key
 * would travel in clear text; when it looks like a key
 */
export function readBaseUrl(given: unknown, fallback: string): string {
	const text = typeof given === 'string' && given.trim() !== '' ? given.trim() : fallback;
	if (LOOKS_LIKE_KEY.test(text)) {
		throw new InputError(
			'Base URL',
			'of the credential holds what looks like a key',
			`Paste the key into 'API Key'; here use ${fallback} or leave it empty.`,
		);
	}
	let url: URL;
	try {
		url = new URL(text);
	} catch {
		throw new InputError(
			'Base URL',
			'of the credential is no web address',
			`Use ${fallback} or leave it empty.`,
		);
	}
	const secure = url.protocol === 'https:' || (url.protocol === 'http:' && isLoopback(url));
	if (!secure) {
		throw new InputError(
			'Base URL',
			'of the credential does not begin with https://, so the key would travel unprotected',
			`Use ${fallback} or leave it empty.`,
		);
	}
	return `${url.origin}${url.pathname}`.replace(/\/+$/, '');
}
