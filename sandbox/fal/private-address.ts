import { BlockList, isIP } from 'node:net';

/** The networks that are not public. Source: IANA, Special-Purpose Address Registries. */
const PRIVATE = new BlockList();
PRIVATE.addSubnet('0.0.0.0', 8, 'ipv4');
PRIVATE.addSubnet('10.0.0.0', 8, 'ipv4');
PRIVATE.addSubnet('100.64.0.0', 10, 'ipv4');
PRIVATE.addSubnet('127.0.0.0', 8, 'ipv4');
PRIVATE.addSubnet('169.254.0.0', 16, 'ipv4');
PRIVATE.addSubnet('172.16.0.0', 12, 'ipv4');
PRIVATE.addSubnet('192.168.0.0', 16, 'ipv4');
PRIVATE.addAddress('::', 'ipv6');
PRIVATE.addAddress('::1', 'ipv6');
PRIVATE.addSubnet('fc00::', 7, 'ipv6');
PRIVATE.addSubnet('fe80::', 10, 'ipv6');

/** Names that no public server has. */
const LOCAL_NAME = /(?:^|\.)(?:localhost|local|internal)\.?$/;

/**
 * Whether a URL leads into a private network or to this machine, as far as its host tells: names are
 * not looked up. What is no URL leads nowhere public either.
 */
export function isPrivateUrl(url: string): boolean {
	if (!URL.canParse(url)) return true;
	const host = new URL(url).hostname.replace(/^\[|\]$/g, '');
	const version = isIP(host);
	if (version === 0) return LOCAL_NAME.test(host);
	return PRIVATE.check(host, version === 4 ? 'ipv4' : 'ipv6');
}
