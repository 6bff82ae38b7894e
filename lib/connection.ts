import { ConnectionError, type Stage } from './errors';

/** Codes of connections that were never made: the service cannot have seen the call. */
const NEVER_CONNECTED = new Set([
	'ECONNREFUSED',
	'ENOTFOUND',
	'EAI_AGAIN',
	'EHOSTUNREACH',
	'ENETUNREACH',
	'CERT_HAS_EXPIRED',
	'DEPTH_ZERO_SELF_SIGNED_CERT',
	'SELF_SIGNED_CERT_IN_CHAIN',
	'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
	'ERR_TLS_CERT_ALTNAME_INVALID',
]);

function textProperty(value: unknown, name: string): string | undefined {
	if (typeof value !== 'object' || value === null || !(name in value)) return undefined;
	const found: unknown = Reflect.get(value, name);
	return typeof found === 'string' ? found : undefined;
}

/** The network code of what n8n's helpers throw: `code` of a raw error, `httpCode` of n8n's own. */
function networkCode(error: unknown): string {
	return textProperty(error, 'code') ?? textProperty(error, 'httpCode') ?? 'no code';
}

/**
 * The error of a call without an answer. Of what was thrown only the network code is kept: a raw
 * HTTP error carries the key.
 *
 * @param error what n8n's helper threw
 */
export function connectionError(
	call: { url: string; stage: Stage },
	error: unknown,
): ConnectionError {
	const { host } = new URL(call.url);
	const code = networkCode(error);
	const sent = !NEVER_CONNECTED.has(code);
	const what = sent
		? `The connection to ${host} broke before the answer was complete (${code})`
		: `${host} cannot be reached (${code})`;
	return new ConnectionError(
		`${what}.`,
		{ stage: call.stage, retryable: true, charged: 'no' },
		sent,
	);
}
