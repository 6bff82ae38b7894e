import { createServer as createTls } from 'node:https';
import { createServer, type Server } from 'node:http';

import { brokenAnswer, connectionError, tooLarge, tooLate } from '../../lib/connection';
import { ConnectionError, type Stage } from '../../lib/errors';
import { throughDoor } from '../engine/door';

const CALL = { url: 'https://queue.fal.run/x', stage: 'submit' } as const;

const sent = (error: unknown) => connectionError(CALL, error).sent;

/** As n8n's authenticated helper throws: its own words in front, Node's in the cause. */
const ofHelper = (httpCode: string, message: string) =>
	Object.assign(new Error('Words of n8n', { cause: new Error(message) }), { httpCode });

describe('the service cannot have seen the call', () => {
	test.each([
		'ECONNREFUSED',
		'ENOTFOUND',
		'EPROTO',
		'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
		'CERT_NOT_YET_VALID',
		'CERT_HAS_EXPIRED',
		'CERT_REVOKED',
		'HOSTNAME_MISMATCH',
		'ERR_TLS_CERT_ALTNAME_INVALID',
		'ERR_SSL_SSLV3_ALERT_HANDSHAKE_FAILURE',
		'ERR_SSL_SSL/TLS_ALERT_HANDSHAKE_FAILURE',
		'ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION',
		'ERR_SSL_TLSV1_UNRECOGNIZED_NAME',
		'ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED',
		'ERR_SSL_UNSUPPORTED_PROTOCOL',
	])('%s', (code) => {
		expect(sent(Object.assign(new Error('?'), { code }))).toBe(false);
		expect(sent(ofHelper(code, '?'))).toBe(false);
	});

	test.each(['ENETDOWN', 'ENETUNREACH', 'EHOSTUNREACH', 'ETIMEDOUT', 'EADDRNOTAVAIL'])(
		'%s, while it connected',
		(code) => {
			const message = `connect ${code} 203.0.113.1:443`;
			expect(sent(Object.assign(new Error(message), { code }))).toBe(false);
			expect(sent(ofHelper(code, message))).toBe(false);
			// A host with several addresses: Node tries one after the other.
			const attempts = new AggregateError([new Error(message)]);
			expect(sent(Object.assign(new Error('', { cause: attempts }), { code }))).toBe(false);
		},
	);
});

describe('the service may have seen the call', () => {
	test.each([
		'ECONNRESET',
		'ECONNABORTED',
		'ERR_CANCELED',
		'EPIPE',
		'ERR_SSL_WRONG_VERSION_NUMBER',
		'ERR_SSL_DECRYPTION_FAILED_OR_BAD_RECORD_MAC',
		'ERR_SSL_BAD_RECORD_TYPE',
		'ERR_SSL_TLSV1_ALERT_INTERNAL_ERROR',
		'no code at all',
	])('%s', (code) => {
		expect(sent(Object.assign(new Error('?'), { code }))).toBe(true);
	});

	test.each(['ENETDOWN', 'ENETUNREACH', 'EHOSTUNREACH', 'ETIMEDOUT'])(
		'%s, once it was connected',
		(code) => {
			expect(sent(Object.assign(new Error(`read ${code}`), { code }))).toBe(true);
			expect(sent(ofHelper(code, `write ${code}`))).toBe(true);
		},
	);

	test.each([undefined, null, 'text', 7])('whatever else is thrown: %p', (thrown) => {
		expect(sent(thrown)).toBe(true);
	});
});

describe('what a call without an answer may have cost', () => {
	const broken = { code: 'ECONNRESET' };
	const charges = (stage: Stage) => {
		const call = { ...CALL, stage };
		const sentOnes = [
			connectionError(call, broken),
			brokenAnswer(call, broken),
			tooLate(call, 1_000),
			tooLarge(call, 1_000),
		];
		return new Set(sentOnes.map(({ details }) => details.charged));
	};

	test('nobody knows of a submit that was sent', () => {
		expect(charges('submit')).toEqual(new Set(['unknown']));
	});

	test('a submit that was never sent costs nothing, nor does any other call', () => {
		expect(connectionError(CALL, { code: 'ECONNREFUSED' }).details.charged).toBe('no');
		expect(charges('wait')).toEqual(new Set(['no']));
		expect(charges('upload')).toEqual(new Set(['no']));
	});
});

describe('through n8n', () => {
	let server: Server;
	let requests: number;

	async function listen(make: (onRequest: () => void) => Server): Promise<string> {
		requests = 0;
		server = make(() => {
			requests += 1;
		});
		await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
		const address = server.address();
		if (address === null || typeof address === 'string') throw new Error('No port');
		return `https://127.0.0.1:${address.port}`;
	}

	afterEach(async () => {
		await new Promise((resolve) => server.close(resolve));
	});

	test.each<[string, (onRequest: () => void) => Server]>([
		['a server that speaks no TLS', (onRequest) => createServer(onRequest)],
		// Without a certificate there is no cipher to agree on.
		['a server that refuses the handshake', (onRequest) => createTls({}, onRequest)],
	])('%s', async (_name, make) => {
		const origin = await listen(make);
		const call = {
			method: 'POST',
			url: `${origin}/x`,
			body: '{}',
			timeoutMs: 5_000,
			stage: 'submit',
		} as const;
		const thrown = await throughDoor(origin, async (door) => [
			await door.api(call).catch((error: unknown) => error),
			await door.plain(call).catch((error: unknown) => error),
		]);
		for (const error of thrown) {
			expect(error).toBeInstanceOf(ConnectionError);
			expect(error).toMatchObject({
				sent: false,
				message: `${new URL(origin).host} cannot be reached (EPROTO).`,
			});
		}
		expect(requests).toBe(0);
	});
});
