import { InputError } from './errors';

const LOOPBACK = /^(localhost|127(\.\d{1,3}){3}|\[::1\])$/;

/**
 * Reads a credential's Base URL.
 *
 * @param given what the credential holds; empty means the default
 * @param fallback the service's own address
 * @returns the address without a slash at its end
 * @throws InputError when it is no https address (http is fine on this machine itself): the key
 * would travel in clear text
 */
export function readBaseUrl(given: unknown, fallback: string): string {
	const text = typeof given === 'string' && given.trim() !== '' ? given.trim() : fallback;
	let url: URL;
	try {
		url = new URL(text);
	} catch {
		throw new InputError(
			'Base URL',
			`of the credential is no web address: "${text}"`,
			`Use ${fallback} or leave it empty.`,
		);
	}
	const secure =
		url.protocol === 'https:' || (url.protocol === 'http:' && LOOPBACK.test(url.hostname));
	if (!secure) {
		throw new InputError(
			'Base URL',
			'of the credential does not begin with https://, so the key would travel unprotected',
			`Use ${fallback} or leave it empty.`,
		);
	}
	return `${url.origin}${url.pathname}`.replace(/\/+$/, '');
}
