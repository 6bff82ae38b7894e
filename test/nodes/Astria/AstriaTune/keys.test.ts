import { AstriaApi } from '../../../../credentials/AstriaApi.credentials';
import { USER_AGENT } from '../../../../lib/http';
import { speedUp } from '../../../engine/clock';
import { storeFile, useBinaryMode } from '../../../engine/engine';
import { errorsOf, picked } from '../../../engine/items';
import { smallPerson } from '../../../engine/pictures';
import { type Bed, makeBed } from './bed';

let bed: Bed;

afterEach(async () => {
	jest.restoreAllMocks();
	await bed.sandbox.close();
});

test('the key goes to Astria and to nobody else, and into nothing that is kept', async () => {
	await useBinaryMode('default');
	bed = await makeBed({ astria: { trainingMs: 100 } });
	speedUp(50);
	const data = await storeFile(await smallPerson(1), 'a.jpg', 'image/jpeg');
	const runs = [
		await bed.run([{ title: 'A' }], { operation: 'createOrReuse', model_type: 'lora' }),
		await bed.run([{ json: { title: 'B' }, binary: { data } }], { images_source: 'binary' }),
		await bed.run([{}], { resource: 'tune', operation: 'getAll', source: 'gallery' }),
		await bed.run([{}], { resource: 'pack', operation: 'get', packId: picked('260') }),
		await bed.run([{}], { resource: 'image', operation: 'inspect', image: bed.person }),
	];
	const { key } = bed.sandbox.astria;
	expect(bed.calls().length).toBeGreaterThan(6);
	for (const { headers } of bed.calls()) {
		expect(headers.authorization).toBe(`Bearer ${key}`);
		expect(headers['user-agent']).toBe(USER_AGENT);
		expect(headers.accept).toBe('application/json');
		expect(headers).not.toHaveProperty('x-workspace-id');
	}
	const others = bed.sandbox.calls.filter(({ service }) => service !== 'astria');
	expect(others.length).toBeGreaterThan(0);
	for (const call of others) {
		expect(JSON.stringify([call.headers, call.path, call.query.toString()])).not.toContain(key);
	}
	for (const { run } of runs) expect(JSON.stringify(run)).not.toContain(key);
});

test('the workspace of the credential is in every call', async () => {
	bed = await makeBed({ credential: { workspaceId: ' 41 ' } });
	const { outputs } = await bed.run([{ title: 'A' }], { operation: 'createOrReuse' });
	expect(outputs[0]).toHaveLength(1);
	expect(bed.calls().map(({ headers }) => headers['x-workspace-id'])).toEqual(['41', '41']);
	expect(bed.sandbox.astria.tunes()[0]?.workspaceId).toBe(41);
});

test.each(['', 'personal', 'Personal '])('the workspace "%s" is none', async (workspaceId) => {
	bed = await makeBed({ credential: { workspaceId } });
	await bed.run([{ title: 'A' }]);
	expect(bed.calls()[0]?.headers).not.toHaveProperty('x-workspace-id');
});

test('a workspace that a call chooses wins over that of the credential', async () => {
	bed = await makeBed();
	const { authenticate } = new AstriaApi();
	const request = { url: 'https://api.astria.ai/prompts', headers: { 'X-Workspace-Id': 'all' } };
	const { headers } = await authenticate({ apiKey: 'sd_x', workspaceId: 41 }, request);
	expect(headers).toEqual({ Authorization: 'Bearer sd_x', 'X-Workspace-Id': 'all' });
});

test.each([
	['Bearer in front', (key: string) => `Bearer ${key}`],
	['spaces around', (key: string) => `  ${key}\n`],
])('a key pasted with %s works', async (_name, paste) => {
	bed = await makeBed({ credential: { apiKey: paste('sd_sandbox') } });
	const { error } = await bed.run([{ title: 'A' }]);
	expect(error).toBeUndefined();
});

test('a wrong key is told in words, without the key', async () => {
	bed = await makeBed({ credential: { apiKey: 'sd_very_secret' } });
	const { outputs, run } = await bed.run(
		[{ title: 'A' }],
		{},
		{ onError: 'continueRegularOutput' },
	);
	expect(errorsOf(outputs[0])[0]).toMatch(
		/^Item 1: Astria does not accept the key of the credential\. Astria says: HTTP Token: Access denied\./,
	);
	expect(JSON.stringify(run)).not.toContain('sd_very_secret');
	expect(bed.sandbox.astria.tunes()).toHaveLength(0);
});

test('a redirect of the API is not followed, so the key stays', async () => {
	bed = await makeBed();
	const location = `${bed.sandbox.media.url}/elsewhere`;
	const answer = { status: 307, headers: { location } };
	bed.sandbox.faults.add({ on: /^POST \/tunes/, fault: { kind: 'answer', answer } });
	const before = bed.sandbox.calls.length;
	const { error } = await bed.run([{ title: 'A' }]);
	expect(error?.message).toMatch(/status 307/);
	expect(bed.sandbox.calls.slice(before).map(({ service }) => service)).toEqual(['astria']);
});

test.each(['http://example.com', 'ftp://example.com', 'no address'])(
	'the Base URL %s is refused before the key leaves',
	async (baseUrl) => {
		bed = await makeBed({ credential: { baseUrl } });
		const { error } = await bed.run([{ title: 'A' }]);
		expect(error?.message).toMatch(/'Base URL' of the credential/);
		expect(bed.sandbox.calls).toHaveLength(0);
	},
);

test('the credential’s test asks who the key belongs to, by a name of its own', async () => {
	bed = await makeBed();
	const { request, rules } = new AstriaApi().test;
	expect(request).toMatchObject({
		method: 'GET',
		url: '/users',
		headers: { 'User-Agent': USER_AGENT },
	});
	const ask = async (key: string) =>
		await fetch(`${bed.sandbox.astria.url}${request.url}`, {
			headers: { Authorization: `Bearer ${key}`, 'User-Agent': USER_AGENT },
		});
	expect((await ask(bed.sandbox.astria.key)).status).toBe(200);
	const wrong = await ask('sd_wrong');
	const rule = rules?.find(
		({ type, properties }) => type === 'responseCode' && properties.value === wrong.status,
	);
	expect(rule?.properties.message).toMatch(/does not accept this API key/);
});
