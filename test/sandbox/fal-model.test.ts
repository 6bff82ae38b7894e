import sharp from 'sharp';
import { FaultBook } from '../../sandbox/faults';
import { isRecord } from '../../sandbox/json';
import { readPicture, sampleGarment } from '../../sandbox/pictures';
import { startServer } from '../../sandbox/server';
import type { RunningServer } from '../../sandbox/server';
import type { RecordedCall } from '../../sandbox/types';
import { completed, eventually, falCall, requestPath, startTestBed, submitJob, V16 } from './setup';
import type { Reply, TestBed } from './setup';

let bed: TestBed;

beforeAll(async () => {
	bed = await startTestBed({ fal: { slots: 4 } });
});

afterAll(async () => {
	await bed.sandbox.close();
});

async function run(input: unknown): Promise<Reply> {
	const id = await submitJob(bed.sandbox, input);
	await completed(bed.sandbox, id);
	return await falCall(bed.sandbox, 'GET', requestPath(id));
}

function details({ json }: Reply): Array<Record<string, unknown>> {
	return Array.isArray(json.detail) ? json.detail.filter(isRecord) : [];
}

function images({ json }: Reply): Array<Record<string, unknown>> {
	return Array.isArray(json.images) ? json.images.filter(isRecord) : [];
}

async function bytesOf(url: unknown): Promise<Buffer> {
	return Buffer.from(await (await fetch(String(url))).arrayBuffer());
}

describe('input check', () => {
	it.each([
		['category', 'hats', 'one_of'],
		['category', null, 'one_of'],
		['mode', 3, 'one_of'],
		['seed', -1, 'greater_than_equal'],
		['seed', 2 ** 32, 'less_than_equal'],
		['seed', 1.5, 'int_from_float'],
		['seed', 'many', 'int_parsing'],
		['seed', true, 'int_type'],
		['num_samples', 0, 'greater_than_equal'],
		['num_samples', 5, 'less_than_equal'],
		['num_samples', null, 'int_type'],
		['sync_mode', 'perhaps', 'bool_parsing'],
		['sync_mode', 2, 'bool_parsing'],
		['segmentation_free', {}, 'bool_type'],
		['model_image', 7, 'string_type'],
		['model_image', undefined, 'missing'],
		['garment_image', null, 'string_type'],
	])('%s: %p is %s', async (field, value, type) => {
		const reply = await run({ ...bed.input, [field]: value });
		expect(reply.status).toBe(422);
		expect(reply.headers['x-fal-retryable']).toBe('false');
		expect(details(reply)).toMatchObject([{ loc: ['body', field], type }]);
		expect(details(reply)[0]?.msg).toEqual(expect.stringMatching(/^(Input|Field) /));
	});

	it('takes what pydantic takes, and ignores what it does not know', async () => {
		const lax = {
			num_samples: '2',
			seed: null,
			sync_mode: 'False',
			segmentation_free: 1,
			hat: 'no',
		};
		expect(images(await run({ ...bed.input, ...lax }))).toHaveLength(2);
	});

	it('names every fault of a body that is no input at all', async () => {
		expect(details(await run({}))).toMatchObject([
			{ loc: ['body', 'model_image'], type: 'missing' },
			{ loc: ['body', 'garment_image'], type: 'missing' },
		]);
		expect(details(await run([bed.input]))).toMatchObject([
			{ loc: ['body'], type: 'model_attributes_type' },
		]);
		expect(details(await run(undefined))).toMatchObject([{ loc: ['body'], type: 'json_invalid' }]);
	});
});

describe('input pictures', () => {
	let host: RunningServer;
	const calls: RecordedCall[] = [];

	beforeAll(async () => {
		const garment = await sampleGarment(1);
		const tiny = await sharp({ create: { width: 14, height: 40, channels: 3, background: '#fff' } })
			.png()
			.toBuffer();
		const serve = (path: RegExp, type: string, body: Buffer | string) => ({
			method: 'GET',
			path,
			handle: () => ({ status: 200, headers: { 'Content-Type': type }, body }),
		});
		const redirect = (path: RegExp, location: string) => ({
			method: 'GET',
			path,
			handle: () => ({ status: 302, headers: { Location: location } }),
		});
		host = await startServer({
			service: 'media',
			routes: [
				serve(/\/good/, 'image/png', garment),
				serve(/\/octets/, 'application/octet-stream', garment),
				serve(/\/typed-wrong/, 'text/html', garment),
				serve(/\/page/, 'text/html', '<html>log in</html>'),
				serve(/\/broken/, 'image/png', garment.subarray(0, 100)),
				serve(/\/tiny/, 'image/png', tiny),
				serve(/\/huge/, 'image/png', Buffer.alloc(30 * 1024 * 1024 + 1)),
				redirect(/\/moved/, '/good'),
				redirect(/\/away/, 'http://example.com/picture.png'),
				redirect(/\/round/, '/round'),
				{ method: 'GET', path: /\/locked/, handle: () => ({ status: 403 }) },
			],
			calls,
			faults: new FaultBook(),
		});
	});

	afterAll(async () => {
		await host.close();
	});

	it.each(['good', 'octets', 'moved'])('/%s is fetched and used', async (path) => {
		calls.length = 0;
		const reply = await run({ ...bed.input, garment_image: `${host.url}/${path}` });
		expect(reply.status).toBe(200);
		expect(calls[0]?.path).toBe(`/${path}`);
		expect(calls.some(({ headers }) => 'authorization' in headers)).toBe(false);
	});

	it.each([
		['/locked', 'file_download_error'],
		['/nowhere', 'file_download_error'],
		['/away', 'file_download_error'],
		['/round', 'file_download_error'],
		['/page', 'image_load_error'],
		['/typed-wrong', 'image_load_error'],
		['/broken', 'image_load_error'],
		['/tiny', 'image_too_small'],
		['/huge', 'file_too_large'],
	])('%s is a %s', async (path, type) => {
		const url = host.url + path;
		const reply = await run({ ...bed.input, model_image: url });
		expect(reply.status).toBe(422);
		expect(details(reply)).toMatchObject([{ loc: ['body', 'model_image'], type, input: url }]);
	});

	it.each([
		['a host elsewhere', 'http://example.com/a.png', 'file_download_error'],
		['a dead port', 'http://127.0.0.1:1/a.png', 'file_download_error'],
		['another scheme', 'ftp://127.0.0.1/a.png', 'file_download_error'],
		['no URL', 'picture.png', 'file_download_error'],
		['base64 without its prefix', 'iVBORw0KGgo=', 'file_download_error'],
		['a data URI without base64', 'data:image/png,abc', 'file_download_error'],
		['a data URI of no picture', 'data:image/png;base64,AAAA', 'image_load_error'],
		['a data URI of another type', 'data:text/plain;base64,AAAA', 'image_load_error'],
	])('%s is refused', async (_, garment, type) => {
		const reply = await run({ ...bed.input, garment_image: garment });
		expect(details(reply)).toMatchObject([{ loc: ['body', 'garment_image'], type }]);
	});

	it('both pictures are judged', async () => {
		const reply = await run({
			model_image: `${host.url}/locked`,
			garment_image: `${host.url}/page`,
		});
		expect(details(reply).map(({ type }) => type)).toEqual([
			'file_download_error',
			'image_load_error',
		]);
	});

	it('a data URI is used', async () => {
		const garment = `data:image/png;base64,${(await sampleGarment(2)).toString('base64')}`;
		expect((await run({ ...bed.input, garment_image: garment })).status).toBe(200);
	});

	it('a garment URL with the word moderation is refused as content', async () => {
		const reply = await run({ ...bed.input, garment_image: `${host.url}/good?moderation` });
		expect(reply.status).toBe(422);
		expect(details(reply)).toMatchObject([
			{ loc: ['body', 'garment_image'], type: 'content_policy_violation' },
		]);
	});
});

describe('output', () => {
	it('is the endpoint’s own size when no other is set', async () => {
		const { options } = bed.sandbox.fal;
		const { pictureSize } = options;
		options.pictureSize = undefined;
		for (const [endpoint, size] of [
			[V16, { width: 864, height: 1296 }],
			['fal-ai/fashn/tryon/v1.5', { width: 576, height: 864 }],
		] as const) {
			const { json } = await falCall(bed.sandbox, 'POST', `/${endpoint}`, bed.input);
			await completed(bed.sandbox, String(json.request_id));
			const reply = await falCall(bed.sandbox, 'GET', requestPath(String(json.request_id)));
			expect(await readPicture(await bytesOf(images(reply)[0]?.url))).toMatchObject(size);
		}
		options.pictureSize = pictureSize;
	});

	it('is the same for the same seed, and differs from sample to sample', async () => {
		const ask = async () => {
			const reply = await run({ ...bed.input, seed: 7, num_samples: 2 });
			return await Promise.all(images(reply).map(({ url }) => bytesOf(url)));
		};
		const [first, again] = [await ask(), await ask()];
		expect(first).toHaveLength(2);
		expect(again).toEqual(first);
		expect(first[0]?.equals(first[1] ?? Buffer.alloc(0))).toBe(false);
	});

	it('differs without a seed', async () => {
		const urls = [await run(bed.input), await run(bed.input)].map((reply) => images(reply)[0]?.url);
		const [first, second] = await Promise.all(urls.map(bytesOf));
		expect(second?.equals(first ?? Buffer.alloc(0))).toBe(false);
	});

	it('is a data URI in sync mode', async () => {
		const before = bed.sandbox.media.files().length;
		const [image] = images(await run({ ...bed.input, sync_mode: true, output_format: 'jpeg' }));
		const [head, data = ''] = String(image?.url).split(',');
		expect(head).toBe('data:image/jpeg;base64');
		const bytes = Buffer.from(data, 'base64');
		expect(await readPicture(bytes)).toMatchObject({ format: 'jpeg' });
		expect(image).toMatchObject({ content_type: 'image/jpeg', file_size: bytes.length });
		expect(bed.sandbox.media.files()).toHaveLength(before);
	});

	it('lives as long as the caller asked', async () => {
		const lifecycle = JSON.stringify({ expiration_duration_seconds: 1 });
		const header = { 'X-Fal-Object-Lifecycle-Preference': lifecycle };
		const id = await submitJob(bed.sandbox, bed.input, header);
		await completed(bed.sandbox, id);
		const url = String(images(await falCall(bed.sandbox, 'GET', requestPath(id)))[0]?.url);
		expect((await fetch(url)).status).toBe(200);
		const gone = await eventually(async () =>
			(await fetch(url)).status === 404 ? true : undefined,
		);
		expect(gone).toBe(true);
	});
});
