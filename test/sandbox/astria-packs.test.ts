import { namesIn, startKit } from './astria-kit';
import type { Kit } from './astria-kit';

const PICTURES = { image_urls: ['https://pictures.example/a.jpg'] };

let kit: Kit;

beforeEach(async () => {
	kit = await startKit();
});

afterEach(() => kit.sandbox.close());

test('packs are listed with what they cost, newest first', async () => {
	const { body } = await kit.ask({ path: '/packs?public=true&listed=true' });
	expect(body).toMatchObject([
		{ id: 3041, slug: 'summer-lookbook', costs: { woman: { cost_mc: 8000, num_images: 2 } } },
		{ id: 260, slug: 'corporate-headshots', base_tune_id: 1504944, model_type: 'lora' },
	]);
	expect(await kit.ids({ path: '/packs?limit=1&offset=1' })).toEqual([260]);
});

test('a new pack is private until it is published', async () => {
	const pack = { title: 'Fall', base_tune_id: 4180298, model_type: 'faceid' };
	const made = await kit.entity({ path: '/packs', json: { pack } });
	expect(made).toMatchObject({ ...pack, public_at: null });
	expect(await kit.ids({ path: '/packs' })).toContain(made.id);
	expect(await kit.ids({ path: '/packs?public=true' })).not.toContain(made.id);
	expect(await kit.ids({ path: '/gallery/packs' })).toEqual([3041, 260]);
});

test('a pack is found by its slug and by its number', async () => {
	const bySlug = await kit.entity({ path: '/p/corporate-headshots' });
	expect(await kit.entity({ path: '/p/260.json' })).toEqual(bySlug);
	expect(bySlug).toMatchObject({
		costs: { cat: { cost: 8000, num_images: 2 } },
		prompts_per_class: { man: [{ id: 511 }, { id: 512 }] },
		template_prompts: expect.arrayContaining([{ id: 501, cost_mc: 4000 }]),
	});
	expect((await kit.ask({ path: '/p/none' })).status).toBe(404);
});

test('a run that trains answers shortly, and its prompts follow the training', async () => {
	const characteristics = { eye_color: 'blue eyes' };
	const tune = await kit.entity({
		path: '/p/260/tunes',
		json: {
			tune: { title: 'T', name: 'woman', characteristics, ...PICTURES, prompt_ids: ['501'] },
		},
	});
	expect(tune).not.toHaveProperty('token');
	const [prompt, ...others] = kit.astria.prompts();
	expect(others).toEqual([]);
	expect(prompt).toMatchObject({
		tuneId: tune.id,
		fields: {
			text: 'ohwx woman headshot of a woman, blue eyes, grey background',
			base_pack_id: 260,
		},
	});
	await kit.astria.settle(prompt?.id ?? 0);
	expect(prompt?.outputs).toHaveLength(1);
	expect(kit.astria.tunes()).toMatchObject([
		{ fields: { base_tune_id: 1504944, model_type: 'lora', branch: 'flux1' } },
	]);
	expect(kit.astria.creations()).toMatchObject([
		{ kind: 'tune', id: tune.id, path: '/p/260/tunes', encoding: 'json' },
	]);
});

test('a run on several tunes names them all in each text', async () => {
	const [woman, dress] = [await kit.reference('woman'), await kit.reference('dress')];
	const { body } = await kit.ask({
		path: '/p/3041/tunes',
		json: { tune: { tune_ids: [woman.id, dress.id], prompt_attributes: { num_images: 2 } } },
	});
	expect(body).toMatchObject({ order: { tune_ids: [woman.id, dress.id], total_cost_mc: 16_000 } });
	const ids = kit.astria.prompts().map(({ id }) => id);
	expect(body).toMatchObject({ prompt_ids: ids });
	const order = kit.astria.prompts()[0]?.fields.order_id;
	expect(body).toMatchObject({ order: { id: order } });
	expect(await kit.ids({ path: `/prompts?order_id=${String(order)}` })).toEqual(ids.toReversed());
	expect(kit.astria.prompts()[0]?.fields.text).toBe(
		`<faceid:${woman.id}:1> woman <faceid:${dress.id}:1> dress walking along a beach, golden hour`,
	);
});

test.each([
	[
		'several tunes where it needs them',
		'3041',
		{ title: 'T', name: 'woman', ...PICTURES },
		'tune_ids',
	],
	['a class that it knows', '260', { title: 'T', name: 'dog', ...PICTURES }, 'name'],
	[
		'prompts of its own',
		'260',
		{ title: 'T', name: 'cat', ...PICTURES, prompt_ids: [9] },
		'prompt_ids',
	],
	['pictures', '260', { title: 'T', name: 'cat' }, 'images'],
])('a run needs %s', async (_, pack, tune, field) => {
	const { status, body } = await kit.ask({ path: `/p/${pack}/tunes`, json: { tune } });
	expect([status, namesIn(body)]).toEqual([422, [field]]);
	expect([kit.astria.tunes(), kit.astria.prompts()]).toEqual([[], []]);
});

test('a run on a tune that does not exist is refused', async () => {
	const { status } = await kit.ask({ path: '/p/260/tunes', json: { tune: { tune_ids: [1] } } });
	expect(status).toBe(404);
});

describe('looking at pictures', () => {
	async function inspect(file: { data: Buffer; type: string }) {
		const { body } = await kit.ask({
			path: '/images/inspect',
			form: [
				['name', 'man'],
				['file', file],
			],
		});
		return body;
	}

	test('the same picture always looks the same, and another one different', async () => {
		const first = await inspect(kit.personFile);
		expect(await inspect(kit.personFile)).toEqual(first);
		expect(await inspect(kit.garmentFile)).not.toEqual(first);
		const file_url = kit.sandbox.media.publish(kit.person, 'image/jpeg');
		const { body } = await kit.ask({
			path: '/images/inspect',
			form: [
				['name', 'man'],
				['file_url', file_url],
			],
		});
		expect(body).toEqual(first);
	});

	test.each([
		['name', [['file_url', 'https://pictures.example/a.jpg']]],
		['file', [['name', 'man']]],
		[
			'file_url',
			[
				['name', 'man'],
				['file_url', 'http://127.0.0.1:9/'],
			],
		],
	] satisfies Array<[string, Array<[string, string]>]>)('422 for %s', async (field, form) => {
		const { status, body } = await kit.ask({ path: '/images/inspect', form });
		expect([status, namesIn(body)]).toEqual([422, [field]]);
	});

	test('a class is named, and a video described at a price', async () => {
		const named = await kit.ask({
			path: '/images/class_name',
			form: [['file_url', 'https://pictures.example/a.jpg']],
		});
		expect(named.body).toMatchObject({ class_name: expect.any(String), first_name: null });
		const before = kit.astria.options.account.usd_balance_mc;
		const json = { file_url: 'https://pictures.example/a.mp4', tune_ids: [] };
		const described = await kit.ask({ path: '/videos/inspect', json });
		expect(described.body).toEqual({ description: expect.any(String) });
		expect(kit.astria.options.account.usd_balance_mc).toBeLessThan(before);
	});
});

test('a theme writes ten prompts for each tune', async () => {
	const tune = await kit.trained();
	const form: Array<[string, string]> = [
		['theme[theme]', 'autumn'],
		['theme[tune_ids][]', String(tune.id)],
		['theme[prompt_attributes][num_images]', '2'],
	];
	const answer = await kit.ask({ path: '/themes', form });
	expect([answer.status, answer.text]).toEqual([201, '']);
	const prompts = kit.astria.prompts();
	expect(prompts).toHaveLength(10);
	expect(prompts[0]?.fields).toMatchObject({ theme: 'autumn', num_images: 2 });
	const json = { theme: 'winter', tune_ids: [tune.id] };
	expect((await kit.ask({ path: '/themes', json })).status).toBe(201);
	expect(kit.astria.prompts()).toHaveLength(20);
});

test('the plugins’ list of models needs a key', async () => {
	const { body } = await kit.ask({ path: '/plugin/models' });
	expect(body).toMatchObject({
		default_model: 'nano-banana-2',
		models: { 'nano-banana-2': { id: 4180298, default_resolution: '1K' } },
		num_images: [1, 2, 3, 4, 8],
	});
	const headers = { Authorization: '' };
	expect((await kit.ask({ path: '/plugin/models', headers })).status).toBe(401);
});
