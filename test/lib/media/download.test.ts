import { Readable } from 'node:stream';

import type { Door, HttpCall } from '../../../lib/http';
import { downloadPicture, type FileStore } from '../../../lib/media/download';
import { TryOnError } from '../../../lib/errors';
import { smallPerson } from '../../engine/pictures';
import { fakeDoor } from '../astria/fakeDoor';
import { TestClock } from '../clock';

const MINUTE_MS = 60_000;
const DOWNLOAD = { url: 'https://media.example/1', stem: 'picture' };

/** A host that answers so, one after the other, and n8n's store of files. */
function hostWith(...answers: Array<{ status?: number; type?: string; body?: Buffer }>) {
	const calls: HttpCall[] = [];
	const streams: Readable[] = [];
	const door: Door = {
		...fakeDoor(() => ({})),
		plainStream: async (call) => {
			const {
				status = 200,
				type = 'image/jpeg',
				body = Buffer.alloc(0),
			} = answers[Math.min(calls.length, answers.length - 1)] ?? {};
			calls.push(call);
			const stream = Readable.from(body.length > 0 ? [body] : []);
			streams.push(stream);
			return await Promise.resolve({ status, headers: { 'content-type': type }, stream });
		},
	};
	const store: FileStore = {
		helpers: {
			prepareBinaryData: async (data, fileName, mimeType) => {
				if (data instanceof Readable) for await (const _ of data);
				return { data: '', fileName, mimeType: mimeType ?? '' };
			},
		},
	};
	const clock = new TestClock();
	const fetched = async (signal?: AbortSignal) =>
		await downloadPicture(store, door, { clock, signal }, DOWNLOAD);
	return { calls, streams, clock, fetched };
}

test('a picture is fetched without a key, within a time and a size for the whole of it', async () => {
	const { calls, fetched } = hostWith({ body: await smallPerson(0) });
	const { signal } = new AbortController();
	expect(await fetched(signal)).toMatchObject({ fileName: 'picture.jpg', mimeType: 'image/jpeg' });
	expect(calls).toEqual([
		{
			method: 'GET',
			url: DOWNLOAD.url,
			timeoutMs: 2 * MINUTE_MS,
			wholeMs: 5 * MINUTE_MS,
			maxBytes: 512 * 1024 * 1024,
			signal,
			stage: 'download',
		},
	]);
});

test.each([
	['a 500', { status: 500 }, 'status 500.', 4],
	['a 429', { status: 429 }, 'status 429.', 4],
	['a 404', { status: 404 }, 'status 404.', 1],
	['nothing', {}, 'it is empty.', 4],
	['a page', { type: 'text/html', body: Buffer.from('<html>') }, 'it is no picture.', 4],
])(
	'%s in place of a picture, to the end: the picture was paid',
	async (_name, answer, said, tries) => {
		const { calls, streams, clock, fetched } = hostWith(answer);
		const failure: unknown = await fetched().catch((error: unknown) => error);
		if (!(failure instanceof TryOnError)) throw new Error('It was fetched');
		expect(failure.message).toBe(`The picture could not be downloaded from media.example: ${said}`);
		expect(failure.details).toEqual({ stage: 'download', retryable: tries > 1, charged: 'yes' });
		expect(calls).toHaveLength(tries);
		expect(clock.waits).toEqual([500, 2_000, 5_000].slice(0, tries - 1));
		expect(streams.every(({ destroyed }) => destroyed)).toBe(true);
	},
);

test('a failure that passes costs nobody the picture', async () => {
	const { calls, fetched } = hostWith({ status: 503 }, { body: await smallPerson(0) });
	expect(await fetched()).toMatchObject({ fileName: 'picture.jpg' });
	expect(calls).toHaveLength(2);
});
