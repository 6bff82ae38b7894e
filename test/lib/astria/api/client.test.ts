import { AstriaClient, filePart } from '../../../../lib/astria/api/client';
import { astriaAnswerError } from '../../../../lib/astria/api/errors';
import { ConnectionError, InputError, StoppedError } from '../../../../lib/errors';
import { mayPass } from '../../../../lib/time';
import { TestClock } from '../../clock';
import { broken, fakeDoor, type Reply } from '../fakeDoor';

const BASE = 'https://api.astria.ai';

const PHOTO = {
	kind: 'file',
	file: { open: async () => Buffer.alloc(0) },
	sha256: '',
	size: 1,
	type: { mimeType: 'image/png', extension: 'png', name: 'PNG' },
	fileName: 'x.png',
} as const satisfies Parameters<typeof filePart>[0];

function clientWith(replies: Array<Reply | Error>, clock = new TestClock()) {
	const door = fakeDoor((_call, index) => {
		const reply = replies[Math.min(index, replies.length - 1)] ?? {};
		if (reply instanceof Error) throw reply;
		return reply;
	});
	return { door, clock, client: new AstriaClient(door, BASE, clock) };
}

test('an address has its query, lists as Rails reads them, and nothing that is not set', async () => {
	const { client, door } = clientWith([{ json: [] }]);
	const query = { title: 'a b&c', limit: 2, name: ['man', 'woman'], branch: undefined };
	await client.readOnce({ path: '/tunes', query }, 'result');
	expect(door.calls[0]).toMatchObject({
		method: 'GET',
		url: `${BASE}/tunes?title=a+b%26c&limit=2&name%5B%5D=man&name%5B%5D=woman`,
		headers: { Accept: 'application/json' },
	});
	expect(door.calls[0]?.body).toBeUndefined();
	expect(door.calls[0]?.headers).not.toHaveProperty('X-Workspace-Id');
});

test.each([
	[{}, ''],
	[{ a: undefined, b: [] }, ''],
	[{ a: 0, b: false, c: '' }, '?a=0&b=false&c='],
])('a query of %j is %p in an address', async (query, text) => {
	const { client, door } = clientWith([{ json: [] }]);
	await client.readOnce({ path: '/tunes', query }, 'result');
	expect(door.calls[0]?.url).toBe(`${BASE}/tunes${text}`);
});

test.each(['all', 7])('a call may choose its workspace: %p', async (workspace) => {
	const { client, door } = clientWith([{ json: [] }]);
	await client.readOnce({ path: '/prompts', workspace }, 'wait');
	expect(door.calls[0]?.headers).toMatchObject({ 'X-Workspace-Id': `${workspace}` });
});

test('a call is told where it belongs, and ends with the signal that it was given', async () => {
	const { client, door, clock } = clientWith([{ json: [] }]);
	const { signal } = new AbortController();
	await client.read({ path: '/tunes' }, { clock, signal });
	await client.read({ path: '/tunes', stage: 'wait' }, { clock });
	expect(door.calls).toMatchObject([{ stage: 'result', signal }, { stage: 'wait' }]);
	expect(door.calls[1]?.signal).toBeUndefined();
});

test('a body without a file is a form where an address documents nothing else', async () => {
	const { client, door } = clientWith([{ json: {} }]);
	const call = { method: 'POST', path: '/x', body: { a: 'b' }, stage: 'result' } as const;
	for (const asForm of [true, false]) await client.call({ ...call, asForm });
	expect(door.calls.map(({ body }) => body)).toEqual([expect.any(FormData), '{"a":"b"}']);
});

test.each<[string, Reply, string]>([
	['JSON', { status: 422, json: { error: 'no face' } }, 'Astria says: no face.'],
	['text', { status: 400, text: 'no face' }, 'Astria says: no face.'],
	['nothing', { status: 418 }, 'Astria says: status 418.'],
])("a refusal in %s is told in Astria's words", async (_name, reply, message) => {
	const { client } = clientWith([reply]);
	await expect(client.readOnce({ path: '/x' }, 'wait')).rejects.toMatchObject({
		message,
		details: { stage: 'wait' },
	});
});

test.each<[string, unknown, boolean]>([
	...[500, 504, 599, 408, 425, 429].map((status): [string, unknown, boolean] => [
		`status ${status}`,
		refusal(status),
		true,
	]),
	...[400, 401, 404, 410, 422, 499, 302].map((status): [string, unknown, boolean] => [
		`status ${status}`,
		refusal(status),
		false,
	]),
	['a reset', broken(), true],
	['a connection that was never made', broken(false), true],
	['what nobody foresaw', new TypeError('x'), false],
])('a read that failed with %s may succeed later: %p', (_name, error, may) => {
	expect(mayPass(error)).toBe(may);
});

function refusal(status: number) {
	return astriaAnswerError({ status, headers: {} }, '', 'result');
}

test.each<[string, Reply, unknown]>([
	['JSON', { json: { id: 1 } }, { id: 1 }],
	['nothing', { status: 204 }, undefined],
	['spaces', { text: ' \n' }, undefined],
])('an answer of %s is read', async (_name, reply, expected) => {
	const { client } = clientWith([reply]);
	expect(await client.call({ method: 'PATCH', path: '/x', stage: 'result' })).toEqual(expected);
});

test('a delete may answer anything', async () => {
	const { client } = clientWith([{ text: 'gone' }]);
	const call = { method: 'DELETE', path: '/tunes/1', stage: 'submit' } as const;
	expect(await client.call(call)).toBeUndefined();
});

test('a success that cannot be read is a lost answer', async () => {
	const { client } = clientWith([{ text: '<html>' }]);
	const call = { method: 'POST', path: '/tunes', stage: 'submit' } as const;
	await expect(client.call(call)).rejects.toThrow(ConnectionError);
	await expect(client.call(call)).rejects.toMatchObject({
		message: "api.astria.ai answered with something other than Astria's data.",
		sent: true,
		details: { stage: 'submit', retryable: true, charged: 'unknown', statusCode: 200 },
	});
});

test.each([
	[new Error('the disk is gone'), 'x.png could not be read while it was sent: the disk is gone'],
	[
		new InputError('Person', 'cannot be opened: status 404', ''),
		/^'Person' cannot be opened: status 404/,
	],
])(
	'a form that breaks off for one of its files says so, and was not taken',
	async (failure, words) => {
		const door = fakeDoor(async ({ body }) => {
			const parts = body instanceof FormData ? [...body.values()] : [];
			for (const part of parts) {
				if (typeof part !== 'string')
					await part
						.stream()
						.getReader()
						.read()
						.catch(() => {
							throw broken();
						});
			}
			return { json: { id: 1 } };
		});
		let isBroken = true;
		const photo = filePart({
			...PHOTO,
			file: {
				open: async () => {
					if (isBroken) throw failure;
					return Buffer.from('x');
				},
			},
		});
		const client = new AstriaClient(door, BASE, new TestClock());
		const send = async () =>
			await client.call({ method: 'POST', path: '/tunes', body: { photo }, stage: 'submit' });
		const error: unknown = await send().catch((thrown: unknown) => thrown);
		expect(error).toMatchObject({
			message: expect.stringMatching(words),
			details: { stage: 'input', charged: 'no' },
		});
		isBroken = false;
		expect(await send()).toEqual({ id: 1 });
	},
);

test('an upload is given minutes; what its size takes is added by the door', async () => {
	const { client, door } = clientWith([{ json: {} }]);
	const photo = (size: number) => filePart({ ...PHOTO, size });
	const send = async (...images: number[]) =>
		await client.call({
			method: 'POST',
			path: '/tunes',
			body: { tune: { title: 'x', images: images.map(photo) } },
			stage: 'submit',
		});
	await send();
	await send(1_000);
	await send(...Array.from({ length: 20 }, () => 10_000_000));
	expect(door.calls.map(({ timeoutMs }) => timeoutMs)).toEqual([120_000, 600_000, 600_000]);
	expect(door.calls[0]?.headers).toMatchObject({ 'Content-Type': 'application/json' });
	expect(door.calls[1]?.headers).not.toHaveProperty('Content-Type');
	expect(door.calls[1]?.body).toBeInstanceOf(FormData);
});

describe('reads', () => {
	const FINE = { json: [1] };

	test.each<[string, Reply | Error, number[]]>([
		['a lost connection', broken(), [1_000, 2_000]],
		['a 429', { status: 429 }, [5_000, 10_000]],
		['a 429 with Retry-After', { status: 429, headers: { 'retry-after': '3' } }, [3_000, 3_000]],
		['a 500', { status: 500 }, [30_000, 60_000]],
		['a 504', { status: 504 }, [30_000, 60_000]],
	])('after %s come again later', async (_name, failure, waits) => {
		const { client, clock } = clientWith([failure, failure, FINE]);
		expect(await client.read({ path: '/tunes' }, { clock })).toEqual([1]);
		expect(clock.waits).toEqual(waits);
	});

	test.each([400, 401, 403, 404, 422])('after a %i do not', async (status) => {
		const { client, clock, door } = clientWith([{ status }]);
		await expect(client.read({ path: '/tunes' }, { clock })).rejects.toMatchObject({ status });
		expect(door.calls).toHaveLength(1);
	});

	test('end some time', async () => {
		const { client, clock, door } = clientWith([{ status: 503 }]);
		await expect(client.read({ path: '/tunes' }, { clock })).rejects.toMatchObject({ status: 503 });
		expect(door.calls).toHaveLength(5);
	});

	test('end with Stop', async () => {
		const { client, clock } = clientWith([broken()]);
		const stop = new AbortController();
		jest.spyOn(clock, 'sleep').mockImplementation(async () => stop.abort());
		const reading = client.read({ path: '/tunes' }, { clock, signal: stop.signal });
		await expect(reading).rejects.toThrow(StoppedError);
	});
});

test("Astria's clock is read from its answers", async () => {
	const clock = new TestClock(Date.parse('2026-01-01T10:00:00Z'));
	const { client } = clientWith(
		[{ headers: { date: 'Thu, 01 Jan 2026 10:05:00 GMT' } }, {}, { headers: { date: 'today' } }],
		clock,
	);
	expect(client.astriaTime(clock.now())).toBe(clock.now());
	for (const _again of [1, 2, 3]) await client.readOnce({ path: '/x' }, 'result');
	expect(client.astriaTime(clock.now()) - clock.now()).toBe(300_000);
});
