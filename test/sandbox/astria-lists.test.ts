import { startKit } from './astria-kit';
import type { Kit } from './astria-kit';

let kit: Kit;

beforeEach(async () => {
	kit = await startKit();
});

afterEach(() => kit.sandbox.close());

async function titled(...titles: string[]): Promise<number[]> {
	const ids: number[] = [];
	for (const title of titles) ids.push((await kit.tune({ title })).id);
	return ids;
}

describe('tunes', () => {
	test('10 pages go from the newest to the end by before_id', async () => {
		const [a, b, c] = await titled('a', 'b', 'c');
		expect(await kit.ids({ path: '/tunes?limit=2' })).toEqual([c, b]);
		expect(await kit.ids({ path: `/tunes?limit=2&before_id=${b}` })).toEqual([a]);
		expect(await kit.ids({ path: `/tunes?limit=2&before_id=${a}` })).toEqual([]);
		expect(await kit.ids({ path: '/tunes?offset=1&limit=1' })).toEqual([b]);
	});

	test('20 come without a limit, and never more than 120', async () => {
		const reference = { model_type: 'faceid', base_tune_id: 690204, branch: 'fast' };
		for (let n = 0; n < 121; n += 1) await kit.tune({ title: `T ${n}`, ...reference });
		expect(await kit.ids({ path: '/tunes' })).toHaveLength(20);
		expect(await kit.ids({ path: '/tunes?limit=500' })).toHaveLength(120);
	});

	test('a title is found by any part of it', async () => {
		const [a, , c] = await titled('SKU-1 red', 'SKU-2', 'big sku-1');
		expect(await kit.ids({ path: '/tunes?title=sku-1' })).toEqual([c, a]);
	});

	test('one or many classes, the type and the branch narrow the list', async () => {
		const lora = await kit.tune({
			name: 'man',
			model_type: 'lora',
			base_tune_id: 1504944,
			branch: null,
		});
		const dress = await kit.reference('dress');
		const shoes = await kit.reference('shoes', 3691308);
		const list = async (query: string) => await kit.ids({ path: `/tunes?${query}` });
		expect(await list('name=dress')).toEqual([dress.id]);
		expect(await list('name[]=dress&name[]=man')).toEqual([dress.id, lora.id]);
		expect(await list('model_type=faceid')).toEqual([shoes.id, dress.id]);
		expect(await list('branch=partner-1')).toEqual([shoes.id]);
		expect(await list('branch=flux1')).toEqual([lora.id]);
	});

	test('the gallery is apart, and its partner models can be listed', async () => {
		const { id } = await kit.tune();
		const gallery = await kit.ids({ path: '/gallery/tunes?limit=200' });
		expect(gallery).toEqual(expect.arrayContaining([1504944, 690204, 4180298]));
		expect(gallery).not.toContain(id);
		const partners = await kit.ids({ path: '/gallery/tunes?branch=partner-1&limit=200' });
		expect(partners).toContain(4180298);
		expect(partners).not.toContain(690204);
		expect(await kit.ids({ path: '/gallery/tunes?title=flux1.dev' })).toEqual([3063697, 1504944]);
	});

	test.each([
		['/tunes?offset=200', 200],
		['/tunes?offset=201', 400],
		['/prompts?offset=10000', 200],
		['/prompts?offset=10001', 400],
	])('%s answers %i', async (path, status) => {
		expect((await kit.ask({ path })).status).toBe(status);
	});
});

describe('prompts', () => {
	test('a list below a tune has that tune’s only', async () => {
		const [a, b] = [await kit.prompt(690204), await kit.prompt(538238)];
		expect(await kit.ids({ path: '/tunes/690204/prompts' })).toEqual([a.id]);
		expect(await kit.ids({ path: '/prompts' })).toEqual([b.id, a.id]);
		expect((await kit.ask({ path: `/tunes/538238/prompts/${a.id}` })).status).toBe(404);
	});

	test.each([
		['text=RED', { text: 'a red dress' }],
		['pack_id=3', { text: '<lora:1:1> x', pack_id: 3 }],
		['base_pack_id=4', { base_pack_id: 4 }],
		['orig_prompt_id=5', { orig_prompt_id: 5 }],
		['order_id=6', { order_id: 6 }],
		['is_video=true', { video_model: 'kling25', video_prompt: 'turn' }],
	])('%s', async (query, fields) => {
		await kit.prompt(690204);
		const { id } = await kit.prompt(690204, fields);
		await kit.prompt(690204);
		expect(await kit.ids({ path: `/prompts?${query}` })).toEqual([id]);
	});

	test('tune_id, user_id, today and is_api', async () => {
		const [a, b] = [await kit.prompt(690204), await kit.prompt(538238)];
		const [old] = kit.astria.prompts();
		if (old !== undefined) old.createdAt = new Date('2024-01-01');
		const list = async (query: string) => await kit.ids({ path: `/prompts?${query}` });
		expect(await list('tune_id=690204')).toEqual([a.id]);
		expect(await list('user_id=1&is_api=true')).toEqual([b.id, a.id]);
		expect(await list('user_id=2')).toEqual([]);
		expect(await list('today=true')).toEqual([b.id]);
	});

	test('likes can be given and taken, and reach the template', async () => {
		const template = await kit.prompt(690204);
		const { id } = await kit.prompt(690204, { orig_prompt_id: template.id });
		await kit.prompt(690204);
		await kit.ask({ method: 'POST', path: `/prompts/${id}/likes` });
		expect(await kit.ids({ path: '/prompts?liked=true' })).toEqual([id, template.id]);
		await kit.ask({ method: 'DELETE', path: `/prompts/${template.id}/likes` });
		expect(await kit.ids({ path: '/prompts?liked=true' })).toEqual([id]);
	});

	test('comments and debug images come only when asked for', async () => {
		const { id } = await kit.prompt(690204);
		const path = `/prompts/${id}`;
		const more = { comments: [], debug_images: [], debug_filenames: [], debug_content_types: [] };
		for (const [debug, comments] of [
			['debug_images', 'comments'],
			['prompt.debug_images', 'prompt.comments'],
		]) {
			const query = `?expand[]=${debug}&expand[]=${comments}`;
			expect(await kit.entity({ path: path + query })).toMatchObject(more);
		}
		for (const name of Object.keys(more)) {
			expect(await kit.entity({ path })).not.toHaveProperty(name);
		}
	});
});
