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
