import { createServer } from 'node:http';
import type { Server } from 'node:http';
import { startKit } from './astria-kit';
import type { Kit } from './astria-kit';
import type { AstriaOptions } from '../../sandbox/astria/index';

/** What reached the receiver: the path with its query, and the JSON. */
const received: Array<{ path: string; body: unknown }> = [];
let answerStatus = 200;
let receiver: Server;
let base: string;
let kit: Kit;

beforeAll(async () => {
	receiver = createServer((request, response) => {
		const chunks: Buffer[] = [];
		request.on('data', (chunk: Buffer) => chunks.push(chunk));
		request.on('end', () => {
			received.push({
				path: request.url ?? '',
				body: JSON.parse(Buffer.concat(chunks).toString('utf8')),
			});
			response.writeHead(answerStatus, { Location: `${base}/elsewhere` }).end();
		});
	});
	await new Promise<void>((resolve) => receiver.listen(0, '127.0.0.1', resolve));
	const address = receiver.address();
	base = typeof address === 'object' && address !== null ? `http://127.0.0.1:${address.port}` : '';
});

afterAll(() => new Promise((resolve) => receiver.close(resolve)));

async function start(options: AstriaOptions = {}): Promise<void> {
	received.length = 0;
	answerStatus = 200;
	kit = await startKit(options);
}

afterEach(() => kit.sandbox.close());

test('15 a tune’s callback comes wrapped, with its query, and says what GET says', async () => {
	await start();
	const tune = await kit.trained({ callback: `${base}/t?user_id=1&secret=x` });
	expect(received).toEqual([{ path: '/t?user_id=1&secret=x', body: { tune } }]);
});

test('15 a prompt’s callback comes wrapped, with its pictures', async () => {
	await start();
	const prompt = await kit.generated(690204, { callback: `${base}/p` });
	expect(prompt.images).toHaveLength(1);
	expect(received).toEqual([{ path: '/p', body: { prompt } }]);
});

test('15 bodies can be bare', async () => {
	await start({ callbackBody: 'bare' });
	const prompt = await kit.generated(690204, { callback: `${base}/p` });
	expect(received).toEqual([{ path: '/p', body: prompt }]);
});

test.each([
	['array' as const, (bodies: unknown) => bodies],
	['wrapped' as const, (bodies: unknown) => ({ prompts: bodies })],
])('15 a pack run calls back once, after all of its prompts (%s)', async (shape, wrap) => {
	await start({ promptsCallbackBody: shape });
	const { id } = await kit.trained();
	await kit.ask({
		path: '/p/260/tunes',
		json: { tune: { tune_ids: [id], prompts_callback: `${base}/all` } },
	});
	const [first, second] = kit.astria.prompts().map((prompt) => prompt.id);
	await kit.astria.settle(first ?? 0);
	expect(received).toEqual([]);
	await kit.astria.settle(second ?? 0);
	const bodies = [
		await kit.entity({ path: `/prompts/${first}` }),
		await kit.entity({ path: `/prompts/${second}` }),
	];
	expect(received).toEqual([{ path: '/all', body: wrap(bodies) }]);
});

test('a pack run passes the callback of its prompts on to each', async () => {
	await start();
	const { id } = await kit.trained();
	const prompt_attributes = { callback: `${base}/each`, num_images: 2 };
	await kit.ask({ path: '/p/260/tunes', json: { tune: { tune_ids: [id], prompt_attributes } } });
	for (const prompt of kit.astria.prompts()) await kit.astria.settle(prompt.id);
	expect(received.map(({ path }) => path)).toEqual(['/each', '/each']);
	expect(kit.astria.prompts().map(({ outputs }) => outputs.length)).toEqual([2, 2]);
});

test.each([500, 302])('a receiver that answers %i is called once', async (status) => {
	await start();
	answerStatus = status;
	await kit.generated(690204, { callback: `${base}/p` });
	expect(received.map(({ path }) => path)).toEqual(['/p']);
	expect(kit.astria.callbacks()).toMatchObject([{ url: `${base}/p`, status }]);
});

test('a public address is noted, and not called', async () => {
	await start();
	await kit.generated(690204, { callback: 'https://cb.example/p' });
	const [callback] = kit.astria.callbacks();
	expect(callback?.url).toBe('https://cb.example/p');
	expect(callback).not.toHaveProperty('status');
});

test('a receiver that is not there changes nothing', async () => {
	await start();
	const prompt = await kit.generated(690204, { callback: 'http://127.0.0.1:9/p' });
	expect(prompt.images).toHaveLength(1);
});

test('a failure and a reference do not call back', async () => {
	await start();
	const callback = `${base}/x`;
	await kit.generated(690204, { text: 'error', callback });
	await kit.trained({ title: 'fails', callback });
	await kit.trained({ model_type: 'faceid', base_tune_id: 690204, callback });
	expect(received).toEqual([]);
});

test('a mock tune calls back, and so do its prompts', async () => {
	await start();
	const tune = await kit.trained({ branch: 'fast', callback: `${base}/t` });
	await kit.generated(tune.id, { callback: `${base}/p` });
	expect(received.map(({ path }) => path)).toEqual(['/t', '/p']);
});
