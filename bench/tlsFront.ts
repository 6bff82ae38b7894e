import { connect } from 'node:net';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { createServer } from 'node:tls';

import { run } from '../build/run';

/** A certificate for 127.0.0.1, and its key; both PEM files. */
export interface Certificate {
	certificate: string;
	key: string;
}

/** A day, since nobody needs it tomorrow. */
const DAYS = '1';

/**
 * Makes a certificate that signs itself. n8n has to be told to believe it: `NODE_EXTRA_CA_CERTS`.
 *
 * @param folder absolute; must exist
 * @throws Error when there is no OpenSSL
 */
export async function makeCertificate(folder: string): Promise<Certificate> {
	const files = { certificate: path.join(folder, 'bench.pem'), key: path.join(folder, 'key.pem') };
	const curve = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];
	const subject = ['-subj', '/CN=127.0.0.1', '-addext', 'subjectAltName=IP:127.0.0.1'];
	const output = ['-days', DAYS, '-keyout', files.key, '-out', files.certificate];
	await run('openssl', ['req', '-x509', ...curve, ...subject, ...output]);
	return files;
}

/** The same service over TLS, as the real ones are reached. */
export interface TlsFront {
	/** Origin, without a slash at the end. */
	url: string;
	close(): void;
}

/** @param target origin of a stand-in service on this machine */
export async function startTlsFront(target: string, files: Certificate): Promise<TlsFront> {
	const { hostname, port } = new URL(target);
	const [cert, key] = [readFileSync(files.certificate), readFileSync(files.key)];
	const server = createServer({ cert, key }, (caller) => {
		const service = connect(Number(port), hostname);
		service.setNoDelay(true);
		// Who goes away in the middle of a call is no concern of the bench.
		for (const socket of [caller, service]) socket.on('error', () => socket.destroy());
		caller.on('close', () => service.destroy());
		service.on('close', () => caller.end());
		caller.pipe(service).pipe(caller);
	});
	server.on('tlsClientError', () => {});
	await new Promise<void>((resolve) => server.listen(0, hostname, resolve));
	const address = server.address();
	if (address === null || typeof address === 'string') throw new Error('The front has no port');
	return { url: `https://${hostname}:${address.port}`, close: () => void server.close() };
}
