import { type PassThrough, Readable } from 'node:stream';

import { UnreadableAnswer } from '../../../lib/errors';
import {
	checkEndpointId,
	checkRequestId,
	falFetch,
	falOrigins,
	isRequestId,
	requestUrls,
} from '../../../lib/fal/client';
import { FalAnswerError } from '../../../lib/fal/errors';
import { StreamedFile } from '../../../lib/media/file';
import { broken, type Reply } from '../astria/fakeDoor';
import { saidBy } from '../said';
import { clientOf, ENDPOINT, eventOf, fakeFal, JOB, ORIGINS } from './fakeFal';

test.each(['fal-ai/fashn/tryon/v1.6', 'fashn/tryon', 'workflows/me/my-flow', ' a/b_c '])(
	'%p is an endpoint',
	(id) => {
		expect(checkEndpointId(id)).toBe(id.trim());
	},
);

test.each([
	'',
	'fashn',
	'/fashn/tryon',
	'fashn/tryon/',
	'fashn//tryon',
	'a.b/c',
	'a/../b',
	'a/..',
	'https://fal.run/fashn/tryon',
	'a/b?c',
	'a/b c',
	7,
	null,
])('%p is none, and where to find one is told', async (id) => {
	const said = await saidBy(() => checkEndpointId(id));
	const shown = typeof id === 'string' ? id : '';
	expect(said).toBe(
		`'Endpoint ID' is "${shown}", which is no endpoint of fal. Copy it from the page of the model at fal.ai/models, such as fal-ai/fashn/tryon/v1.6.`,
	);
});

test('a request id may come in a list of one, and nothing else is taken for one', async () => {
	expect(checkRequestId([' job_1 '])).toBe('job_1');
	expect(await saidBy(() => checkRequestId([]))).toContain("'Request ID' is empty");
	expect(await saidBy(() => checkRequestId(['a', 'b']))).toContain('has 2 values, and takes one');
	expect(await saidBy(() => checkRequestId('a b'))).toContain('which is no request id of fal');
});

test.each([
	['8e5fd9cc-3a40-4d02-9f7c-d8b3b1b9a3d0', true],
	['job_1', true],
	['', false],
	['a/b', false],
	['../x', false],
	['a b', false],
	['a?b', false],
	['a\n', false],
	[7, false],
	[undefined, false],
])('an id may be put into an address: %p: %s', (id, isSafe) => {
	expect(isRequestId(id)).toBe(isSafe);
});

test('a request id is taken as people paste it', () => {
	expect(checkRequestId(' job-1\n')).toBe('job-1');
});

test.each([
	['../status', `is "../status", which is no request id of fal.`],
	['a/b', `is "a/b", which is no request id of fal.`],
	['a?b', `is "a?b", which is no request id of fal.`],
	['  ', 'is empty.'],
	[undefined, 'is empty.'],
])('%p is no request id, and where it comes from is told', async (id, problem) => {
	const cure = 'Use the requestId that Submit or Generate gave.';
	expect(await saidBy(() => checkRequestId(id))).toBe(`'Request ID' ${problem} ${cure}`);
});

test.each([
	['fal-ai/fashn/tryon/v1.6', 'fal-ai/fashn'],
	['fashn/tryon', 'fashn/tryon'],
	['workflows/me/flow/more', 'workflows/me/flow'],
	['comfy/me/flow', 'comfy/me/flow'],
])('the addresses of a job of %s are those of its app', (endpointId, app) => {
	const job = { endpointId, requestId: 'job-1', submittedAt: 0 };
	const responseUrl = `https://queue.fal.run/${app}/requests/job-1`;
	expect(requestUrls('https://queue.fal.run', job)).toEqual({
		statusUrl: `${responseUrl}/status`,
		responseUrl,
		cancelUrl: `${responseUrl}/cancel`,
	});
});

const FALS_OWN = { rest: 'https://rest.fal.ai', platform: 'https://api.fal.ai' };

test.each([
	['https://queue.fal.run', FALS_OWN],
	['https://queue.falrun.com', FALS_OWN],
	['https://proxy.example:8443/fal', undefined],
	['https://queue.fal.run.example', undefined],
	['https://queue.fal.run:8443', undefined],
])('with the Base URL %s, what else of fal gets the key is %j', (baseUrl, own) => {
	const one = { rest: baseUrl, platform: baseUrl };
	expect(falOrigins(baseUrl)).toEqual({ queue: baseUrl, ...(own ?? one) });
});

const PICTURE = new StreamedFile({ open: async () => Buffer.from('x') }, 1, 'a.png', 'image/png');

/** What @fal-ai/client sends its calls with. */
function sending(answer: Reply | Error = { json: {} }, origins = ORIGINS) {
	const say = () => {
		if (answer instanceof Error) throw answer;
		return answer;
	};
	const door = fakeFal({ api: say, plain: say });
	const heads: unknown[] = [];
	const send = falFetch(door, origins, (path, head) => heads.push([path, head.status]));
	return { door, send, heads };
}

test.each(['https://queue.fal.run/keys', 'https://rest.fal.ai/keys', 'https://example.com/put'])(
	'a file goes to %s without the key: an answer has named the address',
	async (address) => {
		const { send, door } = sending({});
		await send(address, { method: 'PUT', body: PICTURE });
		expect(door.calls).toEqual([]);
		const headers = { 'Content-Length': '1' };
		expect(door.plainCalls).toMatchObject([
			{ method: 'PUT', url: address, body: Buffer.from('x'), headers, stage: 'upload' },
		]);
	},
);

test('a file is sent as the stream that it is: nobody holds all of it', async () => {
	const stream = Readable.from([Buffer.from('x')]);
	const { send, door } = sending({});
	const file = new StreamedFile({ open: async () => stream }, 1, 'a.png', 'image/png');
	await send('https://example.com/put', { method: 'PUT', body: file });
	expect(door.plainCalls[0]?.body).toBe(stream);
	expect(stream.readableFlowing).toBeNull();
});

test.each(['https://queue.fal.run.example/x', 'https://example.com/', 'http://queue.fal.run/x'])(
	'what else goes to %s goes without the key',
	async (address) => {
		const { send, door } = sending();
		await send(address, { method: 'POST', body: '{}' });
		expect(door.calls).toEqual([]);
		expect(door.plainCalls).toMatchObject([{ url: address, stage: 'upload' }]);
	},
);

test('with another Base URL all of it goes there, and its path is put before', async () => {
	const { send, door } = sending({ json: {} }, falOrigins('https://proxy.example/fal'));
	await send('https://queue.fal.run/a/b?c=d');
	await send(new URL('https://rest.fal.ai/storage/e'));
	await send(new Request('https://queue.fal.run/f'));
	expect(door.calls.map(({ url }) => url)).toEqual([
		'https://proxy.example/fal/a/b?c=d',
		'https://proxy.example/fal/storage/e',
		'https://proxy.example/fal/f',
	]);
});

test('nobody but n8n says who calls: no key, and no name, of the client goes along', async () => {
	const { send, door } = sending();
	const headers = { Authorization: 'Key a:b', 'User-Agent': 'other', 'X-Fal-Store-IO': '0' };
	await send('https://queue.fal.run/a', { headers });
	expect(door.calls[0]?.headers).toEqual({ 'x-fal-store-io': '0' });
});

const JOB_PATH = 'https://queue.fal.run/fal-ai/fashn/requests/job-1';

test.each([
	['POST', 'https://queue.fal.run/fal-ai/fashn/tryon/v1.6', 'submit', 120_000, undefined],
	['GET', JOB_PATH, 'result', 60_000, 300_000],
	['GET', `${JOB_PATH}/status?logs=0`, 'wait', 30_000, undefined],
	['PUT', `${JOB_PATH}/cancel`, 'cancel', 15_000, undefined],
	['POST', 'https://rest.fal.ai/storage/upload/initiate?x=y', 'upload', 300_000, undefined],
	// Names of jobs and endpoints that look like something else.
	['POST', 'https://queue.fal.run/fal-ai/status/x', 'submit', 120_000, undefined],
	['POST', 'https://queue.fal.run/fal-ai/x-cancel', 'submit', 120_000, undefined],
])(
	'%s %s is a call of stage %s, for at most %i ms',
	async (method, url, stage, timeoutMs, wholeMs) => {
		const { send, door } = sending();
		const signal = new AbortController().signal;
		await send(url, { method, signal });
		expect(door.calls).toEqual([
			expect.objectContaining({ method, url, stage, timeoutMs, body: undefined, signal }),
		]);
		expect(door.calls[0]?.wholeMs).toBe(wholeMs);
	},
);

test('a method that fal does not have is none', async () => {
	const { send, door } = sending();
	await send('https://queue.fal.run/a', { method: 'DELETE', body: null });
	expect(door.calls).toMatchObject([{ method: 'GET', body: undefined }]);
});

test.each([new Blob(['x']), new URLSearchParams('a=b'), Buffer.from('x')])(
	'a body that nobody means to send is not sent: %p',
	async (body) => {
		const { send, door } = sending();
		const sent = send('https://queue.fal.run/a', { method: 'POST', body });
		await expect(sent).rejects.toThrow('Only text and stored files are sent to fal');
		expect(door.calls).toEqual([]);
	},
);

describe('an answer', () => {
	test.each<[string, number, Record<string, string>]>([
		['as it is', 202, {}],
		['whatever it is called', 200, { 'content-type': 'text/plain' }],
	])('is handed on %s', async (_, status, type) => {
		const headers = { 'x-fal-request-id': 'r', ...type };
		const { send, heads } = sending({ status, headers, json: { a: 1 } });
		const answer = await send('https://queue.fal.run/a?b');
		expect(answer.status).toBe(status);
		expect(await answer.json()).toEqual({ a: 1 });
		expect(Object.fromEntries(answer.headers)).toEqual({
			'content-type': 'application/json',
			'x-fal-request-id': 'r',
		});
		expect(heads).toEqual([['/a', status]]);
	});

	test.each([300, 401, 404, 500])(
		'of status %i is an error of ours, with its words',
		async (status) => {
			const { send, heads } = sending({ status, headers: { a: 'b' }, json: { detail: 'Why not' } });
			await expect(send('https://queue.fal.run/a', { method: 'POST' })).rejects.toMatchObject({
				name: FalAnswerError.name,
				status,
				headers: { a: 'b' },
				fault: { words: 'Why not' },
				details: { stage: 'submit' },
			});
			expect(heads).toEqual([]);
		},
	);

	test.each<[string, Reply, string]>([
		[
			'a web page',
			{ text: '<html>', headers: { 'content-type': 'text/html; charset=utf-8' } },
			'a web page',
		],
		[
			'rubbish',
			{ text: 'oops', headers: { 'content-type': 'application/json' } },
			'something that cannot be read',
		],
		['nothing', { text: '' }, 'something that cannot be read'],
		['half of it', { text: '{"a":' }, 'something that cannot be read'],
	])('that is %s is trouble on the way', async (_, reply, what) => {
		const { send, heads } = sending(reply);
		await expect(send('https://queue.fal.run/a')).rejects.toMatchObject({
			name: UnreadableAnswer.name,
			message: `queue.fal.run answered with ${what} instead of fal's data.`,
			details: { stage: 'result', retryable: true, charged: 'no', statusCode: 200 },
			sent: true,
		});
		expect(heads).toEqual([]);
	});

	test('to an upload may be empty, but not rubbish', async () => {
		const put = { method: 'PUT', body: PICTURE };
		const empty = await sending({}).send('https://example.com/put', put);
		expect([empty.status, empty.body]).toEqual([200, null]);
		await expect(sending({ text: 'x' }).send('https://example.com/put', put)).rejects.toThrow(
			'example.com answered with something',
		);
	});

	test('that never came is the error that the door has', async () => {
		const error = broken();
		await expect(sending(error).send('https://queue.fal.run/a')).rejects.toBe(error);
	});
});

describe('a status stream', () => {
	const ask = { headers: { Accept: 'text/event-stream' } };
	const URL_OF_STREAM = `${JOB_PATH}/status/stream?logs=0`;

	test('is handed on piece by piece, to its end', async () => {
		const door = fakeFal({
			stream: (_, body) => {
				body.write(eventOf({ status: 'IN_QUEUE' }));
				setImmediate(() => body.end(eventOf({ status: 'COMPLETED' })));
				return { headers: { 'content-type': 'text/event-stream; charset=utf-8' } };
			},
		});
		const answer = await falFetch(door, ORIGINS, () => {})(URL_OF_STREAM, ask);
		expect(answer.headers.get('content-type')).toMatch(/^text\/event-stream/);
		expect(await answer.text()).toBe(
			`${eventOf({ status: 'IN_QUEUE' })}${eventOf({ status: 'COMPLETED' })}`,
		);
		expect(door.streamCalls).toMatchObject([
			{ method: 'GET', url: URL_OF_STREAM, stage: 'wait', timeoutMs: 30_000 },
		]);
	});

	test('that breaks off is an error for whoever reads it', async () => {
		const door = fakeFal({
			stream: (_, body) => {
				setImmediate(() => body.destroy(new Error('It broke')));
				return {};
			},
		});
		const answer = await falFetch(door, ORIGINS, () => {})(URL_OF_STREAM, ask);
		await expect(answer.text()).rejects.toThrow('It broke');
	});

	test('that nobody wants any more is closed', async () => {
		let closed = () => false;
		const door = fakeFal({
			stream: (_, body) => {
				closed = () => body.destroyed;
				return {};
			},
		});
		const answer = await falFetch(door, ORIGINS, () => {})(URL_OF_STREAM, ask);
		expect(closed()).toBe(false);
		await answer.body?.cancel();
		expect(closed()).toBe(true);
	});

	test('that goes on when nobody wants it any more does so unheard', async () => {
		const streams: PassThrough[] = [];
		const door = fakeFal({ stream: (_, body) => (streams.push(body), {}) });
		const answer = await falFetch(door, ORIGINS, () => {})(URL_OF_STREAM, ask);
		await answer.body?.cancel();
		// An error in a listener would end n8n's process.
		for (const event of ['data', 'end']) streams[0]?.emit(event, Buffer.from('late'));
		await new Promise((resolve) => setImmediate(resolve));
	});

	test.each<[string, Reply]>([
		['of another status', { status: 404 }],
		['of another type', { status: 200, headers: { 'content-type': 'application/json' } }],
		['of no type', { status: 200, headers: {} }],
	])('%s is not there, and is closed', async (_, reply) => {
		let closed = () => false;
		const door = fakeFal({
			stream: (__, body) => {
				closed = () => body.destroyed;
				return reply;
			},
		});
		await expect(falFetch(door, ORIGINS, () => {})(URL_OF_STREAM, ask)).rejects.toMatchObject({
			name: UnreadableAnswer.name,
			message: `fal's status stream is not available here (status ${reply.status}).`,
			details: { stage: 'wait', retryable: true, charged: 'no', statusCode: reply.status },
			sent: true,
		});
		expect(closed()).toBe(true);
	});
});

describe("fal's client", () => {
	const result = async (headers: Record<string, string>) => {
		const door = fakeFal({ api: () => ({ json: { images: [] }, headers }) });
		const client = clientOf(door);
		await client.queue.result(ENDPOINT, JOB);
		return client;
	};

	test.each([
		[{ 'x-fal-billable-units': '2.5' }, 2.5],
		[{ 'x-fal-billable-units': '0' }, undefined],
		[{ 'x-fal-billable-units': '-1' }, undefined],
		[{ 'x-fal-billable-units': 'many' }, undefined],
		[{}, undefined],
	])('remembers what fal has billed for a result with %j', async (headers, units) => {
		const client = await result(headers);
		expect(client.billedUnits('job-1')).toBe(units);
		expect(client.billedUnits('job-2')).toBeUndefined();
	});

	test('takes no other answer for that of a result', async () => {
		const headers = { 'x-fal-billable-units': '2' };
		const door = fakeFal({ api: () => ({ json: { status: 'IN_QUEUE' }, headers }) });
		const client = clientOf(door);
		await client.queue.status(ENDPOINT, JOB);
		await client.queue.cancel(ENDPOINT, JOB);
		expect(client.billedUnits('job-1')).toBeUndefined();
		expect(client.billedUnits('status')).toBeUndefined();
	});

	test('has no key of its own, though the machine has one', async () => {
		const door = fakeFal({ api: () => ({ json: {} }) });
		const key = process.env.FAL_KEY;
		process.env.FAL_KEY = 'of:another';
		try {
			await clientOf(door).queue.status(ENDPOINT, JOB);
		} finally {
			if (key === undefined) delete process.env.FAL_KEY;
			else process.env.FAL_KEY = key;
		}
		expect(JSON.stringify(door.calls)).not.toContain('of:another');
	});

	test('tells the body of an answer that it drops itself', async () => {
		const door = fakeFal({ api: () => ({ json: { status: 'OK' } }) });
		expect(await clientOf(door).cancel(JOB)).toEqual({ status: 'OK' });
	});
});
