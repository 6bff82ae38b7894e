import type { Workspace } from '../../sandbox/astria/index';
import { isEntity, startKit } from './astria-kit';
import type { Ask, Kit } from './astria-kit';

const HERE = { 'X-Workspace-Id': '41' };
const ALL = { 'X-Workspace-Id': 'all' };
const SMALL = { w: 64, h: 64 };
const VIDEO = { video_model: 'kling25', video_prompt: 'turn' };

/** 41 and 42 have the same payer, 43 is paid by the account itself, 44 by nobody in particular. */
const WORKSPACES: Workspace[] = [
	{ id: 41, payer: { id: 2, name: 'Studio North', usd_balance_mc: 500_000 } },
	{ id: 42, payer: { id: 2, name: 'Studio North', usd_balance_mc: 500_000 } },
	{ id: 43, payer: { id: 1, name: 'Dana', usd_balance_mc: 7 } },
	{ id: 44 },
].map((workspace) => ({ title: 'W', slug: 'w', favicon_url: null, ...workspace }));

let kit: Kit;

beforeEach(async () => {
	kit = await startKit({ workspaces: WORKSPACES });
});

afterEach(() => kit.sandbox.close());

async function promptIn(headers: Record<string, string>, more: Record<string, unknown> = {}) {
	const json = { prompt: { text: 'a photo', ...SMALL, ...more } };
	return await kit.entity({ path: '/tunes/690204/prompts', json, headers });
}

async function settleAll(): Promise<void> {
	for (const { id } of [...kit.astria.tunes(), ...kit.astria.prompts()])
		await kit.astria.settle(id);
}

async function costsIn(path: string): Promise<Map<number, unknown>> {
	const { body } = await kit.ask({ path, headers: ALL });
	if (!Array.isArray(body)) throw new Error(`No list at ${path}`);
	return new Map(body.filter(isEntity).map(({ id, cost_mc }) => [id, cost_mc]));
}

function sum(costs: Map<number, unknown>): number {
	return [...costs.values()].reduce<number>((total, cost) => total + Number(cost), 0);
}

describe('the balance', () => {
	test('is what /users tells, and can be set', async () => {
		kit.astria.setBalanceMc(123);
		kit.astria.setBalanceMc(456, 41);
		const [own, theirs] = [
			await kit.entity({ path: '/users' }),
			await kit.entity({ path: '/users', headers: HERE }),
		];
		expect(own).toMatchObject({
			usd_balance_mc: 123,
			payer: { id: 1, self: true, usd_balance_mc: 123 },
		});
		expect(theirs).toMatchObject({
			usd_balance_mc: 123,
			payer: { id: 2, name: 'Studio North', self: false, usd_balance_mc: 456 },
		});
		expect([kit.astria.balanceMc(), kit.astria.balanceMc(41)]).toEqual([123, 456]);
	});

	test('is one for all workspaces of a payer, the account included', async () => {
		await promptIn(HERE);
		expect([41, 42].map((id) => kit.astria.balanceMc(id))).toEqual([496_000, 496_000]);
		await promptIn({ 'X-Workspace-Id': '43' });
		await promptIn({ 'X-Workspace-Id': '44' });
		const { payer } = await kit.entity({ path: '/users', headers: { 'X-Workspace-Id': '43' } });
		expect(payer).toMatchObject({ self: true, usd_balance_mc: 9_992_000 });
		expect(kit.astria.balanceMc()).toBe(9_992_000);
	});

	test('goes down by what all tunes and prompts together say they cost', async () => {
		const person = await kit.reference('woman');
		const dress = await kit.reference('dress');
		await kit.tune({ prompts_attributes: [{ text: 'one', ...SMALL }] });
		const first = await promptIn(HERE, { num_images: 2 });
		await promptIn({}, { workspace_id: 42 });
		await promptIn({}, VIDEO);
		await promptIn({}, { text: 'partial', num_images: 2 });
		await promptIn({}, { text: 'error' });
		await kit.tune({ title: 'fails' });
		await kit.ask({ method: 'POST', path: `/prompts/${first.id}/duplicate`, headers: HERE });
		const { body: run } = await kit.ask({
			path: '/p/3041/tunes',
			json: {
				tune: {
					tune_ids: [person.id, dress.id],
					prompt_attributes: { workspace_id: 41, ...SMALL },
				},
			},
		});
		expect(run).toMatchObject({ order: { total_cost_mc: 8_000 } });
		await settleAll();

		const [tunes, prompts] = [await costsIn('/tunes'), await costsIn('/prompts')];
		const spent = 10_500_000 - kit.astria.balanceMc() - kit.astria.balanceMc(41);
		expect(sum(tunes) + sum(prompts)).toBe(spent);
		expect([tunes.size, prompts.size]).toEqual([4, 9]);
		// Two pictures and their duplicates, one by the field, two of the run.
		expect(kit.astria.balanceMc(42)).toBe(500_000 - 7 * 4_000);
		for (const [id, cost] of [...tunes]) {
			expect((await kit.entity({ path: `/tunes/${id}`, headers: ALL })).cost_mc).toBe(cost);
		}
		for (const [id, cost] of [...prompts]) {
			const path = `/prompts/${id}`;
			expect((await kit.entity({ path, headers: ALL })).cost_mc).toBe(cost);
		}
	});
});

test('a pack may tell what a run on a new tune takes, or what its prompts alone do', async () => {
	const run = async (packCosts: 'prompts' | 'withTune') => {
		kit.astria.options.packCosts = packCosts;
		const before = kit.astria.balanceMc();
		const tune = { title: 'T', name: 'cat', image_urls: ['https://pictures.example/1.jpg'] };
		await kit.ask({ path: '/p/260/tunes', json: { tune } });
		const { costs } = await kit.entity({ path: '/p/260' });
		const { body } = await kit.ask({ path: '/packs' });
		return { taken: before - kit.astria.balanceMc(), costs, list: body };
	};
	const [alone, whole] = [await run('prompts'), await run('withTune')];
	expect([alone.taken, whole.taken]).toEqual([158_000, 158_000]);
	expect(alone).toMatchObject({
		costs: { cat: { cost: 8_000 } },
		list: [{ id: 3041 }, { id: 260, costs: { cat: { cost_mc: 8_000 } } }],
	});
	expect(whole).toMatchObject({
		costs: { cat: { cost: 158_000 } },
		// A reference of the lookbook's, two pictures.
		list: [
			{ costs: { woman: { cost_mc: 18_000 } } },
			{ costs: { cat: { cost_mc: 158_000, num_images: 2 } } },
		],
	});
});

describe('what is not delivered', () => {
	test.each(['an error', 'noimages'])('"%s" costs nothing, and tells no cost', async (text) => {
		const { id } = await promptIn(HERE, { text, num_images: 2 });
		expect(kit.astria.balanceMc(41)).toBe(492_000);
		await kit.astria.settle(id);
		expect((await kit.entity({ path: `/prompts/${id}`, headers: HERE })).cost_mc).toBeNull();
		expect(kit.astria.balanceMc(41)).toBe(500_000);
	});

	test('two pictures of three cost two', async () => {
		const { cost_mc } = await kit.generated(690204, { text: 'partial', num_images: 3, ...SMALL });
		expect([cost_mc, kit.astria.balanceMc()]).toEqual([8_000, 9_992_000]);
	});

	test('a training that failed is free', async () => {
		const { id, cost_mc } = await kit.tune({ title: 'fails' });
		expect([cost_mc, kit.astria.balanceMc()]).toEqual([150_000, 9_850_000]);
		await kit.astria.settle(id);
		expect((await kit.entity({ path: `/tunes/${id}` })).cost_mc).toBe(0);
		expect(kit.astria.balanceMc()).toBe(10_000_000);
	});

	test('goes back to whoever paid, also when the prompt has moved', async () => {
		const { id } = await promptIn(HERE, { text: 'error' });
		const json = { prompt: { workspace_id: null } };
		const moved = await kit.entity({
			method: 'PATCH',
			path: `/prompts/${id}`,
			json,
			headers: HERE,
		});
		expect(moved.workspace_id).toBeNull();
		await kit.astria.settle(id);
		expect([kit.astria.balanceMc(), kit.astria.balanceMc(41)]).toEqual([10_000_000, 500_000]);
	});
});

describe('a balance that is used up', () => {
	const pictures = ['https://pictures.example/1.jpg'];

	/** Each call that costs, on a prompt and a trained tune. */
	const CALLS: Array<[name: string, ask: (ids: { prompt: number; tune: number }) => Ask]> = [
		['a prompt', () => ({ path: '/tunes/690204/prompts', json: { prompt: { text: 'x' } } })],
		['a duplicate', ({ prompt }) => ({ method: 'POST', path: `/prompts/${prompt}/duplicate` })],
		[
			'a tune',
			() => ({
				path: '/tunes',
				json: { tune: { title: 'T', name: 'man', image_urls: pictures } },
			}),
		],
		[
			'a pack run on a new tune',
			() => ({
				path: '/p/260/tunes',
				json: { tune: { title: 'T', name: 'man', image_urls: pictures } },
			}),
		],
		[
			'a pack run on a tune',
			({ tune }) => ({ path: '/p/260/tunes', json: { tune: { tune_ids: [tune] } } }),
		],
		['a theme', ({ tune }) => ({ path: '/themes', json: { theme: 'fall', tune_ids: [tune] } })],
		[
			'a look at a video',
			() => ({ path: '/videos/inspect', json: { file_url: 'https://pictures.example/1.mp4' } }),
		],
	];

	test.each(CALLS)('buys no more: %s', async (_, ask) => {
		const tune = await kit.trained();
		const prompt = await kit.prompt(690204);
		const made = [kit.astria.tunes().length, kit.astria.prompts().length];
		kit.astria.setBalanceMc(999);
		const answer = await kit.ask(ask({ prompt: prompt.id, tune: tune.id }));
		expect(answer.status).toBe(422);
		expect(answer.text).toMatch(/not enough balance/i);
		expect([kit.astria.tunes().length, kit.astria.prompts().length]).toEqual(made);
		expect(kit.astria.creations()).toHaveLength(2);
		expect(kit.astria.balanceMc()).toBe(999);
	});

	test('of one payer keeps the money of the other', async () => {
		kit.astria.setBalanceMc(3_999, 41);
		const tune = { title: 'T', name: 'man', image_urls: pictures };
		const prompts_attributes = [{ text: 'one' }, { text: 'two', workspace_id: 41 }];
		const json = { tune: { ...tune, prompts_attributes } };
		expect((await kit.ask({ path: '/tunes', json })).status).toBe(422);
		expect([kit.astria.balanceMc(), kit.astria.balanceMc(41)]).toEqual([10_000_000, 3_999]);
		kit.astria.setBalanceMc(4_000, 42);
		expect((await kit.ask({ path: '/tunes', json })).status).toBe(201);
		expect([kit.astria.balanceMc(), kit.astria.balanceMc(41)]).toEqual([9_846_000, 0]);
	});

	test('and more than that still gives what is free', async () => {
		kit.astria.setBalanceMc(-5);
		const tune = await kit.trained({ branch: 'fast' });
		expect((await kit.generated(tune.id)).cost_mc).toBe(0);
		expect(kit.astria.balanceMc()).toBe(-5);
	});
});
