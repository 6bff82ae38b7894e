import sharp from 'sharp';
import { FaultBook } from '../../sandbox/faults';
import { loadPicture } from '../../sandbox/fal/inputs';
import { sampleGarment } from '../../sandbox/pictures';
import { startServer } from '../../sandbox/server';
import type { RunningServer } from '../../sandbox/server';
import type { RecordedCall } from '../../sandbox/types';
import { details, runJob, startTestBed } from './setup';
import type { TestBed } from './setup';

let bed: TestBed;

beforeAll(async () => {
	bed = await startTestBed({ fal: { slots: 4 } });
});

afterAll(async () => {
	await bed.sandbox.close();
});

const run = (input: unknown) => runJob(bed.sandbox, input);

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

	it('nothing but this machine is ever asked', async () => {
		const asked = jest.spyOn(globalThis, 'fetch');
		const { signal } = new AbortController();
		for (const url of ['http://example.com/a.png', 'https://10.0.0.1/a.png', `${host.url}/away`]) {
			const loaded = await loadPicture('model_image', url, signal);
			expect(loaded).toMatchObject({ error: { type: 'file_download_error' } });
		}
		expect(asked.mock.calls.map(([url]) => url)).toEqual([`${host.url}/away`]);
		asked.mockRestore();
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
