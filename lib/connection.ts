import { chargeOfLost, ConnectionError, type Stage } from './errors';

const wordsOf = (text: string) => new Set(text.trim().split(/\s+/));

/** Codes that only the look-up of a name, or the opening of a connection, can fail with. */
const NEVER_CONNECTED = wordsOf('ECONNREFUSED ENOTFOUND EAI_AGAIN EHOSTDOWN');

/**
 * What Node says of a certificate that it does not accept, which it looks at before it sends the
 * request (Node's documentation, TLS, *X509 certificate error codes*; the last one is of its
 * *ERR_TLS_* codes).
 */
const CERTIFICATE_REFUSED = wordsOf(`
	UNABLE_TO_GET_ISSUER_CERT UNABLE_TO_GET_CRL UNABLE_TO_DECRYPT_CERT_SIGNATURE
	UNABLE_TO_DECRYPT_CRL_SIGNATURE UNABLE_TO_DECODE_ISSUER_PUBLIC_KEY CERT_SIGNATURE_FAILURE
	CRL_SIGNATURE_FAILURE CERT_NOT_YET_VALID CERT_HAS_EXPIRED CRL_NOT_YET_VALID CRL_HAS_EXPIRED
	ERROR_IN_CERT_NOT_BEFORE_FIELD ERROR_IN_CERT_NOT_AFTER_FIELD ERROR_IN_CRL_LAST_UPDATE_FIELD
	ERROR_IN_CRL_NEXT_UPDATE_FIELD OUT_OF_MEM DEPTH_ZERO_SELF_SIGNED_CERT
	SELF_SIGNED_CERT_IN_CHAIN UNABLE_TO_GET_ISSUER_CERT_LOCALLY UNABLE_TO_VERIFY_LEAF_SIGNATURE
	CERT_CHAIN_TOO_LONG CERT_REVOKED INVALID_CA PATH_LENGTH_EXCEEDED INVALID_PURPOSE
	CERT_UNTRUSTED CERT_REJECTED HOSTNAME_MISMATCH ERR_TLS_CERT_ALTNAME_INVALID
`);

/**
 * Node's code for a write that TLS could not turn into records: nothing of the request has left, or
 * not all of it. Measured with Node 20 and 24: a handshake that fails ends so, since the request
 * waits for it; what goes wrong with TLS once the request is out has another code, `ERR_SSL_…`.
 */
const NOTHING_ENCRYPTED = 'EPROTO';

/**
 * OpenSSL's reasons that only a handshake has (RFC 8446, section 6.2; `openssl/sslerr.h`): a server
 * that refuses one has read no request, not even where TLS 1.3 lets the client send early. They come
 * so, and not as EPROTO, through a proxy. Others do not tell: Node reports a wrong version number or
 * a bad record also when an answer is garbled, long after the request was sent (measured).
 */
const HANDSHAKE_REFUSED = wordsOf(`
	HANDSHAKE_FAILURE NO_CERTIFICATE BAD_CERTIFICATE UNSUPPORTED_CERTIFICATE CERTIFICATE_REVOKED
	CERTIFICATE_EXPIRED CERTIFICATE_UNKNOWN CERTIFICATE_REQUIRED CERTIFICATE_VERIFY_FAILED
	UNKNOWN_CA ACCESS_DENIED PROTOCOL_VERSION UNSUPPORTED_PROTOCOL NO_PROTOCOLS_AVAILABLE
	NO_CIPHERS_AVAILABLE INSUFFICIENT_SECURITY INAPPROPRIATE_FALLBACK MISSING_EXTENSION
	UNSUPPORTED_EXTENSION UNRECOGNIZED_NAME NO_APPLICATION_PROTOCOL
	UNSAFE_LEGACY_RENEGOTIATION_DISABLED DH_KEY_TOO_SMALL EE_KEY_TOO_SMALL CA_KEY_TOO_SMALL
	CA_MD_TOO_WEAK
`);

/** OpenSSL's reason in Node's code; an alert of the server names the protocol in front. */
const TLS_REASON = /^ERR_SSL_(?:(?:SSLV3|TLSV1|TLSV13|SSL\/TLS)_(?:ALERT_)?)?(.+)$/;

/** Node's own message of a failed look-up or connection; other failures begin with `read`, `write`. */
const WHILE_CONNECTING = /^(?:connect|getaddrinfo) E/;

function textProperty(value: unknown, name: string): string | undefined {
	if (typeof value !== 'object' || value === null || !(name in value)) return undefined;
	const found: unknown = Reflect.get(value, name);
	return typeof found === 'string' ? found : undefined;
}

/** The network code of what n8n's helpers throw: `code` of a raw error, `httpCode` of n8n's own. */
function networkCode(error: unknown): string {
	return textProperty(error, 'code') ?? textProperty(error, 'httpCode') ?? 'no code';
}

/** An error, what caused it, and what all of its attempts failed with (Node's AggregateError). */
function* withCauses(error: unknown): Generator {
	if (typeof error !== 'object' || error === null) return;
	yield error;
	if ('cause' in error) yield* withCauses(error.cause);
	if (!('errors' in error) || !Array.isArray(error.errors)) return;
	for (const one of error.errors) yield* withCauses(one);
}

/**
 * Whether the system was still at the connection. The same code may come later: a network that goes
 * away under an established connection is EHOSTUNREACH, ENETDOWN or ETIMEDOUT too, and then only the
 * message tells. n8n puts words of its own in front and keeps Node's in the cause.
 */
function failedToConnect(error: unknown): boolean {
	const causes = [...withCauses(error)];
	return causes.some((one) => WHILE_CONNECTING.test(textProperty(one, 'message') ?? ''));
}

/** Whether the service certainly has not seen the call, or not all of it. */
function wasNeverSent(code: string, error: unknown): boolean {
	return (
		NEVER_CONNECTED.has(code) ||
		CERTIFICATE_REFUSED.has(code) ||
		code === NOTHING_ENCRYPTED ||
		HANDSHAKE_REFUSED.has(TLS_REASON.exec(code)?.[1] ?? '') ||
		failedToConnect(error)
	);
}

interface Called {
	url: string;
	stage: Stage;
}

function failure({ stage }: Called, what: string, sent = true): ConnectionError {
	const charged = sent ? chargeOfLost(stage) : 'no';
	return new ConnectionError(`${what}.`, { stage, retryable: true, charged }, sent);
}

/**
 * The error of a call without an answer. Of what was thrown only the network code is kept: a raw
 * HTTP error carries the key.
 *
 * @param error what n8n's helper threw
 */
export function connectionError(call: Called, error: unknown): ConnectionError {
	const code = networkCode(error);
	const { host } = new URL(call.url);
	return wasNeverSent(code, error)
		? failure(call, `${host} cannot be reached (${code})`, false)
		: brokenAnswer(call, error);
}

/** The error of a call whose answer has begun, or might have: the service may have seen it. */
export function brokenAnswer(call: Called, error: unknown): ConnectionError {
	if (error instanceof ConnectionError) return error;
	const { host } = new URL(call.url);
	const code = networkCode(error);
	return failure(call, `The connection to ${host} broke before the answer was complete (${code})`);
}

/** @param ms what the whole call was given, in milliseconds */
export function tooLate(call: Called, ms: number): ConnectionError {
	const { host } = new URL(call.url);
	return failure(call, `${host} has not answered in full within ${Math.round(ms / 1000)} s`);
}

const MEGABYTE = 1024 * 1024;

/** @param maxBytes what the answer may have */
export function tooLarge(call: Called, maxBytes: number): ConnectionError {
	const { host } = new URL(call.url);
	const most = `${Math.floor(maxBytes / MEGABYTE)} MB`;
	const error = failure(call, `${host} answered with more than ${most}, which is not read`);
	return error.add({ retryable: false });
}
