import type { Workspace } from '../../sandbox/astria/index';
import { startKit } from './astria-kit';
import type { Entity, Kit } from './astria-kit';

const WORKSPACES: Workspace[] = [41, 42].map((id) => {
	return { id, title: `W ${id}`, slug: `w-${id}`, favicon_url: null };
});

/** Scopes of a call, and who of them sees what is in workspace 41. */
const SCOPES: Array<[name: string, headers: Record<string, string>, sees: boolean]> = [
	['the personal scope', {}, false],
	['its workspace', { 'X-Workspace-Id': '41' }, true],
	['another workspace', { 'X-Workspace-Id': '42' }, false],
	['all workspaces', { 'X-Workspace-Id': 'all' }, true],
	['a workspace out of reach', { 'X-Workspace-Id': '999' }, false],
];
const HERE = { 'X-Workspace-Id': '41' };

let kit: Kit;
/** Made by the field of the body, and by the header. */
let byField: Entity;
let byHeader: Entity;
let personal: Entity;
let tune: Entity;

beforeAll(async () => {
	kit = await startKit({ workspaces: WORKSPACES });
	personal = await kit.prompt(690204);
	byField = await kit.prompt(690204, { workspace_id: 41 });
	const json = { prompt: { text: 'a photo' } };
	byHeader = await kit.entity({ path: '/tunes/690204/prompts', json, headers: HERE });
	const image_urls = ['https://pictures.example/1.jpg'];
	const body = { tune: { title: 'T', name: 'man', image_urls } };
	tune = await kit.entity({ path: '/tunes', json: body, headers: HERE });
});

afterAll(() => kit.sandbox.close());

test('a prompt says where it is, also in its address', () => {
	expect([personal, byField, byHeader].map(({ workspace_id }) => workspace_id)).toEqual([
		null,
		41,
		41,
	]);
	expect(personal.url).toMatch(/\/tunes\/690204\/prompts\/\d+\.json$/);
	expect(byField.url).toMatch(/\/tunes\/690204\/prompts\/\d+\.json\?ws=41$/);
});

describe.each(SCOPES)('from %s', (_, headers, sees) => {
	const status = async (path: string, method = 'GET') =>
		(await kit.ask({ path, method, headers })).status;

	test('a prompt of the workspace is there or not, by either address', async () => {
		for (const { id } of [byField, byHeader]) {
			const seen = [await status(`/prompts/${id}`), await status(`/tunes/690204/prompts/${id}`)];
			expect(seen).toEqual(sees ? [200, 200] : [404, 404]);
		}
	});

	test('it is in the lists or not', async () => {
		for (const path of ['/prompts', '/tunes/690204/prompts', '/prompts?tune_id=690204']) {
			const ids = await kit.ids({ path, headers });
			expect(ids.includes(byField.id)).toBe(sees);
			expect(ids.includes(byHeader.id)).toBe(sees);
		}
	});

	test('a tune of the workspace is there or not', async () => {
		expect(await status(`/tunes/${tune.id}`)).toBe(sees ? 200 : 404);
		expect((await kit.ids({ path: '/tunes', headers })).includes(tune.id)).toBe(sees);
	});

	test('nothing of it can be changed, liked or deleted, unless the call is made there', async () => {
		const before = kit.astria.prompts().length;
		const isThere = headers['X-Workspace-Id'] === '41';
		const refused = sees ? 422 : 404;
		expect(await status(`/prompts/${byField.id}/likes`, 'POST')).toBe(isThere ? 201 : refused);
		const change = { method: 'PATCH', json: { prompt: { base_pack_id: 260 } }, headers };
		const changed = await kit.ask({ path: `/prompts/${byField.id}`, ...change });
		expect(changed.status).toBe(isThere ? 200 : refused);
		if (!isThere) expect(await status(`/prompts/${byField.id}`, 'DELETE')).toBe(refused);
		expect(kit.astria.prompts()).toHaveLength(before);
	});
});

test('what is personal is seen from the personal scope, and among all', async () => {
	const seen: boolean[] = [];
	for (const [, headers] of SCOPES) {
		const { status } = await kit.ask({ path: `/prompts/${personal.id}`, headers });
		const isListed = (await kit.ids({ path: '/prompts', headers })).includes(personal.id);
		expect(status).toBe(isListed ? 200 : 404);
		seen.push(isListed);
	}
	// A workspace out of reach is the personal scope, as for what is made there.
	expect(seen).toEqual([true, false, false, true, true]);
});

test('a prompt that is moved is seen from its new place', async () => {
	const { id } = await kit.prompt(690204, { workspace_id: 41 });
	const json = { prompt: { workspace_id: 42 } };
	await kit.ask({ method: 'PATCH', path: `/prompts/${id}`, json, headers: HERE });
	const statuses: unknown[] = [];
	for (const [, headers] of SCOPES) {
		statuses.push((await kit.ask({ path: `/prompts/${id}`, headers })).status);
	}
	expect(statuses).toEqual([404, 404, 200, 200, 404]);
});

test('a prompt deleted in its workspace is gone from everywhere', async () => {
	const { id } = await kit.prompt(690204, { workspace_id: 41 });
	await kit.ask({ method: 'DELETE', path: `/prompts/${id}`, headers: HERE });
	const all = { 'X-Workspace-Id': 'all' };
	expect((await kit.ask({ path: `/prompts/${id}`, headers: all })).status).toBe(404);
});
