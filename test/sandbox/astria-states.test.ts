import { setTimeout as sleep } from 'node:timers/promises';
import { readPicture } from '../../sandbox/pictures';
import { call } from './http';
import { startKit } from './astria-kit';
import type { Entity, Kit } from './astria-kit';
import { eventually } from './setup';

/** Long enough to see every state between two looks, short enough for a test. */
const TIMES = { trainingMs: 1000, generationMs: 1200 };

let kit: Kit;

afterEach(() => kit.sandbox.close());

/** Looks at a new entity until it is trained, and returns each different state on the way. */
async function watch(
	created: Entity,
	path: string,
	stateOf: (entity: Entity) => string,
): Promise<string[]> {
	const states = [stateOf(created)];
	await eventually(async () => {
		const entity = await kit.entity({ path });
		const state = stateOf(entity);
		if (states.at(-1) !== state) states.push(state);
		return entity.trained_at === null ? undefined : entity;
	});
	return states;
}

function stage({ started_training_at, trained_at }: Entity): string {
	if (trained_at !== null) return 'trained';
	return started_training_at === null ? 'queued' : 'started';
}

describe('tunes', () => {
	test('one is queued, trained for a while, and kept for 30 days', async () => {
		kit = await startKit(TIMES);
		const tune = await kit.tune();
		const { id, eta, created_at } = tune;
		expect(Date.parse(String(eta)) - Date.parse(String(created_at))).toBe(TIMES.trainingMs);
		expect(await watch(tune, `/tunes/${id}`, stage)).toEqual(['queued', 'started', 'trained']);
		const { trained_at, expires_at } = await kit.entity({ path: `/tunes/${id}` });
		const days = (Date.parse(String(expires_at)) - Date.parse(String(trained_at))) / 86_400_000;
		expect(days).toBe(30);
	});

	test('one fails, and says so', async () => {
		kit = await startKit();
		const tune = await kit.trained({ title: 'This fails' });
		expect(tune).toMatchObject({
			trained_at: null,
			failed_at: expect.any(String),
			fail_message: expect.stringContaining('failed'),
		});
	});

	test('one never starts', async () => {
		kit = await startKit({ trainingMs: 1 });
		const tune = await kit.trained({ title: 'stuck' });
		expect(stage(tune)).toBe('queued');
	});

	test('one is over: gone by its id, though still in the list', async () => {
		kit = await startKit();
		const { id } = await kit.tune({ title: 'expired' });
		await kit.astria.settle(id);
		expect((await kit.ask({ path: `/tunes/${id}` })).status).toBe(404);
		expect(await kit.ids({ path: '/tunes' })).toEqual([id]);
		const prompt = { text: 'a photo' };
		expect((await kit.ask({ path: `/tunes/${id}/prompts`, json: { prompt } })).status).toBe(404);
	});

	test('a deleted one takes its prompts along, and nothing happens to them later', async () => {
		kit = await startKit();
		const tune = await kit.trained({ callback: kit.sandbox.media.url });
		const before = kit.astria.callbacks().length;
		const prompt = await kit.prompt(tune.id, { callback: kit.sandbox.media.url });
		await kit.ask({ method: 'DELETE', path: `/tunes/${tune.id}` });
		await kit.astria.settle(prompt.id);
		expect((await kit.ask({ path: `/prompts/${prompt.id}` })).status).toBe(404);
		expect(kit.astria.callbacks()).toHaveLength(before);
	});

	test('a gallery tune is everybody’s, and nobody’s to change', async () => {
		kit = await startKit();
		expect(await kit.entity({ path: '/tunes/1504944' })).toMatchObject({ branch: 'flux1' });
		expect((await kit.ask({ method: 'DELETE', path: '/tunes/1504944' })).status).toBe(404);
	});
});

describe('prompts', () => {
	test('one is queued, made for a while with its progress told, and done', async () => {
		kit = await startKit(TIMES);
		const prompt = await kit.prompt(690204);
		const states = await watch(
			prompt,
			`/prompts/${prompt.id}`,
			(now) => `${stage(now)} ${typeof now.progress_elapsed_seconds}`,
		);
		expect(states).toEqual(['queued undefined', 'started number', 'trained undefined']);
	});

	test('those that come with a tune start when it is trained', async () => {
		kit = await startKit({ generationMs: 1 });
		const { id } = await kit.tune({ prompts_attributes: [{ text: 'one', lora_scale: 0.6 }] });
		await sleep(100);
		const [prompt] = kit.astria.prompts();
		expect(prompt).toMatchObject({ tuneId: id, startedTrainingAt: null, trainedAt: null });
		await kit.astria.settle(prompt?.id ?? 0);
		expect(prompt).toMatchObject({ fields: { lora_scale: 0.6 }, userError: null });
		expect(prompt?.outputs).toHaveLength(1);
		expect((await kit.entity({ path: `/tunes/${id}` })).trained_at).not.toBeNull();
	});

	test('a picture is real, has the size asked for, and needs no key', async () => {
		kit = await startKit();
		const prompt = await kit.generated(690204, { w: 320, h: 400, num_images: 2 });
		const urls = Array.isArray(prompt.images) ? prompt.images.map(String) : [];
		expect(new Set(urls).size).toBe(2);
		for (const url of urls) {
			expect(url).not.toMatch(/\.\w+$/);
			const response = await fetch(url);
			expect(response.headers.get('content-type')).toBe('image/jpeg');
			const bytes = Buffer.from(await response.arrayBuffer());
			expect(await readPicture(bytes)).toEqual({ format: 'jpeg', width: 320, height: 400 });
		}
		const withKey = await call(urls[0] ?? '', { headers: { Authorization: 'Bearer sd_sandbox' } });
		expect(withKey.status).toBe(400);
	});

	test('the pictures of the tunes in the text are what is in it', async () => {
		kit = await startKit();
		const [woman, dress] = [await kit.reference('woman'), await kit.reference('dress')];
		const shoot = async (text: string) => {
			const { images } = await kit.generated(4180298, { text, seed: 7 });
			const [url] = Array.isArray(images) ? images : [];
			return Buffer.from(await (await fetch(String(url))).arrayBuffer());
		};
		const both = await shoot(`<faceid:${woman.id}:1> woman <faceid:${dress.id}:1> dress`);
		const again = await shoot(`<faceid:${woman.id}:1> woman in <faceid:${dress.id}:1> dress`);
		const noToken = await shoot(`<faceid:${woman.id}> woman <faceid:${dress.id}:1> dress`);
		expect(again.equals(both)).toBe(true);
		expect(noToken.equals(both)).toBe(false);
	});

	test.each([
		['noimages', { images: [], user_error: null }],
		['an error', { images: [], user_error: 'The provider refused this prompt.' }],
	])('"%s" ends without a picture', async (text, expected) => {
		kit = await startKit();
		const prompt = await kit.generated(690204, { text });
		expect(prompt).toMatchObject({ trained_at: expect.any(String), ...expected });
	});

	test('one may be delivered in part, or never', async () => {
		kit = await startKit();
		const partial = await kit.generated(690204, { text: 'partial', num_images: 3 });
		expect([partial.images, partial.filenames]).toEqual([
			[expect.any(String), expect.any(String)],
			[`${partial.id}-0.jpg`, `${partial.id}-1.jpg`],
		]);
		const stuck = await kit.generated(690204, { text: 'stuck' });
		expect(stage(stuck)).toBe('started');
	});

	test('a video may show its first frame before it is there', async () => {
		kit = await startKit(TIMES);
		const video = await kit.prompt(690204, { video_model: 'kling25', video_prompt: 'turn' });
		const { id } = video;
		const states = await watch(video, `/prompts/${id}`, ({ content_types, trained_at }) =>
			JSON.stringify([content_types, trained_at !== null]),
		);
		expect(states).toEqual([
			JSON.stringify([[], false]),
			JSON.stringify([['image/jpeg'], false]),
			JSON.stringify([['video/mp4'], true]),
		]);
		const [output] = kit.astria.prompts()[0]?.outputs ?? [];
		expect(output?.filename).toBe(`${id}-0.mp4`);
		expect(output?.data?.toString('latin1', 4, 12)).toBe('ftypisom');
	});

	test('closing the sandbox gives up what waits to be drawn, and calls none of it finished', async () => {
		kit = await startKit();
		for (let n = 0; n < 10; n += 1) await kit.prompt(690204);
		const isDone = ({ trainedAt }: { trainedAt: Date | null }) => trainedAt !== null;
		const settled = kit.astria.prompts().map(({ id }) => kit.astria.settle(id));
		await settled[0];
		await kit.sandbox.close();
		await Promise.all(settled);
		const [done, rest] = [true, false].map((wanted) =>
			kit.astria.prompts().filter((prompt) => isDone(prompt) === wanted),
		);
		// Two are drawn at a time: the first ones, and those that were being drawn at the end.
		expect(kit.sandbox.media.files().length).toBeLessThanOrEqual(4);
		expect(done?.length).toBeLessThanOrEqual(4);
		expect(rest?.map(({ outputs, costMc }) => [outputs, costMc])).toEqual(
			rest?.map(() => [[], 4_000]),
		);
	});

	test('closing the sandbox leaves nothing running', async () => {
		kit = await startKit({ generationMs: 300 });
		await kit.prompt(690204, { text: 'noimages' });
		await kit.sandbox.close();
		await sleep(600);
		expect(kit.astria.prompts()).toMatchObject([{ startedTrainingAt: null, trainedAt: null }]);
	});
});
