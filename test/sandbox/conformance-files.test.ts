import { createHash, createPublicKey, verify } from 'node:crypto';
import type { FalClient } from '@fal-ai/client';
import { FaultBook } from '../../sandbox/faults';
import { isRecord } from '../../sandbox/json';
import { samplePerson } from '../../sandbox/pictures';
import { startServer } from '../../sandbox/server';
import type { RecordedCall } from '../../sandbox/types';
import { clientOf } from './client';
import { eventually, startTestBed, V16 } from './setup';
import type { TestBed } from './setup';

let bed: TestBed;
let fal: FalClient;

beforeAll(async () => {
	bed = await startTestBed({ fal: { loopbackWebhooks: true } });
	fal = clientOf(bed);
});

afterAll(async () => {
	await bed.sandbox.close();
});

describe('storage', () => {
	it('upload stores the bytes where the URL says, for as long as asked', async () => {
		const bytes = await samplePerson(3);
		const blob = new File([new Uint8Array(bytes)], 'my photo.jpg', { type: 'image/jpeg' });
		const url = await fal.storage.upload(blob, { lifecycle: { expiresIn: '1h' } });
		expect(url.startsWith(`${bed.sandbox.media.url}/files/`)).toBe(true);
		expect(url.endsWith('my%20photo.jpg')).toBe(true);
		const response = await fetch(url);
		expect(response.headers.get('content-type')).toBe('image/jpeg');
		expect(Buffer.from(await response.arrayBuffer()).equals(bytes)).toBe(true);
		const file = bed.sandbox.media.files().find((stored) => stored.url === url);
		expect(file?.lifecycle?.expiration_duration_seconds).toBe(3600);
	});

	it('a Blob in the input is uploaded and worked on', async () => {
		const garment = new Blob([new Uint8Array(await samplePerson(4))], { type: 'image/jpeg' });
		const endpoint: string = V16;
		const { data } = await fal.subscribe(endpoint, {
			input: { ...bed.input, garment_image: garment },
			pollInterval: 20,
		});
		expect(data).toMatchObject({ images: [{ content_type: 'image/png' }] });
	});

	it('a file over 90 MB goes up in parts', async () => {
		const size = 91 * 1024 * 1024;
		const bytes = Buffer.alloc(size, 'abcdefg');
		const url = await fal.storage.upload(new Blob([bytes], { type: 'application/zip' }));
		const stored = bed.sandbox.media.files().find((file) => file.url === url);
		const digest = (data: Buffer) => createHash('sha256').update(data).digest('hex');
		expect(digest(stored?.bytes ?? Buffer.alloc(0))).toBe(digest(bytes));
		// Recorded bodies of that size are not worth keeping for the tests that follow.
		for (const recorded of bed.sandbox.calls) recorded.body = Buffer.alloc(0);
	});
});

describe('webhook', () => {
	it('is signed so that the published key verifies the raw body', async () => {
		const calls: RecordedCall[] = [];
		const receiver = await startServer({
			service: 'media',
			routes: [{ method: 'POST', path: /\/hook/, handle: () => ({ status: 200 }) }],
			calls,
			faults: new FaultBook(),
		});
		const { request_id: requestId } = await fal.queue.submit(V16, {
			input: bed.input,
			webhookUrl: `${receiver.url}/hook?row=7`,
		});
		const hook = await eventually(() => calls[0]);
		await receiver.close();

		const header = (name: string) => String(hook.headers[`x-fal-webhook-${name}`]);
		const digest = createHash('sha256').update(hook.body).digest('hex');
		const signed = [header('request-id'), header('user-id'), header('timestamp'), digest].join(
			'\n',
		);
		const response = await fetch(`${bed.sandbox.fal.url}/.well-known/jwks.json`);
		const jwks: unknown = await response.json();
		const keys = isRecord(jwks) && Array.isArray(jwks.keys) ? jwks.keys.filter(isRecord) : [];
		expect(keys).toHaveLength(1);
		const check = (message: string) =>
			keys.map(({ x }) => {
				const jwk = { kty: 'OKP', crv: 'Ed25519', x: String(x) };
				const key = createPublicKey({ key: jwk, format: 'jwk' });
				return verify(null, Buffer.from(message), key, Buffer.from(header('signature'), 'hex'));
			});
		expect(check(signed)).toEqual([true]);
		expect(check(signed.replace(digest, '0'.repeat(64)))).toEqual([false]);

		expect(hook.query.get('row')).toBe('7');
		expect(header('request-id')).toBe(requestId);
		expect(Math.abs(Date.now() / 1000 - Number(header('timestamp')))).toBeLessThan(30);
		const { data } = await fal.queue.result(V16, { requestId });
		expect(JSON.parse(hook.body.toString())).toEqual({
			request_id: requestId,
			gateway_request_id: requestId,
			status: 'OK',
			payload: data,
		});
	});
});

it('no key ever reached the media listener', () => {
	const media = bed.sandbox.calls.filter(({ service }) => service === 'media');
	expect(media.length).toBeGreaterThan(10);
	expect(media.filter(({ headers }) => headers.authorization !== undefined)).toEqual([]);
});
