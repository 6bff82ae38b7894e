import { call } from './http';
import { falCall, recordOf, startTestBed } from './setup';
import type { Reply, TestBed } from './setup';

let bed: TestBed;

beforeAll(async () => {
	bed = await startTestBed();
});

afterAll(async () => {
	await bed.sandbox.close();
});

const PICTURE = { content_type: 'image/png', file_name: 'a.png' };

function initiate(
	body: unknown = PICTURE,
	headers: Record<string, string> = {},
	path = 'initiate',
): Promise<Reply> {
	const url = `/storage/upload/${path}?storage_type=fal-cdn-v3`;
	return falCall(bed.sandbox, 'POST', url, body, headers);
}

const urls = ({ json }: Reply) => ({
	upload: String(json.upload_url),
	file: String(json.file_url),
});

describe('upload', () => {
	it('goes to another host, and the file is there when it has arrived, not before', async () => {
		const { upload, file } = urls(await initiate());
		expect(new URL(upload).origin).toBe(bed.sandbox.media.url);
		expect((await call(file)).status).toBe(404);
		const headers = { 'Content-Type': 'image/png' };
		expect((await call(upload, { method: 'PUT', headers, body: 'bytes' })).status).toBe(200);
		expect(await call(file)).toMatchObject({ status: 200, text: 'bytes' });
	});

	it('is refused with a key, a wrong signature or a wrong id, and stores nothing', async () => {
		const { upload, file } = urls(await initiate());
		const put = (url: string, extra: Record<string, string> = {}) =>
			call(url, { method: 'PUT', headers: { 'Content-Type': 'image/png', ...extra }, body: 'x' });
		const key = { Authorization: `Key ${bed.sandbox.fal.key}` };
		expect((await put(upload, key)).status).toBe(400);
		expect((await put(upload.replace(/signature=.*/, 'signature=0'))).status).toBe(403);
		expect((await put(upload.replace('/upload/', '/upload/x'))).status).toBe(403);
		expect((await call(file)).status).toBe(404);
	});

	it('takes the type that was announced, and takes it once', async () => {
		const { upload, file } = urls(await initiate());
		const put = (headers: Record<string, string>, body: string) =>
			call(upload, { method: 'PUT', headers, body });
		expect((await put({}, 'untyped')).status).toBe(403);
		expect((await put({ 'Content-Type': 'image/jpeg' }, 'wrong')).status).toBe(403);
		expect((await call(file)).status).toBe(404);
		expect((await put({ 'Content-Type': 'image/png' }, 'first')).status).toBe(200);
		expect((await put({ 'Content-Type': 'image/png' }, 'second')).status).toBe(403);
		expect(await call(file)).toMatchObject({ status: 200, text: 'first' });
	});

	it('keeps the lifecycle it was announced with', async () => {
		const lifecycle = { expiration_duration_seconds: 60, initial_acl: { default: 'forbid' } };
		const { file } = urls(
			await initiate(PICTURE, { 'X-Fal-Object-Lifecycle': JSON.stringify(lifecycle) }),
		);
		const stored = bed.sandbox.media.files().find(({ url }) => url === file);
		expect(stored?.lifecycle).toEqual(lifecycle);
		expect(Math.abs((stored?.expiresAt ?? 0) - Date.now() - 60_000)).toBeLessThan(5000);
	});

	it.each([
		['a body without a type', { file_name: 'a.png' }, {}, 422],
		['a body that is no object', 'a.png', {}, 422],
		['a lifecycle that is no JSON', PICTURE, { 'X-Fal-Object-Lifecycle': 'soon' }, 400],
		[
			'a lifecycle in words',
			PICTURE,
			{ 'X-Fal-Object-Lifecycle': '{"expiration_duration_seconds":"1h"}' },
			400,
		],
		['a wrong key', PICTURE, { Authorization: 'Key no:no' }, 401],
	])('is not announced for %s', async (_, body, headers, status) => {
		const before = bed.sandbox.media.files().length;
		expect((await initiate(body, headers)).status).toBe(status);
		expect(bed.sandbox.media.files()).toHaveLength(before);
	});

	it('is not announced for a locked account', async () => {
		bed.sandbox.fal.options.locked = 'Admin lock';
		expect((await initiate()).status).toBe(403);
		bed.sandbox.fal.options.locked = false;
	});
});

describe('upload in parts', () => {
	const signed = (upload: string, end: string) => upload.replace('?', `/${end}?`);
	const complete = (upload: string, parts: unknown) =>
		call(signed(upload, 'complete'), { method: 'POST', body: JSON.stringify({ parts }) });

	it('joins the parts in the order of the last call', async () => {
		const { upload, file } = urls(await initiate(PICTURE, {}, 'initiate-multipart'));
		const parts: unknown[] = [];
		for (const [number, body] of [
			[2, 'world'],
			[1, 'hello '],
		] as const) {
			const seen = await call(signed(upload, String(number)), { method: 'PUT', body });
			parts.unshift(recordOf(seen.text));
		}
		expect((await call(file)).status).toBe(404);
		expect((await complete(upload, parts)).status).toBe(200);
		expect(await call(file)).toMatchObject({ status: 200, text: 'hello world' });
	});

	it('refuses parts that are missing or not what was sent', async () => {
		const { upload, file } = urls(await initiate(PICTURE, {}, 'initiate-multipart'));
		const seen = await call(signed(upload, '1'), { method: 'PUT', body: 'hello' });
		const part = recordOf(seen.text);
		expect((await complete(upload, [part, { ...part, partNumber: 2 }])).status).toBe(400);
		expect((await complete(upload, [{ ...part, etag: '"0"' }])).status).toBe(400);
		expect((await complete(upload, undefined)).status).toBe(400);
		expect((await call(upload, { method: 'PUT', body: 'x' })).status).toBe(403);
		expect((await call(file)).status).toBe(404);
	});
});

describe('token', () => {
	it('is given for the right key, and lets its holder store a file at once', async () => {
		const url = '/storage/auth/token?storage_type=fal-cdn-v3';
		const { json } = await falCall(bed.sandbox, 'POST', url, {});
		expect(json).toMatchObject({ token_type: 'Bearer', base_url: bed.sandbox.fal.url });
		expect(Date.parse(String(json.expires_at))).toBeGreaterThan(Date.now());
		const send = (token: unknown) =>
			call(`${String(json.base_url)}/files/upload`, {
				method: 'POST',
				headers: { Authorization: `Bearer ${String(token)}`, 'Content-Type': 'image/png' },
				body: 'bytes',
			});
		expect((await send('wrong')).status).toBe(401);
		const stored = recordOf((await send(json.token)).text);
		expect(await call(String(stored.access_url))).toMatchObject({ status: 200, text: 'bytes' });
	});

	it('is refused for a wrong key', async () => {
		const url = '/storage/auth/token?storage_type=fal-cdn-v3';
		const seen = await falCall(bed.sandbox, 'POST', url, {}, { Authorization: 'Key no:no' });
		expect([seen.status, seen.json]).toEqual([401, { detail: 'invalid key credentials' }]);
	});
});

describe('media', () => {
	it('serves published bytes to anyone, without a file extension in the URL', async () => {
		const url = bed.sandbox.media.publish(Buffer.from('bytes'), 'image/webp');
		expect(url).not.toMatch(/\.\w+$/);
		const seen = await call(url);
		expect([seen.text, seen.headers['content-type']]).toEqual(['bytes', 'image/webp']);
	});

	it('refuses and records a call that carries a key', async () => {
		const url = bed.sandbox.media.publish(Buffer.from('bytes'), 'image/webp');
		const headers = { Authorization: 'Key leaked' };
		expect((await call(url, { headers })).status).toBe(400);
		expect(bed.sandbox.calls.at(-1)).toMatchObject({
			service: 'media',
			headers: { authorization: 'Key leaked' },
		});
	});
});
