/**
 * Whether a URL is http(s) on this machine. The sandbox calls nobody else, so that a test or a demo
 * never sends a picture out.
 */
export function isLoopbackUrl(text: string): boolean {
	if (!URL.canParse(text)) return false;
	const { protocol, hostname } = new URL(text);
	if (protocol !== 'http:' && protocol !== 'https:') return false;
	return hostname === 'localhost' || hostname === '[::1]' || /^127(?:\.\d+){3}$/.test(hostname);
}
