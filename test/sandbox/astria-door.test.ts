import { startKit } from './astria-kit';
import type { Kit } from './astria-kit';

let kit: Kit;

beforeEach(async () => {
	kit = await startKit();
});

afterEach(() => kit.sandbox.close());

describe('who is let in', () => {
	test.each(['', 'axios/1.7.2', 'node', 'undici', 'python-urllib/3.11', 'python-requests/2.32'])(
		'a client that calls itself "%s" meets Cloudflare',
		async (agent) => {
			const answer = await kit.ask({ path: '/cli/models', headers: { 'User-Agent': agent } });
			expect([answer.status, answer.text]).toEqual([403, 'error code: 1010']);
		},
	);

	test.each(['n8n-nodes-virtual-try-on/0.1.0', 'curl/8.5.0', 'nodeless/1', 'astria-cli/1.14.0'])(
		'a client that calls itself "%s" does not',
		async (agent) => {
			const answer = await kit.ask({ path: '/users', headers: { 'User-Agent': agent } });
			expect(answer.status).toBe(200);
		},
	);

	test('an old command line must be upgraded', async () => {
		const headers = { 'User-Agent': 'astria-cli/0.9.12 (linux)' };
		expect((await kit.ask({ path: '/users', headers })).status).toBe(426);
	});

	test.each(['', 'sd_sandbox', 'Token sd_sandbox', 'Bearer sd_wrong', 'Bearer sd_sandbox2'])(
		'"%s" opens nothing, and the answer is plain text',
		async (authorization) => {
			const answer = await kit.ask({ path: '/tunes', headers: { Authorization: authorization } });
			expect([answer.status, answer.text]).toEqual([401, 'HTTP Token: Access denied.']);
			expect(answer.headers['content-type']).toMatch(/^text\/plain/);
		},
	);

	test('an unknown address answers as Rails does', async () => {
		const answer = await kit.ask({ path: '/prompts/1/like', method: 'POST' });
		expect([answer.status, answer.body]).toEqual([404, { status: 404, error: 'Not Found' }]);
	});

	test.each([
		['the body has no root key', { json: { title: 'x' } }],
		['the root key is empty', { json: { tune: {} } }],
		[
			'JSON without its content type',
			{ headers: { 'Content-Type': 'text/plain' }, json: { tune: { title: 'x' } } },
		],
	])('400 when %s', async (_, ask) => {
		const answer = await kit.ask({ path: '/tunes', ...ask });
		expect([answer.status, answer.body]).toEqual([400, { status: 400, error: 'Bad Request' }]);
	});
});

describe('workspaces', () => {
	const HERE = { 'X-Workspace-Id': '41' };
	const ALL = { 'X-Workspace-Id': 'all' };

	async function promptIn(headers: Record<string, string>, more: Record<string, unknown> = {}) {
		const json = { prompt: { text: 'a photo', ...more } };
		return await kit.entity({ path: '/tunes/690204/prompts', json, headers });
	}

	test('a list shows the scope of the call; "all" shows everything', async () => {
		const personal = await promptIn({});
		const shared = await promptIn(HERE);
		expect(await kit.ids({ path: '/prompts' })).toEqual([personal.id]);
		expect(await kit.ids({ path: '/prompts', headers: HERE })).toEqual([shared.id]);
		expect(await kit.ids({ path: '/prompts', headers: ALL })).toEqual([shared.id, personal.id]);
	});

	test('one prompt is found in its own scope only', async () => {
		const { id } = await promptIn(HERE);
		const look = async (headers: Record<string, string>) =>
			(await kit.ask({ path: `/prompts/${id}`, headers })).status;
		expect([await look({}), await look(HERE), await look(ALL)]).toEqual([404, 200, 200]);
	});

	test('the workspace in the body comes before the one in the header', async () => {
		expect((await promptIn({}, { workspace_id: 41 })).workspace_id).toBe(41);
	});

	test('a workspace out of reach makes the prompt a personal one, without a word', async () => {
		expect((await promptIn({ 'X-Workspace-Id': '999' })).workspace_id).toBeNull();
		expect((await promptIn(HERE, { workspace_id: 999 })).workspace_id).toBeNull();
	});

	test('"all" cannot be written to', async () => {
		const json = { prompt: { text: 'a photo' } };
		const answer = await kit.ask({ path: '/tunes/690204/prompts', json, headers: ALL });
		expect(answer.status).toBe(422);
		expect(kit.astria.creations()).toEqual([]);
	});

	test('the payer of a workspace pays', async () => {
		const before = await kit.ask({ path: '/users', headers: HERE });
		await promptIn(HERE, { num_images: 2 });
		const after = await kit.ask({ path: '/users', headers: HERE });
		expect(before.body).toMatchObject({
			usd_balance_mc: 10_000_000,
			payer: { name: 'Studio North', self: false, usd_balance_mc: 5_000_000 },
		});
		expect(after.body).toMatchObject({
			usd_balance_mc: 10_000_000,
			payer: { usd_balance_mc: 4_992_000 },
		});
	});

	test('they can be listed, made, shown and renamed', async () => {
		const made = await kit.entity({
			path: '/workspaces.json',
			json: { workspace: { title: 'Fall' } },
		});
		await kit.ask({
			method: 'PATCH',
			path: `/workspaces/${made.id}.json`,
			json: { workspace: { title: 'Autumn' } },
		});
		expect(await kit.ids({ path: '/workspaces.json' })).toEqual([41, made.id]);
		expect((await kit.entity({ path: `/workspaces/${made.id}.json` })).title).toBe('Autumn');
		expect((await promptIn({ 'X-Workspace-Id': String(made.id) })).workspace_id).toBe(made.id);
	});
});

describe('money', () => {
	test('an empty account buys nothing, and keeps what it has', async () => {
		kit.astria.options.account.usd_balance_mc = 3999;
		const answer = await kit.ask({
			path: '/tunes/690204/prompts',
			json: { prompt: { text: 'x' } },
		});
		expect(answer.status).toBe(422);
		expect(answer.text).toMatch(/not enough balance/i);
		expect(kit.astria.options.account.usd_balance_mc).toBe(3999);
		expect([kit.astria.prompts(), kit.astria.creations()]).toEqual([[], []]);
	});

	test('a tune and its prompts are paid together, or not at all', async () => {
		kit.astria.options.account.usd_balance_mc = 150_000;
		const tune = { title: 'T', name: 'man', image_urls: ['https://a.example/1'] };
		const refused = await kit.ask({
			path: '/tunes',
			json: { tune: { ...tune, prompts_attributes: [{ text: 'one' }] } },
		});
		expect(refused.status).toBe(422);
		expect(kit.astria.tunes()).toEqual([]);
		expect((await kit.ask({ path: '/tunes', json: { tune } })).status).toBe(201);
		expect(kit.astria.options.account.usd_balance_mc).toBe(0);
	});

	test('a mock tune and its prompts are free', async () => {
		kit.astria.options.account.usd_balance_mc = 0;
		const tune = await kit.trained({ branch: 'fast' });
		const prompt = await kit.generated(tune.id, { num_images: 3 });
		expect([tune.cost_mc, prompt.cost_mc]).toEqual([0, 0]);
		expect(prompt.images).toHaveLength(3);
	});

	test('a prompt costs by its pictures, and tells when it is done', async () => {
		expect((await kit.generated(690204, { num_images: 2 })).cost_mc).toBe(8000);
	});
});
