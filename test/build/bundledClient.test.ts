import http from 'node:http';
import https from 'node:https';
import type { IDataObject, IHttpRequestOptions, INodeExecutionData } from 'n8n-workflow';

import { type BuiltPackage, buildPackage } from './built';
import { type Answer, type FakeContext, fakeContext } from './fakeContext';

/** Of the machine that runs n8n; whoever owns it must not pay. */
const ENVIRONMENT_KEY = 'environment-id:environment-secret';

const REQUEST_ID = '764cabcf-b745-4b3e-ae38-1200304cf45b';

/** Of a job that no answer has named. */
const LOST_ID = 'b5a4c1d2-0000-4000-8000-1200304cf45b';

const ENDPOINT = 'fal-ai/fashn/tryon/v1.6';

const PICTURE = 'https://pictures.example.com/made.png';

/** The signature of a PNG file, and the beginning of its header. */
const PNG = Buffer.from('89504e470d0a1a0a0000000d49484452', 'hex');

/** What a submit needs; the rest has its default. */
const SUBMIT = {
	resource: 'tryOn',
	operation: 'submit',
	endpoint: 'fal-ai/fashn/tryon/v1.6',
	model_image: 'https://pictures.example.com/person.jpg',
	garment_image: 'https://pictures.example.com/garment.jpg',
} as const satisfies IDataObject;

interface BuiltNode {
	execute(this: FakeContext): Promise<INodeExecutionData[][]>;
}

function isNodeClass(value: unknown): value is new () => BuiltNode {
	return typeof value === 'function';
}

let built: BuiltPackage;
let FashnTryOn: new () => BuiltNode;
const trap = jest.fn(() => {
	throw new Error('A call went past n8n');
});

beforeAll(async () => {
	built = await buildPackage();
	process.env.FAL_KEY = ENVIRONMENT_KEY;
	// Before the node is loaded: a library may keep what it finds at that moment.
	jest.spyOn(globalThis, 'fetch').mockImplementation(trap);
	jest.spyOn(http, 'request').mockImplementation(trap);
	jest.spyOn(https, 'request').mockImplementation(trap);
	const all = jest.requireActual<Record<string, unknown>>(built.folder);
	if (!isNodeClass(all.FashnTryOn)) throw new Error('The package has no FashnTryOn');
	({ FashnTryOn } = all);
});

afterAll(() => {
	delete process.env.FAL_KEY;
	built.remove();
});

beforeEach(() => trap.mockClear());

function isSubmit({ method, url }: IHttpRequestOptions): boolean {
	return method === 'POST' && new URL(url).pathname === `/${ENDPOINT}`;
}

/** Who is called with the key, and for what. */
function toWhom({ method, url }: IHttpRequestOptions): string {
	const { origin, pathname } = new URL(url);
	return `${method} ${origin}${pathname}`;
}

async function runNode(context: FakeContext): Promise<INodeExecutionData[]> {
	const [items = []] = await new FashnTryOn().execute.call(context);
	return items;
}

function json(status: number, body: unknown, headers?: Record<string, string>): Answer {
	return { status, body: JSON.stringify(body), headers };
}

function expectNoWayPast({ apiCalls, plainCalls }: FakeContext): void {
	expect(trap).not.toHaveBeenCalled();
	const calls = [...apiCalls, ...plainCalls];
	expect(JSON.stringify(calls)).not.toContain('environment-secret');
	const names = calls.flatMap(({ headers }) => Object.keys(headers ?? {}));
	expect(names.filter((name) => name.toLowerCase() === 'authorization')).toEqual([]);
}

describe('the built node', () => {
	it('makes pictures through n8n alone: no global fetch, no key of the environment', async () => {
		const completed = { status: 'COMPLETED', request_id: REQUEST_ID };
		const context = fakeContext({ ...SUBMIT, operation: 'generate' }, ({ method, url }) => {
			const { href, pathname } = new URL(url);
			if (href === PICTURE) {
				return { status: 200, headers: { 'content-type': 'image/png' }, body: PNG };
			}
			if (pathname.endsWith('/status/stream')) {
				return {
					status: 200,
					headers: { 'content-type': 'text/event-stream' },
					body: `data: ${JSON.stringify(completed)}\n\n`,
				};
			}
			if (pathname.endsWith('/status')) return json(200, completed);
			if (method === 'POST') return json(200, { request_id: REQUEST_ID });
			return json(200, { images: [{ url: PICTURE, content_type: 'image/png' }] });
		});
		const items = await runNode(context);
		expect(items).toHaveLength(1);
		expect(items[0]?.json).toMatchObject({ requestId: REQUEST_ID, imageUrl: PICTURE });
		expect(items[0]?.binary).toHaveProperty('data');
		expect(context.apiCalls.map(toWhom)).toEqual([
			'POST https://queue.fal.run/fal-ai/fashn/tryon/v1.6',
			`GET https://queue.fal.run/fal-ai/fashn/requests/${REQUEST_ID}/status/stream`,
			`GET https://queue.fal.run/fal-ai/fashn/requests/${REQUEST_ID}`,
		]);
		expect(context.plainCalls.map(({ url }) => url)).toEqual([PICTURE]);
		expectNoWayPast(context);
	});

	const broken = (code: string) => () => {
		throw Object.assign(new Error(`socket ${code}`), { code });
	};
	const NOT_CHARGED = 'was not charged';
	const NOBODY_KNOWS = 'may have been charged';
	const html: Answer = {
		status: 200,
		body: '<html>Sign in</html>',
		headers: { 'content-type': 'text/html' },
	};

	it.each<[string, () => Answer, string]>([
		['400', () => json(400, { detail: 'bad' }), NOT_CHARGED],
		['401', () => json(401, { detail: 'invalid key credentials' }), NOT_CHARGED],
		['403', () => json(403, { detail: 'User is locked. Reason: Exhausted balance.' }), NOT_CHARGED],
		['410', () => json(410, { detail: 'gone' }), NOT_CHARGED],
		['422', () => json(422, { detail: [{ loc: ['body'], msg: 'no', type: 'x' }] }), NOT_CHARGED],
		['500', () => json(500, { detail: 'broken' }), NOBODY_KNOWS],
		['502', () => ({ ...html, status: 502 }), NOBODY_KNOWS],
		['503 without a hint', () => json(503, { detail: 'busy' }), NOBODY_KNOWS],
		['504', () => json(504, { detail: 'late' }), NOBODY_KNOWS],
		['a connection that is reset', broken('ECONNRESET'), NOBODY_KNOWS],
		['a connection that times out', broken('ECONNABORTED'), NOBODY_KNOWS],
		['a page instead of data', () => html, NOBODY_KNOWS],
		['an empty body', () => ({ status: 200 }), NOBODY_KNOWS],
		['half a body', () => ({ status: 200, body: '{"request_id": "76' }), NOBODY_KNOWS],
		['no request id', () => json(200, {}), NOBODY_KNOWS],
	])('submits once on %s', async (_name, answer, charge) => {
		// What is not to be stored cannot be found again, so that it is not looked for.
		const context = fakeContext({ ...SUBMIT, options: { storeIo: false } }, answer);
		const description: unknown = expect.stringContaining(charge);
		await expect(runNode(context)).rejects.toMatchObject({ description });
		expect(context.apiCalls.filter(isSubmit)).toHaveLength(1);
		expect(context.apiCalls).toHaveLength(1);
		expectNoWayPast(context);
	});

	it('looks for a job whose answer was lost, through n8n alone', async () => {
		let input: unknown;
		const context = fakeContext(SUBMIT, ({ method, body }) => {
			if (method === 'POST') {
				input = JSON.parse(String(body));
				return json(504, { detail: 'late' });
			}
			const time = new Date().toISOString();
			const times = { sent_at: time, started_at: time, ended_at: time };
			const entry = { request_id: LOST_ID, endpoint_id: ENDPOINT, json_input: input, ...times };
			return json(200, { items: [entry], next_cursor: null, has_more: false });
		});
		const [item] = await runNode(context);
		expect(item?.json).toMatchObject({ requestId: LOST_ID, status: 'COMPLETED' });
		expect(context.apiCalls.map(toWhom)).toEqual([
			`POST https://queue.fal.run/${ENDPOINT}`,
			'GET https://api.fal.ai/v1/models/requests/by-endpoint',
		]);
		expectNoWayPast(context);
	});

	it('submits once when all is well', async () => {
		const context = fakeContext(SUBMIT, () => json(200, { request_id: REQUEST_ID }));
		const [item] = await runNode(context);
		expect(item?.json.requestId).toBe(REQUEST_ID);
		expect(context.apiCalls.filter(isSubmit)).toHaveLength(1);
		expectNoWayPast(context);
	});

	it.each([
		['429', 429],
		['503 with Retry-After', 503],
	])('submits again after %s, which says that the job was not taken', async (_name, status) => {
		const answers = [
			json(status, { detail: 'later' }, { 'retry-after': '0' }),
			json(200, { request_id: REQUEST_ID }),
		];
		const context = fakeContext(SUBMIT, () => answers.shift() ?? json(500, {}));
		const [item] = await runNode(context);
		expect(item?.json.requestId).toBe(REQUEST_ID);
		expect(context.apiCalls.filter(isSubmit)).toHaveLength(2);
		expectNoWayPast(context);
	});
});
