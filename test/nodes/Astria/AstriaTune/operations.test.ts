import { setTimeout as delay } from 'node:timers/promises';

import type { IDataObject } from 'n8n-workflow';

import { speedUp } from '../../../engine/clock';
import { RETRY, storeFile, useBinaryMode } from '../../../engine/engine';
import { errorsOf, jsonOf, panelOf, type Parameters, picked } from '../../../engine/items';
import { smallGarment, smallPerson } from '../../../engine/pictures';
import { type Bed, makeBed } from './bed';

let bed: Bed;

beforeEach(async () => {
	await useBinaryMode('default');
	bed = await makeBed({ astria: { trainingMs: 300 } });
});

afterEach(async () => {
	jest.restoreAllMocks();
	await bed.sandbox.close();
});

const tune = (operation: string, more: Parameters = {}): Parameters => ({
	resource: 'tune',
	operation,
	...more,
});

const CONTINUE = { onError: 'continueRegularOutput' } as const;

async function make(titles: string[], more: Parameters = {}): Promise<IDataObject[]> {
	const rows = titles.map((title) => ({ title }));
	const { outputs, error } = await bed.run(rows, { wait: 'none', ...more });
	expect(error).toBeUndefined();
	return jsonOf(outputs[0]);
}

describe('Get', () => {
	test('shows a tune of the account, and one of the gallery', async () => {
		const [made] = await make(['Jane']);
		const rows = [{ id: made?.tuneId }, { id: 1504944 }];
		const { outputs, error } = await bed.run(
			rows,
			tune('get', { tuneId: picked('={{ $json.id }}') }),
		);
		expect(error).toBeUndefined();
		expect(jsonOf(outputs[0])).toMatchObject([
			{ tuneId: made?.tuneId, title: 'Jane', images: [expect.any(String)], cost: 0.1 },
			{ tuneId: 1504944, title: 'Flux1.dev' },
		]);
		expect(outputs[0]?.map(({ pairedItem }) => pairedItem)).toEqual([{ item: 0 }, { item: 1 }]);
	});

	test('without Simplify hands back all that Astria says', async () => {
		const [made] = await make(['Jane']);
		const parameters = tune('get', { tuneId: picked(String(made?.tuneId)), simplify: false });
		const { outputs } = await bed.run([{}], parameters);
		expect(outputs[0]?.[0]?.json).toMatchObject({
			id: made?.tuneId,
			model_type: 'faceid',
			is_api: true,
		});
	});

	test('says of a tune that is gone what that means', async () => {
		const { outputs } = await bed.run([{}], tune('get', { tuneId: picked('77') }), CONTINUE);
		expect(errorsOf(outputs[0])[0]).toMatch(
			/^Item 1: Tune 77: Astria does not have this.*the credential's\.$/,
		);
		expect(outputs[0]?.[0]?.json.details).toMatchObject({ statusCode: 404, requestId: '77' });
	});

	test.each(['', 'abc', '-1', '1.5'])('refuses the id "%s"', async (id) => {
		const parameters = tune('get', { tuneId: { __rl: true, mode: 'id', value: `={{ "${id}" }}` } });
		const { outputs } = await bed.run([{}], parameters, CONTINUE);
		expect(errorsOf(outputs[0])[0]).toMatch(/^Item 1: 'Tune' is /);
		expect(bed.calls()).toHaveLength(0);
	});
});

describe('Get Many', () => {
	/** Tunes by the stand-in's own door, which is quicker than the node's. */
	async function fill(count: number): Promise<void> {
		for (let index = 0; index < count; index++) {
			const body = {
				title: `T${index}`,
				name: index % 2 === 0 ? 'woman' : 'shirt',
				image_urls: ['https://example.com/a.jpg'],
				base_tune_id: 1504944,
				model_type: 'faceid',
				branch: 'fast',
			};
			const answer = await fetch(`${bed.sandbox.astria.url}/tunes`, {
				method: 'POST',
				headers: {
					Authorization: `Bearer ${bed.sandbox.astria.key}`,
					'User-Agent': 'test',
					'Content-Type': 'application/json',
				},
				body: JSON.stringify({ tune: body }),
			});
			expect(answer.status).toBe(201);
		}
	}

	test('lists 130 tunes in full, newest first', async () => {
		await fill(130);
		const { outputs, error } = await bed.run([{}], tune('getAll', { returnAll: true }));
		expect(error).toBeUndefined();
		const titles = jsonOf(outputs[0]).map(({ title }) => title);
		expect(titles).toEqual(Array.from({ length: 130 }, (_, index) => `T${129 - index}`));
		expect(outputs[0]?.every(({ pairedItem }) => JSON.stringify(pairedItem) === '{"item":0}')).toBe(
			true,
		);
	});

	test('stops at its limit, which is 50 unless it is set', async () => {
		await fill(60);
		const { outputs } = await bed.run([{}], tune('getAll'));
		expect(outputs[0]).toHaveLength(50);
		const few = await bed.run([{}], tune('getAll', { limit: 3 }));
		expect(jsonOf(few.outputs[0]).map(({ title }) => title)).toEqual(['T59', 'T58', 'T57']);
		expect(bed.calls(/^GET/).map(({ query }) => query.get('limit'))).toEqual(['50', '3']);
	});

	test('filters by all that Astria filters by', async () => {
		await fill(6);
		const filters = { title: 't1', name: 'shirt', model_type: 'faceid', branch: 'fast' };
		const { outputs } = await bed.run([{}], tune('getAll', { filters }));
		expect(jsonOf(outputs[0]).map(({ title }) => title)).toEqual(['T1']);
		expect(Object.fromEntries(bed.calls(/^GET/)[0]?.query ?? [])).toEqual({
			...filters,
			limit: '50',
		});
	});

	test('lists what was made since a time in any workspace, with what it cost', async () => {
		const { astria } = bed.sandbox;
		const [old] = await make(['old']);
		const stored = astria.tunes().find(({ id }) => id === old?.tuneId);
		if (stored) stored.createdAt = new Date(Date.now() - 8 * 24 * 60 * 60 * 1000);
		const [mine] = await make(['mine']);
		await make(['theirs']);
		const theirs = astria.tunes().at(-1);
		if (theirs) theirs.workspaceId = 41;
		const since = { start: '={{ $now.minus(7, "days") }}' };
		const own = await bed.run([{}], tune('getAll', { filters: since }));
		expect(jsonOf(own.outputs[0])).toMatchObject([
			{ tuneId: mine?.tuneId, cost: 0.1, currency: 'USD', createdAt: expect.any(String) },
		]);
		const filters = { ...since, all_workspaces: true };
		const { outputs } = await bed.run([{}], tune('getAll', { filters }));
		expect(jsonOf(outputs[0])).toMatchObject([
			{ title: 'theirs', workspaceId: 41 },
			{ tuneId: mine?.tuneId },
		]);
	});

	test('lists the gallery', async () => {
		const filters = { branch: 'flux1' };
		const { outputs } = await bed.run([{}], tune('getAll', { source: 'gallery', filters }));
		expect(jsonOf(outputs[0]).map(({ tuneId }) => tuneId)).toContain(1504944);
		expect(bed.calls()[0]?.path).toBe('/gallery/tunes');
	});

	test('an empty list is no item', async () => {
		const { outputs, error } = await bed.run([{}], tune('getAll', { returnAll: true }));
		expect(error).toBeUndefined();
		expect(outputs[0] ?? []).toEqual([]);
	});
});

describe('Update', () => {
	test('changes what was added and nothing else', async () => {
		const [made] = await make(['Jane']);
		const updateFields = {
			title: 'Joan',
			auto_extend: false,
			characteristics: { pairs: [{ name: 'age', value: '30 yo' }] },
		};
		const parameters = tune('update', { tuneId: picked(String(made?.tuneId)), updateFields });
		const { outputs, error } = await bed.run([{}], parameters);
		expect(error).toBeUndefined();
		expect(outputs[0]?.[0]?.json).toMatchObject({ tuneId: made?.tuneId, title: 'Joan' });
		expect(JSON.parse(bed.calls(/^PATCH/)[0]?.body.toString() ?? '')).toEqual({
			tune: { title: 'Joan', auto_extend: false, characteristics: { age: '30 yo' } },
		});
	});

	test('refuses to change nothing', async () => {
		const { outputs } = await bed.run([{}], tune('update', { tuneId: picked('5') }), CONTINUE);
		expect(errorsOf(outputs[0])[0]).toMatch(/'Update Fields' is empty/);
		expect(bed.calls()).toHaveLength(0);
	});
});

test('Delete hands back deleted: true, and the tune is gone', async () => {
	const [made] = await make(['Jane']);
	const parameters = tune('delete', { tuneId: picked(String(made?.tuneId)) });
	const { outputs } = await bed.run([{}], parameters);
	expect(jsonOf(outputs[0])).toEqual([{ deleted: true, tuneId: made?.tuneId }]);
	expect(bed.sandbox.astria.tunes()).toHaveLength(0);
	const again = await bed.run([{}], parameters, CONTINUE);
	expect(errorsOf(again.outputs[0])[0]).toMatch(/does not have this/);
});

test('Delete says of what was never there that it is not, on every try and for every row', async () => {
	const rows = [{ tuneId: 4 }, { tuneId: 4 }];
	const parameters = tune('delete', { tuneId: picked('={{ $json.tuneId }}') });
	const { error } = await bed.run(rows, parameters, RETRY);
	expect(error?.message).toMatch(/does not have this/);
	const { outputs } = await bed.run(rows, parameters, { ...RETRY, ...CONTINUE });
	const refused = expect.stringMatching(/does not have this/);
	expect(errorsOf(outputs[0])).toEqual([refused, refused]);
});

test('Delete does what is left when Retry On Fail runs it again', async () => {
	const made = await make(['Jane', 'Kim']);
	const rows = made.map(({ tuneId }) => ({ tuneId }));
	const answer = { status: 500, body: {} };
	const on = new RegExp(`DELETE /tunes/${made[1]?.tuneId}$`);
	// The first one's answer is lost, too.
	bed.sandbox.faults.add({ on: /DELETE/, fault: { kind: 'resetAfter' } });
	bed.sandbox.faults.add({ on, fault: { kind: 'answer', answer }, times: 1 });
	const parameters = tune('delete', { tuneId: picked('={{ $json.tuneId }}') });
	const { outputs, error } = await bed.run(rows, parameters, RETRY);
	expect(error?.message).toBeUndefined();
	expect(jsonOf(outputs[0])).toEqual(rows.map(({ tuneId }) => ({ deleted: true, tuneId })));
	expect(bed.sandbox.astria.tunes()).toHaveLength(0);
});

describe('Wait Until Trained', () => {
	test('waits for many trainings with one list call a round', async () => {
		speedUp(20);
		const titles = Array.from({ length: 12 }, (_, index) => `T${index}`);
		const made = await make(titles, { model_type: 'lora' });
		expect(made.every(({ trained }) => trained === false)).toBe(true);
		const before = bed.calls().length;
		const rows = made.map(({ tuneId }) => ({ tuneId }));
		const { outputs, error } = await bed.run(
			rows,
			tune('wait', { tuneId: picked('={{ $json.tuneId }}') }),
		);
		expect(error).toBeUndefined();
		expect(jsonOf(outputs[0]).map(({ title }) => title)).toEqual(titles);
		expect(jsonOf(outputs[0]).every(({ status }) => status === 'trained')).toBe(true);
		const calls = bed.calls().slice(before);
		expect(calls.length).toBeLessThan(8);
	});

	test.each([
		['fails', /Tune \d+: The training failed\. Astria says: Training failed: no face/],
		[
			'expired',
			/Tune \d+: Astria does not have this\. Astria says: Not Found\. It was deleted, its time is over/,
		],
	])('a tune that %s is an error row with what Astria said', async (title, words) => {
		speedUp(200);
		const [made] = await make([`This one ${title}`], { model_type: 'lora' });
		const parameters = tune('wait', { tuneId: picked(String(made?.tuneId)) });
		const { outputs } = await bed.run([{}], parameters, { onError: 'continueErrorOutput' });
		expect(outputs[0]).toHaveLength(0);
		expect(errorsOf(outputs[1])[0]).toMatch(words);
	});

	test('a tune that never starts ends with Max Wait', async () => {
		speedUp(200);
		const [made] = await make(['stuck'], { model_type: 'lora' });
		const parameters = tune('wait', {
			tuneId: picked(String(made?.tuneId)),
			options: { maxWait: 40 },
		});
		const { outputs } = await bed.run([{}], parameters, CONTINUE);
		expect(errorsOf(outputs[0])[0]).toMatch(
			/^Item 1: Tune \d+: The tune had not started training after 40 s, the 'Max Wait'/,
		);
	});

	test('a row that ends the node ends the waits of the others', async () => {
		const [made] = await make(['stuck'], { model_type: 'lora' });
		const rows = [{ tuneId: 999_999_999 }, { tuneId: made?.tuneId }];
		const wait = tune('wait', { tuneId: picked('={{ $json.tuneId }}') });
		speedUp(20);
		const { error } = await bed.run(rows, wait);
		expect(error?.message).toContain('Tune 999999999');
		const before = bed.calls().length;
		await delay(1_500);
		expect(bed.calls().length).toBe(before);
	});

	test('Stop ends it', async () => {
		const [made] = await make(['stuck'], { model_type: 'lora' });
		const started = bed.start([{}], tune('wait', { tuneId: picked(String(made?.tuneId)) }));
		setTimeout(() => started.stop(), 200);
		const before = Date.now();
		await started.finished;
		expect(Date.now() - before).toBeLessThan(3_000);
	});
});

describe('packs', () => {
	const pack = (operation: string, more: Parameters = {}): Parameters => ({
		resource: 'pack',
		operation,
		...more,
	});

	test.each(['own', 'gallery'])('Get Many lists those of the %s', async (source) => {
		const filters = { public: true, listed: true };
		const { outputs, error } = await bed.run(
			[{}],
			pack('getAll', { source, returnAll: true, filters }),
		);
		expect(error).toBeUndefined();
		expect(jsonOf(outputs[0])).toContainEqual(
			expect.objectContaining({
				packId: 260,
				slug: 'corporate-headshots',
				title: 'Corporate headshots',
				classes: expect.arrayContaining(['woman', 'man', 'cat']),
				costs: expect.objectContaining({ woman: 0.08 }),
			}),
		);
		expect(bed.calls()[0]?.path).toBe(source === 'own' ? '/packs' : '/gallery/packs');
		expect(bed.calls()[0]?.query.get('public')).toBe('true');
	});

	test.each(['260', 'corporate-headshots'])('Get shows %s with its prompts', async (id) => {
		const { outputs } = await bed.run([{}], pack('get', { packId: picked(id) }));
		expect(outputs[0]?.[0]?.json).toMatchObject({
			packId: 260,
			promptIds: expect.arrayContaining([501]),
		});
	});

	test('a run on a new tune trains it and makes its pictures', async () => {
		speedUp(20);
		const { outputs, error } = await bed.run(
			[{ title: 'Grumpy' }],
			pack('createTune', {
				packId: picked('260'),
				name: 'cat',
				promptFields: { num_images: 1 },
				additionalFields: { prompt_ids: '521' },
			}),
		);
		expect(error).toBeUndefined();
		const [made] = bed.sandbox.astria.tunes();
		expect(outputs[0]?.[0]?.json).toMatchObject({ tuneId: made?.id, trained: true, reused: false });
		expect(bed.sandbox.astria.prompts()).toHaveLength(1);
		expect(bed.sandbox.astria.creations()).toHaveLength(1);
	});

	test('a run on tunes that exist hands back its order', async () => {
		const [person] = await make(['Jane']);
		const [dress] = await make(['Dress'], { name: 'dress' });
		const ids = [person?.tuneId, dress?.tuneId];
		const { outputs, error } = await bed.run(
			[{}],
			pack('createTune', {
				packId: picked('summer-lookbook'),
				mode: 'reuse',
				tunes: { tunes: ids.map((id) => ({ tuneId: picked(String(id)) })) },
			}),
		);
		expect(error).toBeUndefined();
		const prompts = bed.sandbox.astria.prompts().map(({ id }) => id);
		expect(outputs[0]?.[0]?.json).toMatchObject({
			packId: 'summer-lookbook',
			tuneIds: ids,
			promptIds: prompts,
			promptCount: 2,
			cost: expect.any(Number),
		});
	});

	test('a run names the pack that was bought, whatever its expression says later', async () => {
		const [person] = await make(['Jane']);
		bed.sandbox.faults.add({ on: /^POST \/p\//, fault: { kind: 'delay', ms: 1_500 } });
		const later = Date.now() + 1_000;
		const packId = `={{ Date.now() > ${later} ? $("Nowhere").item.json.sku : '260' }}`;
		const { outputs, error } = await bed.run(
			[{}],
			pack('createTune', {
				packId: picked(packId),
				mode: 'reuse',
				tunes: { tunes: [{ tuneId: picked(String(person?.tuneId)) }] },
			}),
		);
		expect(error).toBeUndefined();
		expect(Date.now()).toBeGreaterThan(later);
		expect(outputs[0]?.[0]?.json).toMatchObject({ packId: '260' });
	});

	describe('with Wait for Pictures', () => {
		const run = async (packId: string, tunes: unknown[], more: Parameters = {}) =>
			await bed.run(
				[{}],
				pack('createTune', {
					packId: picked(packId),
					mode: 'reuse',
					tunes: { tunes: tunes.map((id) => ({ tuneId: picked(String(id)) })) },
					waitForPictures: true,
					download: false,
					...more,
				}),
			);

		test('a run hands out the pictures of its prompts, bought once', async () => {
			speedUp(20);
			const [person] = await make(['Jane']);
			const [dress] = await make(['Dress'], { name: 'dress' });
			const before = bed.sandbox.astria.creations().length;
			const tuneIds = [person?.tuneId, dress?.tuneId];
			const { outputs, error } = await run('summer-lookbook', tuneIds);
			expect(error).toBeUndefined();
			const ids = bed.sandbox.astria.prompts().map(({ id }) => id);
			const items = outputs[0] ?? [];
			expect(new Set(items.map(({ json }) => json.promptId))).toEqual(new Set(ids));
			for (const { json, pairedItem } of items) {
				expect(json).toMatchObject({
					packId: 'summer-lookbook',
					tuneIds,
					status: 'COMPLETED',
					imageUrl: expect.stringContaining(bed.sandbox.media.url),
				});
				expect(pairedItem).toEqual({ item: 0 });
			}
			expect(bed.sandbox.astria.creations()).toHaveLength(before + 1);
		});

		test('an output that cannot be made is found before the run is bought', async () => {
			const [person] = await make(['Jane']);
			const { error } = await run('260', [person?.tuneId], {
				download: '={{ $("Nowhere").item.json.sku }}',
			});
			expect(error?.message).toMatch(/^Item 1: Referenced node/);
			expect(bed.calls(/^POST \/p\//)).toEqual([]);
		});

		test('a pack for one tune, whose answer names no prompt, too', async () => {
			speedUp(20);
			const [person] = await make(['Jane']);
			const { outputs, error } = await run('260', [person?.tuneId]);
			expect(error).toBeUndefined();
			const ids = bed.sandbox.astria.prompts().map(({ id }) => id);
			expect(ids.length).toBeGreaterThan(0);
			expect(new Set(outputs[0]?.map(({ json }) => json.promptId))).toEqual(new Set(ids));
			expect(outputs[0]?.every(({ json }) => json.imageUrl !== undefined)).toBe(true);
		});

		test('of prompts that cannot be told from those of another run a row says so', async () => {
			speedUp(20);
			const [person] = await make(['Jane']);
			const other = await run('260', [person?.tuneId], { waitForPictures: false });
			expect(other.outputs[0]?.[0]?.json).toMatchObject({ promptIds: [] });
			const { outputs, error } = await run('260', [person?.tuneId]);
			expect(error).toBeUndefined();
			expect(outputs[0]?.map(({ json }) => json)).toEqual([
				{
					packId: '260',
					tuneIds: [person?.tuneId],
					status: 'UNKNOWN',
					promptError: expect.stringContaining("Look for them with Astria Prompt's Get Many"),
				},
			]);
		});

		test('a prompt that is not finished in time takes nothing from the others', async () => {
			speedUp(20);
			const [person] = await make(['Jane']);
			bed.sandbox.astria.options.generationMs = 3_600_000;
			const { outputs, error } = await run('260', [person?.tuneId], { options: { maxWait: 60 } });
			expect(error).toBeUndefined();
			const ids = bed.sandbox.astria.prompts().map(({ id }) => id);
			expect(outputs[0]?.map(({ json }) => json.promptId).sort()).toEqual(ids);
			for (const { json } of outputs[0] ?? []) {
				expect(json).toMatchObject({
					status: 'IN_PROGRESS',
					promptError: expect.stringContaining('Max Wait'),
				});
			}
		});
	});

	test.each(['..', '.'])(
		'a pack that is called %p is refused: its address is another',
		async (id) => {
			const tunes = { tunes: [{ tuneId: picked('7') }] };
			const parameters = pack('createTune', { packId: picked(id), mode: 'reuse', tunes });
			const { error } = await bed.run([{}], parameters);
			expect(error?.message).toContain("'Pack' is");
			expect(bed.calls()).toEqual([]);
		},
	);

	test('a pack for one tune says that its prompts are made', async () => {
		const [person] = await make(['Jane']);
		const tunes = { tunes: [{ tuneId: picked(String(person?.tuneId)) }] };
		const parameters = pack('createTune', { packId: picked('260'), mode: 'reuse', tunes });
		const { outputs } = await bed.run([{}], parameters);
		expect(outputs[0]?.[0]?.json).toMatchObject({ message: 'Prompts created', promptIds: [] });
		expect(bed.sandbox.astria.prompts().length).toBeGreaterThan(0);
	});
});

describe('Inspect', () => {
	const inspect = (more: Parameters = {}): Parameters => ({
		resource: 'image',
		operation: 'inspect',
		name: 'woman',
		...more,
	});

	test('describes a file, and tells whether it is good for training', async () => {
		const data = await storeFile(await smallPerson(2), 'a.jpg', 'image/jpeg');
		const { outputs, error } = await bed.run(
			[{ json: {}, binary: { data } }],
			inspect({ image_source: 'binary', image_binary: 'data' }),
		);
		expect(error).toBeUndefined();
		const [item] = outputs[0] ?? [];
		expect(item?.json).toMatchObject({
			name: 'woman',
			eye_color: expect.any(String),
			goodForTraining: expect.any(Boolean),
			problems: expect.any(Array),
		});
		expect(bed.calls()[0]?.headers['content-type']).toMatch(/^multipart\/form-data/);
	});

	test('many pictures become one set of characteristics', async () => {
		const urls = await Promise.all(
			Array.from({ length: 6 }, async (_, index) =>
				bed.sandbox.media.publish(await smallGarment(index), 'image/png'),
			),
		);
		const each = await bed.run(
			urls.map((url) => ({ url })),
			inspect({ image: '={{ $json.url }}' }),
		);
		const { outputs, error } = await bed.run(
			urls.map((url) => ({ url })),
			inspect({ image: '={{ $json.url }}', output: 'characteristics' }),
		);
		expect(error).toBeUndefined();
		expect(outputs[0]).toHaveLength(1);
		const [item] = outputs[0] ?? [];
		const bad = jsonOf(each.outputs[0])
			.map(({ problems }, row) => ({ row: row + 1, problems }))
			.filter(({ problems }) => Array.isArray(problems) && problems.length > 0);
		expect(bad.length).toBeGreaterThan(0);
		expect(item?.json).toMatchObject({
			pictureCount: 6,
			badPictures: bad,
			characteristics: { eye_color: expect.any(String), ethnicity: expect.any(String) },
		});
		expect(item?.json.characteristics).not.toHaveProperty('name');
		expect(item?.pairedItem).toEqual(urls.map((_, row) => ({ item: row })));
	});

	test('a picture that cannot be had is an error row beside the characteristics', async () => {
		const rows = [{ url: bed.person }, { url: 'nonsense' }];
		const parameters = inspect({ image: '={{ $json.url }}', output: 'characteristics' });
		const { outputs } = await bed.run(rows, parameters, CONTINUE);
		expect(jsonOf(outputs[0])).toMatchObject([
			{ pictureCount: 1 },
			{ error: expect.stringMatching(/^Item 2: 'Image' is "nonsense"/) },
		]);
	});
});

describe('choices that an expression makes', () => {
	const list = (source: string): Parameters => ({ resource: 'pack', operation: 'getAll', source });
	const summary = (output: string): Parameters => ({
		resource: 'image',
		operation: 'inspect',
		name: 'woman',
		image: '={{ $json.url }}',
		output,
	});

	test.each(['Gallery', 'GALLERY '])('Get Many lists those of %j', async (source) => {
		const { error } = await bed.run([{ source }], list('={{ $json.source }}'));
		expect(error).toBeUndefined();
		expect(bed.calls()[0]?.path).toBe('/gallery/packs');
	});

	test('Get Many refuses a source that is none', async () => {
		const { error } = await bed.run([{ source: 'Shop' }], list('={{ $json.source }}'));
		expect(panelOf({ error })).toBe(
			`Item 1: 'Source' is "Shop", which is none of its choices.\nUse one of: Gallery, Own.`,
		);
		expect(bed.calls()).toHaveLength(0);
	});

	test('Inspect gives one item for all by the name of the choice', async () => {
		const rows = [{ url: bed.person, output: 'Characteristics' }];
		const { outputs } = await bed.run(rows, summary('={{ $json.output }}'));
		expect(jsonOf(outputs[0])).toMatchObject([{ pictureCount: 1 }]);
	});

	test('Inspect refuses an output that is none before it asks', async () => {
		const rows = [{ url: bed.person, output: 'Summary' }];
		const { error } = await bed.run(rows, summary('={{ $json.output }}'));
		expect(panelOf({ error })).toMatch(/^'Output' is "Summary", which is none of its choices\./);
		expect(bed.calls()).toHaveLength(0);
	});

	test('Create takes files of the item by the name of the choice', async () => {
		const data = await storeFile(await smallPerson(0), 'a.jpg', 'image/jpeg');
		const images_source = '={{ $json.source }}';
		const parameters = { images_source, images: '={{ $json.none }}', images_binary: 'data' };
		const { error } = await bed.run(
			[{ json: { source: 'Input Data' }, binary: { data } }],
			parameters,
		);
		expect(error).toBeUndefined();
		const [made] = bed.sandbox.astria.creations();
		expect(made?.encoding).toBe('multipart');
	});
});
