import { createHash } from 'node:crypto';
import { call } from './http';
import { startKit } from './astria-kit';
import type { Kit } from './astria-kit';

let kit: Kit;

beforeEach(async () => {
	kit = await startKit();
});

afterEach(() => kit.sandbox.close());

async function announce(data: Buffer, checksum = createHash('md5').update(data).digest('base64')) {
	const blob = { filename: 'a.png', byte_size: data.length, checksum, content_type: 'image/png' };
	const { body } = await kit.ask({ path: '/api/direct_uploads', json: { blob } });
	if (!isUpload(body)) throw new Error('No upload was announced');
	return body;
}

function isUpload(value: unknown): value is {
	signed_id: string;
	direct_upload: { url: string; headers: Record<string, string> };
} {
	return typeof value === 'object' && value !== null && 'direct_upload' in value;
}

async function tuneWith(more: Record<string, unknown>) {
	return await kit.ask({ path: '/tunes', json: { tune: { title: 'T', name: 'shirt', ...more } } });
}

describe('addresses', () => {
	test('a picture on this machine is fetched, and served again by Astria', async () => {
		const source = kit.sandbox.media.publish(kit.garment, 'image/png');
		const answer = await tuneWith({ image_urls: [source] });
		const [tune] = kit.astria.tunes();
		expect(answer.status).toBe(201);
		expect(tune?.images).toMatchObject([{ contentType: 'image/png', data: kit.garment }]);
		expect(tune?.images[0]?.url).not.toBe(source);
		const copy = await fetch(tune?.images[0]?.url ?? '');
		expect(Buffer.from(await copy.arrayBuffer()).equals(kit.garment)).toBe(true);
	});

	test.each([
		['that nobody serves', 'http://127.0.0.1:9/a.jpg'],
		['with an umlaut', 'https://pictures.example/Kleid-grün.jpg'],
		['with a space', 'https://pictures.example/a b.jpg'],
		['of another scheme', 'ftp://pictures.example/a.jpg'],
		['of a file', 'file:///etc/hostname'],
		['without a scheme', 'pictures.example/a.jpg'],
	])('one %s cannot be downloaded', async (_, url) => {
		const { status, body } = await tuneWith({ image_urls: [url] });
		expect([status, body]).toEqual([422, { image_urls: [`could not download ${url}`] }]);
		const prompt = { text: 'x', input_image_url: url };
		const other = await kit.ask({ path: '/tunes/690204/prompts', json: { prompt } });
		expect([other.status, other.body]).toEqual([
			422,
			{ input_image_url: [`could not download ${url}`] },
		]);
	});

	test('a missing file cannot be downloaded, and a web page is no picture', async () => {
		const missing = `${kit.sandbox.media.url}/files/none`;
		expect((await tuneWith({ image_urls: [missing] })).text).toContain('could not download');
		const page = kit.sandbox.media.publish(Buffer.from('<html>'), 'text/html');
		const { body } = await tuneWith({ image_urls: [page] });
		expect(body).toEqual({ image_urls: ['is not a valid image'] });
	});

	test('a public one is taken as it is, and not called', async () => {
		const image_urls = ['https://pictures.example/a.jpg', 'https://pictures.example/b%C3%BC.jpg'];
		const { body } = await tuneWith({ image_urls });
		expect(body).toMatchObject({ orig_images: image_urls });
	});
});

describe('uploads', () => {
	test('captions may come along with the pictures', async () => {
		const tune = await kit.entity({
			path: '/tunes',
			form: [
				['tune[title]', 'T'],
				['tune[name]', 'style'],
				['tune[images][0]', kit.garmentFile],
				['tune[images][1]', { data: Buffer.from('a tee'), type: 'text/plain', name: '1.txt' }],
			],
		});
		expect(tune.orig_images).toHaveLength(1);
	});

	test.each([
		['nothing', Buffer.alloc(0)],
		['something else', Buffer.from('GIF89a is all there is')],
	])('a file with %s in it is no picture', async (_, data) => {
		const file = { data, type: 'image/png', name: 'a.png' };
		const { status, body } = await kit.ask({
			path: '/tunes',
			form: [
				['tune[title]', 'T'],
				['tune[name]', 'shirt'],
				['tune[images][]', file],
			],
		});
		expect([status, body]).toEqual([422, { images: ['is not a valid image'] }]);
	});

	test('a picture that is cut off is none', async () => {
		const data = kit.person.subarray(0, Math.floor(kit.person.length / 2));
		const image_urls = [kit.sandbox.media.publish(data, 'image/jpeg')];
		expect((await tuneWith({ image_urls })).body).toEqual({
			image_urls: ['is not a valid image'],
		});
	});

	test('a data URL is a picture too', async () => {
		const input_image_base64 = `data:image/jpeg;base64,${kit.person.toString('base64')}`;
		await kit.prompt(690204, { input_image_base64 });
		expect(kit.astria.prompts()[0]?.files.input_image).toMatchObject([{ data: kit.person }]);
		const prompt = { text: 'x', input_image_base64: 'data:image/jpeg,abc' };
		expect((await kit.ask({ path: '/tunes/690204/prompts', json: { prompt } })).body).toEqual({
			input_image_base64: ['is invalid'],
		});
	});

	test('what was sent is kept, with its encoding', async () => {
		await kit.reference('dress');
		await kit.prompt(690204, { seed: 5 });
		expect(kit.astria.creations()).toMatchObject([
			{
				kind: 'tune',
				path: '/tunes',
				encoding: 'multipart',
				params: {
					tune: {
						base_tune_id: '4180298',
						images: [{ filename: 'garment.png', contentType: 'image/png', data: kit.garment }],
					},
				},
			},
			{
				kind: 'prompt',
				path: '/tunes/690204/prompts',
				encoding: 'json',
				params: { prompt: { text: 'a photo', seed: 5 } },
			},
		]);
	});
});

describe('partner models', () => {
	const text = (id: number) => `<faceid:${id}:1> shirt`;

	test('a picture that is not what its type says makes them fail', async () => {
		const mislabelled = { ...kit.garmentFile, type: 'image/jpeg' };
		const { id } = await kit.entity({
			path: '/tunes',
			form: [
				['tune[title]', 'T'],
				['tune[name]', 'shirt'],
				['tune[model_type]', 'faceid'],
				['tune[base_tune_id]', '4180298'],
				['tune[images][]', mislabelled],
			],
		});
		const partner = await kit.generated(4180298, { text: text(id) });
		expect(partner.user_error).toBe('The provider could not read a reference image.');
		const video = { video_model: 'kling25', video_prompt: 'turn' };
		expect((await kit.generated(4180298, { text: text(id), ...video })).user_error).not.toBeNull();
		const flux = await kit.generated(1504944, { text: text(id) });
		expect(flux.user_error).toBeNull();
	});
});

describe('direct upload', () => {
	test('announce, put, use the signed id as text, in JSON', async () => {
		const { signed_id, direct_upload } = await announce(kit.garment);
		expect(new URL(direct_upload.url).origin).not.toBe(kit.astria.url);
		const { headers } = direct_upload;
		const put = await call(direct_upload.url, { method: 'PUT', headers, body: kit.garment });
		expect(put.status).toBe(200);
		expect((await tuneWith({ images: [signed_id] })).status).toBe(201);
		await kit.prompt(690204, { input_image: signed_id });
		expect(kit.astria.tunes()[0]?.images).toMatchObject([{ data: kit.garment }]);
		expect(kit.astria.prompts()[0]?.files.input_image).toMatchObject([{ data: kit.garment }]);
	});

	test('a signed id is worth nothing before the file has come', async () => {
		const { signed_id } = await announce(kit.garment);
		for (const images of [[signed_id], ['made-up']]) {
			expect((await tuneWith({ images })).body).toEqual({ images: ['has an invalid signed id'] });
		}
	});

	test.each([
		['a key', { Authorization: 'Bearer sd_sandbox' }, undefined, 400],
		['another type', { 'Content-Type': 'image/jpeg' }, undefined, 403],
		['another checksum', { 'Content-MD5': 'AAAA' }, undefined, 403],
		['other bytes', {}, Buffer.from('short'), 400],
	])('the storage host refuses a PUT with %s', async (_, headers, body, status) => {
		const { direct_upload } = await announce(kit.garment);
		const put = await call(direct_upload.url, {
			method: 'PUT',
			headers: { ...direct_upload.headers, ...headers },
			body: body ?? kit.garment,
		});
		expect(put.status).toBe(status);
	});

	test('an announcement must be whole', async () => {
		const { status } = await kit.ask({
			path: '/api/direct_uploads',
			json: { blob: { filename: 'a.png' } },
		});
		expect(status).toBe(422);
	});
});
