import { AstriaPrompt } from '../../../../nodes/Astria/AstriaPrompt/AstriaPrompt.node';
import { speedUp } from '../../../engine/clock';
import { readFile } from '../../../engine/engine';
import { errorsOf, jsonOf, picked } from '../../../engine/items';
import { type Bed, makeBed, PARTNER, SD15 } from './bed';

let bed: Bed;

beforeEach(async () => {
	speedUp(50);
	bed = await makeBed();
});

afterEach(async () => {
	jest.restoreAllMocks();
	await bed.sandbox.close();
});

const ERRORS = { onError: 'continueErrorOutput' } as const;
const operation = (name: string, promptId: unknown = '={{ $json.id }}') => ({
	operation: name,
	promptId: picked(String(promptId)),
	text: '',
});

/** Prompts that are finished. */
async function finished(count: number, fields: Record<string, unknown> = {}): Promise<number[]> {
	const ids: number[] = [];
	for (let n = 0; n < count; n += 1) {
		const id = await bed.made(SD15, { text: `photo ${n}`, ...fields });
		await bed.sandbox.astria.settle(id);
		ids.push(id);
	}
	return ids;
}

describe('Get', () => {
	test('fetches the pictures of a prompt that another workflow made', async () => {
		const ids = await finished(2);
		const rows = ids.map((id) => ({ id }));
		const { outputs } = await bed.run(rows, { ...operation('get'), download: true });
		expect(jsonOf(outputs[0])).toMatchObject([
			{ promptId: ids[0], tuneId: SD15, status: 'COMPLETED', text: 'photo 0', imageIndex: 0 },
			{ promptId: ids[1] },
		]);
		expect((await readFile(outputs[0]?.[1])).length).toBeGreaterThan(100);
	});

	test('tells how far one is that is not finished', async () => {
		bed.sandbox.astria.options.generationMs = 600_000;
		const id = await bed.made(SD15, { text: 'a photo' });
		const { outputs } = await bed.run([{ id }], operation('get'));
		expect(jsonOf(outputs[0])).toEqual([
			expect.objectContaining({ promptId: id, status: 'IN_QUEUE' }),
		]);
	});

	test('of a prompt that failed, or that is gone, is an error row', async () => {
		const [id] = await finished(1, { text: 'an error' });
		const { outputs } = await bed.run([{ id }, { id: 999 }], operation('get'), ERRORS);
		expect(errorsOf(outputs[1])).toEqual([
			expect.stringContaining('Astria says: The provider refused this prompt.'),
			expect.stringContaining('Astria does not have this.'),
		]);
	});

	test('asks for what Astria shows only then', async () => {
		const [id] = await finished(1);
		const { outputs } = await bed.run([{ id }], {
			...operation('get'),
			expand: ['comments', 'debug_images'],
		});
		expect(jsonOf(outputs[0])).toMatchObject([{ comments: [], debug_images: [] }]);
		const [call] = bed.calls(/GET \/prompts/);
		expect(call?.query.getAll('expand[]')).toEqual(['comments', 'debug_images']);
	});

	test.each([
		['names of the choices', ['Comments', 'Debug images']],
		['text with commas', 'comments, Debug Images'],
	])('takes %s for it', async (_, expand) => {
		const [id] = await finished(1);
		const { error } = await bed.run([{ id, expand }], {
			...operation('get'),
			expand: '={{ $json.expand }}',
		});
		expect(error).toBeUndefined();
		const [call] = bed.calls(/GET \/prompts/);
		expect(call?.query.getAll('expand[]')).toEqual(['comments', 'debug_images']);
	});

	test('refuses what is none of the choices for it', async () => {
		const [id] = await finished(1);
		const expand = '={{ $json.expand }}';
		const { error } = await bed.run([{ id, expand: ['likes'] }], { ...operation('get'), expand });
		expect(error?.message).toMatch(/'Expand' is "likes", which is none of its choices\.$/);
	});

	test('waits and asks again when Astria is busy', async () => {
		const [id] = await finished(1);
		bed.sandbox.faults.add({
			on: /GET \/prompts/,
			fault: { kind: 'answer', answer: { status: 429 } },
			times: 2,
		});
		const { outputs } = await bed.run([{ id }], operation('get'));
		expect(jsonOf(outputs[0])).toMatchObject([{ status: 'COMPLETED' }]);
	});

	test.each(['', 'abc', '-1', '1.5'])('refuses %j as an ID', async (id) => {
		const { outputs } = await bed.run([{ id }], operation('get'), ERRORS);
		expect(errorsOf(outputs[1])[0]).toMatch(/^Item 1: 'Prompt' is /);
		expect(bed.calls()).toHaveLength(0);
	});
});

describe('a prompt in a workspace', () => {
	async function inWorkspace(): Promise<number> {
		const [id = 0] = await finished(1, { workspace_id: 41 });
		expect(bed.sandbox.astria.prompts()).toMatchObject([{ workspaceId: 41 }]);
		return id;
	}

	test('is fetched by Get', async () => {
		const id = await inWorkspace();
		const { outputs, error } = await bed.run([{ id }], operation('get'));
		expect(error).toBeUndefined();
		expect(jsonOf(outputs[0])).toMatchObject([{ promptId: id, status: 'COMPLETED' }]);
	});

	test('is liked, updated and deleted', async () => {
		const id = await inWorkspace();
		const updateFields = { base_pack_id: '260' };
		for (const name of ['like', 'update', 'delete']) {
			const { error } = await bed.run([{ id }], { ...operation(name), updateFields });
			expect(error).toBeUndefined();
		}
		expect(bed.calls(/PATCH/).map(({ headers }) => headers['x-workspace-id'])).toEqual([
			undefined,
			'41',
		]);
		expect(bed.sandbox.astria.prompts()).toEqual([]);
	});

	test('is asked for once more, and not found when it is nowhere', async () => {
		const { outputs } = await bed.run([{ id: 999 }], operation('get'), ERRORS);
		expect(errorsOf(outputs[1])[0]).toMatch(/^Item 1: Prompt 999: Astria does not have this\./);
		expect(bed.calls(/GET/).map(({ headers }) => headers['x-workspace-id'])).toEqual([
			undefined,
			'all',
		]);
	});
});

describe('Get Many', () => {
	const list = { operation: 'getAll' };

	/** Many prompts that are never made, so that they are there quickly. */
	async function many(count: number): Promise<number[]> {
		bed.sandbox.astria.options.generationMs = 600_000;
		const ids: number[] = [];
		for (let n = 0; n < count; n += 1) ids.push(await bed.made(SD15, { text: `photo ${n}` }));
		return ids.reverse();
	}

	test('lists all of 130, newest first, by id and not by offset', async () => {
		const ids = await many(130);
		const { outputs } = await bed.run([{}], { ...list, returnAll: true });
		expect(jsonOf(outputs[0]).map(({ promptId }) => promptId)).toEqual(ids);
		const calls = bed.calls(/GET \/prompts/);
		expect(calls.map(({ query }) => query.get('before_id'))).toEqual([
			null,
			String(ids[119]),
			String(ids[129]),
		]);
		for (const { query } of calls) expect(query.get('offset')).toBeNull();
	});

	test('lists as many as wanted, each in one flat item with its addresses', async () => {
		const ids = await finished(3, { num_images: 2 });
		const { outputs } = await bed.run([{}], { ...list, limit: 2 });
		expect(outputs[0]).toHaveLength(2);
		expect(jsonOf(outputs[0])[0]).toMatchObject({
			promptId: ids[2],
			status: 'COMPLETED',
			imageCount: 2,
			imageUrl: expect.any(String),
			imageUrls: [expect.any(String), expect.any(String)],
		});
		expect(bed.calls(/GET \/prompts/)).toHaveLength(1);
	});

	test('hands on all that Astria says', async () => {
		await finished(1);
		const { outputs } = await bed.run([{}], { ...list, simplify: false });
		expect(jsonOf(outputs[0])[0]).toMatchObject({ id: expect.any(Number), cfg_scale: null });
	});

	test('every filter arrives under its name, and a switch that is off does not', async () => {
		await bed.run([{}], {
			...list,
			expand: ['comments'],
			filters: {
				text: ' red dress ',
				tune_id: picked(SD15),
				pack_id: '1',
				base_pack_id: '2',
				user_id: '3',
				orig_prompt_id: '4',
				order_id: '5',
				liked: true,
				today: true,
				is_video: true,
				is_api: true,
			},
		});
		await bed.run([{}], { ...list, filters: { liked: false, is_api: false } });
		const [first, second] = bed
			.calls(/GET \/prompts/)
			.map(({ query }) => Object.fromEntries(query));
		expect(first).toEqual({
			limit: '50',
			text: 'red dress',
			tune_id: String(SD15),
			pack_id: '1',
			base_pack_id: '2',
			user_id: '3',
			orig_prompt_id: '4',
			order_id: '5',
			liked: 'true',
			today: 'true',
			is_video: 'true',
			is_api: 'true',
			'expand[]': 'comments',
		});
		expect(second).toEqual({ limit: '50' });
	});

	test('filters work', async () => {
		const [, second] = await finished(3);
		const { outputs } = await bed.run([{}], { ...list, filters: { text: 'photo 1' } });
		expect(jsonOf(outputs[0]).map(({ promptId }) => promptId)).toEqual([second]);
	});
});

describe('Update', () => {
	test('sends what was added, and hands back the prompt', async () => {
		const [id] = await finished(1, { text: 'a <lora:1504944:1> photo' });
		const { outputs } = await bed.run([{ id }], {
			...operation('update'),
			updateFields: {
				pack_id: '88',
				workspace_id: '41',
				additional_fields: '{"orig_prompt_id":null}',
			},
		});
		expect(jsonOf(outputs[0])).toMatchObject([{ promptId: id, workspaceId: 41 }]);
		const [call] = bed.calls(/PATCH/);
		expect(call?.path).toBe(`/prompts/${id}`);
		expect(JSON.parse(String(call?.body))).toEqual({
			prompt: { pack_id: 88, workspace_id: 41, orig_prompt_id: null },
		});
	});

	test('of nothing is refused, and what Astria refuses is told', async () => {
		const [id] = await finished(1);
		const nothing = await bed.run([{ id }], operation('update'), ERRORS);
		expect(errorsOf(nothing.outputs[1])[0]).toMatch(/'Update Fields' is empty/);
		const updateFields = { pack_id: '88' };
		const refused = await bed.run([{ id }], { ...operation('update'), updateFields }, ERRORS);
		expect(errorsOf(refused.outputs[1])[0]).toContain('Prompt is not using a fine-tuned model');
		expect(refused.outputs[1]?.[0]?.json.details).toMatchObject({ requestId: String(id) });
	});
});

test('Delete says so, and the prompt is gone', async () => {
	const ids = await finished(2);
	const rows = ids.map((id) => ({ id }));
	const { outputs } = await bed.run(rows, operation('delete'));
	expect(jsonOf(outputs[0])).toEqual(ids.map((promptId) => ({ deleted: true, promptId })));
	expect(bed.sandbox.astria.prompts()).toHaveLength(0);
	const again = await bed.run(rows, operation('delete'), ERRORS);
	expect(errorsOf(again.outputs[1])).toHaveLength(2);
});

test('Like and Unlike', async () => {
	const [id] = await finished(1);
	const liked = () => bed.sandbox.astria.prompts().map((prompt) => prompt.liked);
	bed.sandbox.faults.add({
		on: /POST .*likes/,
		fault: { kind: 'answer', answer: { status: 429 } },
	});
	const like = await bed.run([{ id }], operation('like'));
	expect(jsonOf(like.outputs[0])).toEqual([{ promptId: id, liked: true }]);
	expect(liked()).toEqual([true]);
	const unlike = await bed.run([{ id }], operation('unlike'));
	expect(jsonOf(unlike.outputs[0])).toEqual([{ promptId: id, liked: false }]);
	expect(liked()).toEqual([false]);
	expect(bed.calls(/likes/).map(({ method }) => method)).toEqual(['POST', 'POST', 'DELETE']);
});

describe('Duplicate', () => {
	test('makes another prompt, with what is said otherwise and the picture to go on from', async () => {
		const [id] = await finished(1, { num_images: 2 });
		const { outputs } = await bed.run([{ id }], {
			...operation('duplicate'),
			image_index: '1',
			num_images: 1,
			additionalFields: { seed: 12345, film_grain: true },
		});
		const call = bed.calls(/POST .*duplicate/)[0];
		expect(call?.path).toBe(`/prompts/${id}/duplicate`);
		expect(JSON.parse(String(call?.body))).toEqual({
			prompt: { seed: 12345, num_images: 1, film_grain: true },
			image_index: 1,
		});
		expect(jsonOf(outputs[0])).toMatchObject([
			{ text: 'photo 0', seed: 12345, status: 'COMPLETED', imageCount: 1 },
		]);
		expect(jsonOf(outputs[0])[0]?.promptId).not.toBe(id);
	});

	test('as it is, without a seed of its own', async () => {
		const [id] = await finished(1, { aspect_ratio: '3:4' });
		const { outputs } = await bed.run([{ id }], { ...operation('duplicate'), wait: 'none' });
		expect(jsonOf(outputs[0])).toMatchObject([{ status: 'IN_QUEUE', tuneId: SD15 }]);
		const call = bed.calls(/POST .*duplicate/)[0];
		expect(JSON.parse(String(call?.body))).toEqual({ prompt: {} });
	});

	test('to a video from one of its pictures', async () => {
		const [id] = await finished(1);
		const { outputs } = await bed.run([{ id }], {
			...operation('duplicate'),
			image_index: 0,
			additionalFields: { video_model: 'kling25', video_prompt: 'She turns' },
		});
		expect(jsonOf(outputs[0])).toMatchObject([{ contentType: 'video/mp4' }]);
	});

	test.each<[Record<string, string>, RegExp]>([
		[{ image_index: '-1' }, /'Image Index' is -1, less than 0/],
		[{ text: 'a --mask_prompt "face' }, /'Text' has a double quote without its partner/],
	])('checks %j before anything is paid', async (parameters, message) => {
		const given = { ...operation('duplicate', 5), ...parameters };
		const { outputs } = await bed.run([{}], given, ERRORS);
		expect(errorsOf(outputs[1])[0]).toMatch(message);
		expect(bed.calls()).toHaveLength(0);
	});
});

describe('lists to pick from', () => {
	const { listSearch } = new AstriaPrompt().methods;

	test('of models: what Astria recommends first, then the other partner models', async () => {
		const { results } = await listSearch.searchModels.call(bed.editor());
		expect(results[0]).toEqual({ name: `Nano Banana 2 (${PARTNER})`, value: String(PARTNER) });
		const names = results.map(({ name }) => name);
		expect(names).toContain('Muse Image (5605622)');
		expect(new Set(names).size).toBe(names.length);
		const found = await listSearch.searchModels.call(bed.editor(), ' muse ');
		expect(found.results.map(({ value }) => value)).toEqual(['5605622']);
	});

	test('of models and video models without an answer: what is documented', async () => {
		bed.sandbox.faults.add({
			on: /GET/,
			fault: { kind: 'answer', answer: { status: 500 } },
			times: 9,
		});
		const models = await listSearch.searchModels.call(bed.editor());
		expect(models.results.map(({ value }) => value)).toEqual([String(PARTNER)]);
		const videos = await listSearch.searchVideoModels.call(bed.editor(), 'kling30');
		expect(videos.results).toHaveLength(7);
	});

	test('of video models: those of today first, then the documented ones', async () => {
		const { results } = await listSearch.searchVideoModels.call(bed.editor());
		expect(results.slice(0, 2).map(({ value }) => value)).toEqual([
			'seedance2_fast_720p',
			'kling25',
		]);
		expect(results).toHaveLength(46);
	});

	test('of prompts: by their text, page by page', async () => {
		bed.sandbox.astria.options.generationMs = 600_000;
		for (let n = 0; n < 35; n += 1) await bed.made(SD15, { text: `photo ${n}` });
		const first = await listSearch.searchPrompts.call(bed.editor());
		expect(first.results).toHaveLength(30);
		expect(first.results[0]?.name).toMatch(/^photo 34 \(\d+\)$/);
		const next = await listSearch.searchPrompts.call(bed.editor(), '', first.paginationToken);
		expect(next.results).toHaveLength(5);
		expect(next.paginationToken).toBeUndefined();
		const found = await listSearch.searchPrompts.call(bed.editor(), 'photo 17');
		expect(found.results).toHaveLength(1);
	});
});
