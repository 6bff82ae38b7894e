import { InputError } from './errors';

/**
 * Reads an address.
 *
 * `URL.canParse` would do, but up to Node 22 it refuses hosts with umlauts once it has been called
 * some thousand times (AikidoSec/firewall-node#1086; 6,439 times with Node 20.20).
 *
 * @returns `undefined` for a text that is none
 */
export function urlOf(text: string): URL | undefined {
	try {
		return new URL(text);
	} catch {
		return undefined;
	}
}

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
	const instead = `Use ${fallback} or leave it empty.`;
	const refusal = (problem: string, cure = instead) =>
		new InputError('Base URL', `of the credential ${problem}`, cure);
	if (LOOKS_LIKE_KEY.test(text)) {
		throw refusal(
			'holds what looks like a key',
			`Paste the key into 'API Key'; here use ${fallback} or leave it empty.`,
		);
	}
	const url = urlOf(text);
	if (!url) throw refusal('is no web address');
	const secure = url.protocol === 'https:' || (url.protocol === 'http:' && isLoopback(url));
	if (!secure) {
		throw refusal('does not begin with https://, so the key would travel unprotected');
	}
	return `${url.origin}${url.pathname}`.replace(/\/+$/, '');
}

/** Beginnings of IPv4 addresses that are not public (IANA, Special-Purpose Address Registries). */
const PRIVATE_IPV4 =
	/^(0|10|127|169\.254|192\.168|172\.(1[6-9]|2\d|3[01])|100\.(6[4-9]|[7-9]\d|1[01]\d|12[0-7]))\./;

/** Beginnings of such IPv6 addresses: nothing, this machine, IPv4 inside, unique local and link-local. */
const PRIVATE_IPV6 = /^\[(::1?\]|::ffff:|f[cd]|fe[89ab])/;

/** Names that no public server has; one without a dot is known in its own network alone. */
const LOCAL_NAME = /^[^.[\]]+$|\.(localhost|local|internal|lan|home\.arpa)\.?$/;

/** Where n8n listens while a person tests a trigger in the editor (n8n docs, Webhook URLs). */
const TEST_PATH = /\/(webhook|form)-test(\/|$)/;

/** Whether an address is one that nobody outside of its own network can open; it is not looked up. */
function isPrivate({ hostname }: URL): boolean {
	return [PRIVATE_IPV4, PRIVATE_IPV6, LOCAL_NAME].some((pattern) => pattern.test(hostname));
}

/** Whether a service is on this machine, as the stand-in for one is. */
export function isOnThisMachine(service: string): boolean {
	const url = urlOf(service);
	return url !== undefined && isLoopback(url);
}

/** Who opens an address: a service on the internet, one on this machine, or n8n in its own network. */
export type Opener = 'service' | 'serviceHere' | 'n8n';

/** Whether somebody cannot get to an address, as far as the address tells. */
export function isOutOfReach(url: URL, opener: Opener): boolean {
	if (opener === 'n8n') return false;
	return isPrivate(url) && !(opener === 'serviceHere' && isLoopback(url));
}

/** What keeps a service from calling an address, and what to do about it. */
interface Obstacle {
	/** Goes on from "it …". */
	problem: string;
	cure: string;
}

/**
 * What keeps a service on the internet from calling an address. fal drops callbacks to private
 * addresses and takes a redirect for a failure (fal.ai docs, Webhooks); Astria calls once, and
 * public https addresses only (its maintainers).
 *
 * @param address names are not looked up
 * @param service the service's own address: one on this machine can call this machine
 * @returns `undefined` where nothing is known to keep it
 */
export function obstacleTo(address: string, service: string): Obstacle | undefined {
	const url = urlOf(address);
	if (!url) return { problem: 'is no web address', cure: 'Begin it with https://.' };
	const { pathname, protocol } = url;
	if (TEST_PATH.test(pathname)) {
		return {
			problem: 'is a test address of n8n, which answers only while somebody listens in the editor',
			cure: 'Publish the workflow, and use its production address, which has /webhook/ in it.',
		};
	}
	const isLocal = isOnThisMachine(service);
	if (isLocal && isLoopback(url)) return undefined;
	if (isOutOfReach(url, isLocal ? 'serviceHere' : 'service')) {
		return {
			problem: 'leads to this machine or into a private network, where the service cannot get',
			cure: 'Use an address that is open to the internet and begins with https://.',
		};
	}
	if (protocol === 'https:') return undefined;
	return {
		problem: 'does not begin with https://, so that the service does not call it',
		cure: 'Use the https:// address: a redirect to it does not help.',
	};
}

/**
 * Refuses an address that was filled in by hand when the service's call could not arrive there.
 * What follows the path is not shown: it may be a secret.
 *
 * @param label of the field
 * @param address what was filled in; unset is fine
 * @param service the service's own address
 * @throws InputError
 */
export function checkCallback(label: string, address: unknown, service: string): void {
	if (typeof address !== 'string' || address === '') return;
	const obstacle = obstacleTo(address, service);
	if (!obstacle) return;
	const url = urlOf(address);
	const shown = url ? `${url.origin}${url.pathname}` : address;
	throw new InputError(label, `is "${shown}": it ${obstacle.problem}`, obstacle.cure);
}
