import fc from 'fast-check';

import { ConnectionError, StoppedError, TryOnError, UnreadableAnswer } from '../../../lib/errors';
import { Uploader } from '../../../lib/fal/driver';
import { FalAnswerError } from '../../../lib/fal/errors';
import type { JsonObject } from '../../../lib/json';
import type { FilePicture } from '../../../lib/media/picture';
import { broken, type Reply } from '../astria/fakeDoor';
import { TestClock } from '../clock';
import { clientOf, fakeFal, pathOf } from './fakeFal';

const LIFETIME_S = 3_600;
const MINUTE = 60_000;

const STORED = 'https://v3.fal.media/files/a.jpg';
const PUT_THERE = 'https://storage.example/put?signature=1';

const picture = (bytes = 'a picture'): FilePicture => ({
	kind: 'file',
	file: { open: async () => await Promise.resolve(Buffer.from(bytes)) },
	sha256: `hash of ${bytes}`,
	size: bytes.length,
	type: { mimeType: 'image/jpeg', extension: 'jpg', name: 'JPEG' },
	fileName: 'me.jpg',
});

interface Fal {
	/** To the question where to put it, the n-th. */
	initiate?(index: number): Reply | Error;
	/** To what is put there. */
	put?(index: number): Reply | Error;
	memory?: JsonObject;
	signal?: AbortSignal;
}

const given = (reply: Reply | Error): Reply => {
	if (reply instanceof Error) throw reply;
	return reply;
};

function uploading({
	initiate = () => ({ json: { upload_url: PUT_THERE, file_url: STORED } }),
	put = () => ({}),
	memory = {},
	signal,
}: Fal = {}) {
	const clock = new TestClock();
	const door = fakeFal({
		api: (_, index) => given(initiate(index)),
		plain: (_, index) => given(put(index)),
	});
	const uploader = new Uploader(
		{ client: clientOf(door), timing: { clock, signal } },
		LIFETIME_S,
		memory,
	);
	return { uploader, door, clock, memory };
}

test('a picture goes to the address that fal names, without the key, for so long', async () => {
	const { uploader, door } = uploading();
	expect(await uploader.upload(picture())).toBe(STORED);
	const [initiate] = door.calls;
	expect(door.calls.map(pathOf)).toEqual(['/storage/upload/initiate?storage_type=fal-cdn-v3']);
	expect(initiate?.url).toMatch(/^https:\/\/rest\.fal\.ai\//);
	expect(JSON.parse(String(initiate?.body))).toEqual({
		content_type: 'image/jpeg',
		file_name: 'me.jpg',
	});
	expect(JSON.parse(initiate?.headers?.['x-fal-object-lifecycle'] ?? '')).toEqual({
		expiration_duration_seconds: LIFETIME_S,
	});
	const headers = { 'content-type': 'image/jpeg', 'Content-Length': '9' };
	expect(door.plainCalls).toEqual([
		expect.objectContaining({
			method: 'PUT',
			url: PUT_THERE,
			headers,
			body: Buffer.from('a picture'),
			stage: 'upload',
			// It may be large, and the line slow.
			timeoutMs: 300_000,
		}),
	]);
});

describe('the same bytes are uploaded once', () => {
	test('by rows side by side, and one after the other', async () => {
		const { uploader, door } = uploading();
		await Promise.all([uploader.upload(picture()), uploader.upload(picture())]);
		await uploader.upload(picture());
		expect(door.plainCalls).toHaveLength(1);
		await uploader.upload(picture('another'));
		expect(door.plainCalls).toHaveLength(2);
	});

	test('over a retry of the node', async () => {
		const { uploader, memory, clock } = uploading();
		const began = clock.now();
		await uploader.upload(picture());
		const kept: unknown = JSON.parse(JSON.stringify(memory));
		expect(kept).toEqual({
			'hash of a picture': { url: STORED, until: began + LIFETIME_S * 1_000 },
		});
		const second = uploading({ memory: Object(kept) });
		expect(await second.uploader.upload(picture())).toBe(STORED);
		expect([...second.door.calls, ...second.door.plainCalls]).toEqual([]);
	});

	test.each([
		['for longer than a quarter of an hour', 15 * MINUTE + 1, 0],
		['for less', 15 * MINUTE, 1],
		['no more', -MINUTE, 1],
	])('while the first still lives %s', async (_, left, uploads) => {
		const memory: JsonObject = {};
		const { uploader, door, clock } = uploading({ memory });
		memory['hash of a picture'] = { url: STORED, until: clock.now() + left };
		expect(await uploader.upload(picture())).toBe(STORED);
		expect(door.plainCalls).toHaveLength(uploads);
	});

	test.each([[null], ['x'], [{}], [{ url: STORED }], [{ until: 9e15 }], [{ url: 7, until: 9e15 }]])(
		'what is remembered as %j is none',
		async (entry) => {
			const memory = { 'hash of a picture': entry };
			const { uploader, door } = uploading({ memory });
			expect(await uploader.upload(picture())).toBe(STORED);
			expect(door.plainCalls).toHaveLength(1);
		},
	);

	test('unless it failed: the next row tries again', async () => {
		const { uploader, door } = uploading({
			initiate: (n) =>
				n === 0
					? { status: 403 }
					: {
							json: { upload_url: PUT_THERE, file_url: STORED },
						},
		});
		await expect(uploader.upload(picture())).rejects.toThrow(FalAnswerError);
		expect(await uploader.upload(picture())).toBe(STORED);
		expect(door.calls).toHaveLength(2);
	});
});

describe('trouble that may pass is followed by other tries', () => {
	const PAUSES = [500, 1_500, 4_000];
	const troubles: Array<[string, Reply | Error]> = [
		['a broken connection', broken()],
		['429', { status: 429 }],
		['500', { status: 500 }],
	];

	test.each(troubles)('when fal is asked where to put it: %s', async (_, trouble) => {
		const { uploader, clock } = uploading({
			initiate: (n) => (n < 3 ? trouble : { json: { upload_url: PUT_THERE, file_url: STORED } }),
		});
		expect(await uploader.upload(picture())).toBe(STORED);
		expect(clock.waits).toEqual(PAUSES);
	});

	test.each(troubles)('when it is put there: %s', async (_, trouble) => {
		const { uploader, clock, door } = uploading({ put: (n) => (n < 3 ? trouble : {}) });
		expect(await uploader.upload(picture())).toBe(STORED);
		expect(clock.waits).toEqual(PAUSES);
		// Each with all of its bytes, to an address of its own.
		expect(door.plainCalls.map(({ body }) => String(body))).toEqual(Array(4).fill('a picture'));
		expect(door.calls).toHaveLength(4);
	});

	test('but not without end', async () => {
		const { uploader, clock } = uploading({ put: () => broken() });
		await expect(uploader.upload(picture())).rejects.toThrow(ConnectionError);
		expect(clock.waits).toEqual(PAUSES);
	});

	test('and not after Stop', async () => {
		const stop = new AbortController();
		const { uploader, clock } = uploading({
			signal: stop.signal,
			put: () => {
				setImmediate(() => stop.abort());
				return broken();
			},
		});
		clock.sleep = async () => await new Promise((resolve) => setImmediate(resolve));
		await expect(uploader.upload(picture())).rejects.toThrow(StoppedError);
	});
});

test.each([400, 401, 403, 413])('a refusal is the last word: %i', async (status) => {
	const { uploader, door } = uploading({ initiate: () => ({ status, json: { detail: 'no' } }) });
	await expect(uploader.upload(picture())).rejects.toMatchObject({
		details: { stage: 'upload', charged: 'no', statusCode: status },
	});
	expect(door.calls).toHaveLength(1);
});

test('a file that cannot be read is a failure of the upload, and says so', async () => {
	const { uploader, door } = uploading();
	const open = async () => await Promise.reject(new Error('The file is gone'));
	await expect(uploader.upload({ ...picture(), file: { open } })).rejects.toMatchObject({
		name: TryOnError.name,
		message: 'The file is gone',
		details: { stage: 'upload', charged: 'no', retryable: false },
	});
	expect(door.calls).toHaveLength(1);
});

const NO_ADDRESS = {
	name: UnreadableAnswer.name,
	message: "fal's answer holds no address for the picture.",
	details: { stage: 'upload', retryable: true, charged: 'no' },
	sent: true,
};

test.each([
	['nothing', null],
	['no address to put it', { file_url: STORED }],
	['an address that is none', { upload_url: 'there', file_url: STORED }],
	['no address of the picture', { upload_url: PUT_THERE }],
	['an address of the picture that is none', { upload_url: PUT_THERE, file_url: 'here' }],
	['a number for it', { upload_url: PUT_THERE, file_url: 7 }],
])('an answer with %s is told in words, after several tries', async (_, json) => {
	const { uploader, memory, clock } = uploading({ initiate: () => ({ json }) });
	await expect(uploader.upload(picture())).rejects.toMatchObject(NO_ADDRESS);
	expect(clock.waits).toHaveLength(3);
	expect(memory).toEqual({});
});

test('any JSON is an address, or an error in words', async () => {
	const address = fc.oneof(fc.constantFrom(STORED, PUT_THERE, 'data:,x', '//x/y'), fc.jsonValue());
	const said = fc.oneof(fc.jsonValue(), fc.record({ upload_url: address, file_url: address }));
	await fc.assert(
		fc.asyncProperty(said, async (json) => {
			const [end] = await Promise.allSettled([
				uploading({ initiate: () => ({ json }) }).uploader.upload(picture()),
			]);
			if (end.status === 'rejected') expect(end.reason).toMatchObject(NO_ADDRESS);
			else expect(URL.canParse(end.value)).toBe(true);
		}),
		{ numRuns: 50 },
	);
});
