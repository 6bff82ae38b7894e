import { Agent } from 'node:http';
import { call } from './http';
import { LETTERS, startLetters } from './letters';
import type { Letters } from './letters';

let letters: Letters;
let url: string;

beforeEach(async () => {
	letters = await startLetters();
	url = letters.server.url;
});

afterEach(async () => {
	await letters.server.close();
});

describe('routes', () => {
	it('gives the handler groups, query, body and the origin the caller used', async () => {
		const host = `localhost:${new URL(url).port}`;
		const seen = await call(`${url}/echo/a%2Fb?x=1&x=2`, {
			method: 'POST',
			body: 'hello',
			headers: { Host: host },
		});
		expect(seen.status).toBe(201);
		expect(seen.headers['content-type']).toBe('application/json');
		expect(JSON.parse(seen.text)).toEqual({
			name: 'a%2Fb',
			query: [
				['x', '1'],
				['x', '2'],
			],
			text: 'hello',
			origin: `http://${host}`,
		});
	});

	it('matches the whole path and the method, and answers 404 in JSON otherwise', async () => {
		for (const [method, path] of [
			['GET', '/letters/more'],
			['GET', '/more/letters'],
			['GET', '/echo/a'],
			['POST', '/letters'],
			['GET', '/'],
		] as const) {
			const seen = await call(url + path, { method });
			expect(seen.status).toBe(404);
			expect(JSON.parse(seen.text)).toEqual({ detail: 'Not Found' });
		}
		expect(letters.handled).toEqual([]);
	});

	it('sends strings, bytes, null, nothing and events', async () => {
		expect(await call(`${url}/letters`)).toMatchObject({ text: LETTERS });
		expect(await call(`${url}/null`)).toMatchObject({ text: 'null' });
		const bytes = await call(`${url}/bytes`);
		expect(bytes.headers).toMatchObject({ 'content-type': 'a/b', 'content-length': '1' });
		const empty = await call(`${url}/empty`);
		expect([empty.status, empty.text]).toEqual([204, '']);
		const events = await call(`${url}/events`);
		expect(events.headers['content-type']).toBe('text/event-stream');
		expect(events.text).toBe('data: {"letter":"a"}\n\ndata: {"letter":"b"}\n\n');
	});

	it('serves HEAD like GET, without the body', async () => {
		const seen = await call(`${url}/letters`, { method: 'HEAD' });
		expect(seen.headers['content-length']).toBe('10');
		expect(seen.text).toBe('');
	});

	it('answers 500 with the reason when a handler throws', async () => {
		const seen = await call(`${url}/broken`);
		expect(seen.status).toBe(500);
		expect(seen.text).toContain('out of paint');
	});

	it('asks the guard before the routes', async () => {
		const guarded = await startLetters({
			guard: ({ headers }) => (headers.key === 'right' ? undefined : { status: 401 }),
			notFound: { status: 404, body: 'nothing here' },
		});
		const ask = (path: string, key: string) =>
			call(guarded.server.url + path, { headers: { key } });
		expect((await ask('/letters', 'wrong')).status).toBe(401);
		expect(guarded.handled).toEqual([]);
		expect((await ask('/letters', 'right')).status).toBe(200);
		expect((await ask('/nowhere', 'right')).text).toBe('nothing here');
		await guarded.server.close();
	});
});

describe('connections', () => {
	it('are kept alive', async () => {
		const agent = new Agent({ keepAlive: true, maxSockets: 1 });
		expect((await call(`${url}/letters`, { agent })).reused).toBe(false);
		expect((await call(`${url}/letters`, { agent })).reused).toBe(true);
		agent.destroy();
	});

	it('end at close(), with open streams and late answers', async () => {
		const agent = new Agent({ keepAlive: true });
		await call(`${url}/letters`, { agent });
		letters.faults.add({ on: /letters/, fault: { kind: 'delay', ms: 60_000 } });
		const late = call(`${url}/letters`);
		const stream = await new Promise<{ ended: ReturnType<typeof call> }>((resolve) => {
			const ended = call(`${url}/open`, { onData: () => resolve({ ended }) });
		});
		while (letters.calls.length < 3) await new Promise((resolve) => setTimeout(resolve, 5));
		await letters.server.close();
		expect(await late).toMatchObject({ error: 'ECONNRESET' });
		expect(await stream.ended).toMatchObject({ text: 'data: {"state":"open"}\n\n' });
		expect(await call(`${url}/letters`)).toMatchObject({ error: 'ECONNREFUSED' });
		agent.destroy();
	});

	it('that the caller gives up end their stream', async () => {
		const caller = new AbortController();
		const response = await fetch(`${url}/open`, { signal: caller.signal });
		await response.body?.getReader().read();
		caller.abort();
		const before = Date.now();
		while (letters.streamsReturned === 0 && Date.now() - before < 2000) {
			await new Promise((resolve) => setTimeout(resolve, 5));
		}
		expect(letters.streamsReturned).toBe(1);
	});

	it('cannot be had twice on one port', async () => {
		const port = Number(new URL(url).port);
		await expect(startLetters({ port })).rejects.toThrow('EADDRINUSE');
	});
});
