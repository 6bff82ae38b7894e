import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { echoByHand, echoWorkflow, outside } from './echoWorkflows';
import { nodeRun, outputItems } from './execution';
import { FAKE, packFakePackage } from './fakePackage';
import { ensureHost } from './install';
import { startN8n, type N8nHost } from './n8n';
import { N8nRest } from './rest';
import { version } from './version';
import type { HostWorkflow } from './workflow';

/** Covers the installation of a host on first use. */
const PREPARE_LIMIT_MS = 60 * 60_000;

describe(`a real n8n ${version}`, () => {
	let folder: string;
	let host: N8nHost | undefined;
	let rest: N8nRest;
	let refusedBefore: string[] = [];

	beforeAll(async () => {
		folder = await mkdtemp(join(tmpdir(), 'try-on-host-'));
		const say = (line: string): void => void process.stderr.write(`${line}\n`);
		const install = await ensureHost(version, say);
		const tarball = await packFakePackage(join(folder, 'package'));
		host = await startN8n({ install, packages: [tarball], userFolder: join(folder, 'user') });
		rest = await N8nRest.connect(host);
	}, PREPARE_LIMIT_MS);

	afterAll(async () => {
		await host?.stop();
		await rm(folder, { recursive: true, force: true });
	});

	async function published(path: string, text: string, onError?: string): Promise<HostWorkflow> {
		const workflow = await rest.importWorkflow(echoWorkflow(path, text, onError));
		await rest.activate(workflow);
		return workflow;
	}

	it('lists the node and the credential of the package', async () => {
		const nodes = await rest.nodeTypes();
		const echo = nodes.find(({ name }) => name === FAKE.nodeType);
		expect(echo).toMatchObject({
			displayName: FAKE.displayName,
			versions: [1],
			credentials: [FAKE.credentialType],
		});
		expect(echo?.properties.map(({ name }) => name)).toEqual(['operation', 'text', 'louder']);
		expect(await rest.credentialTypes()).toContain(FAKE.credentialType);
	});

	it('runs the node from a webhook and reads its items, their origins and their files', async () => {
		const workflow = await published('rows', '={{ $json.word }}');
		const rows = [{ word: 'one' }, { word: 'two' }];
		const id = await rest.runByWebhook(workflow, { body: { rows } });
		const execution = await rest.waitForExecution(id);
		expect(execution).toMatchObject({ id, workflowId: workflow.id, status: 'success' });
		const items = outputItems(execution, 'Echo');
		expect(items.map(({ json }) => json)).toEqual([
			{ text: 'one', from: { word: 'one' } },
			{ text: 'two', from: { word: 'two' } },
		]);
		expect(items.map(({ pairedItem }) => pairedItem)).toEqual([
			[{ item: 0, input: 0 }],
			[{ item: 1, input: 0 }],
		]);
		const file = items[1]?.binary.data;
		expect(file).toMatchObject({ fileName: 'echo.txt', mimeType: 'text/plain' });
		expect(file && (await rest.downloadBinary(file)).toString()).toBe('echo of two');
		expect(execution.stored).toContain('two');
	});

	it('tells one start of a workflow from the next', async () => {
		const workflow = await published('again', '={{ $json.word }}');
		const ids: string[] = [];
		for (const word of ['first', 'second']) {
			const id = await rest.runByWebhook(workflow, { body: { rows: [{ word }] } });
			ids.push(id);
			const [item] = outputItems(await rest.waitForExecution(id), 'Echo');
			expect(item?.json.text).toBe(word);
		}
		expect((await rest.executionIds(workflow)).sort()).toEqual(ids.sort());
	});

	it('reads why a node failed', async () => {
		const workflow = await published('failing', 'fail');
		const id = await rest.runByWebhook(workflow, { body: { rows: [{ n: 1 }] } });
		const execution = await rest.waitForExecution(id);
		expect(execution).toMatchObject({ status: 'error', error: { message: 'Echo refused' } });
		expect(nodeRun(execution, 'Echo').error).toMatchObject({
			name: 'NodeOperationError',
			message: 'Echo refused',
			description: 'The text was fail',
			context: { itemIndex: 0 },
		});
		expect(() => outputItems(execution, 'Echo')).toThrow('Echo refused The text was fail');
		expect(() => nodeRun(execution, 'Nobody')).toThrow("'Nobody' did not run");
		await expect(rest.waitForExecution(id, { status: 'waiting' })).rejects.toThrow('is error');
	});

	it('tells the error output from the first one', async () => {
		const workflow = await published('routed', '={{ $json.word }}', 'continueErrorOutput');
		const rows = [{ word: 'fine' }, { word: 'fail' }];
		const id = await rest.runByWebhook(workflow, { body: { rows } });
		const execution = await rest.waitForExecution(id);
		expect(outputItems(execution, 'Echo').map(({ json }) => json.text)).toEqual(['fine']);
		const [failed, ...others] = outputItems(execution, 'Echo', 1);
		expect(failed?.json).toMatchObject({ error: 'Echo refused', word: 'fail' });
		expect(others).toEqual([]);
	});

	it('stops an execution', async () => {
		const workflow = await published('slow', 'slow');
		const id = await rest.runByWebhook(workflow, { body: { rows: [{ n: 1 }] } });
		await rest.waitForExecution(id, { status: 'running' });
		await rest.stopExecution(id);
		expect((await rest.waitForExecution(id)).status).toBe('canceled');
	});

	it('sends files to a webhook', async () => {
		const workflow = await published('form', 'unused');
		const body = new FormData();
		body.set('rows', JSON.stringify([1]));
		body.set('photo', new Blob([Buffer.from([1, 2, 3])], { type: 'image/png' }), 'photo.png');
		const id = await rest.runByWebhook(workflow, { body });
		const [item] = outputItems(await rest.waitForExecution(id), 'Webhook');
		expect(item?.binary.photo).toMatchObject({ fileName: 'photo.png', mimeType: 'image/png' });
		const photo = item?.binary.photo;
		expect(photo && [...(await rest.downloadBinary(photo))]).toEqual([1, 2, 3]);
	});

	it('runs a workflow as the editor does', async () => {
		const workflow = await rest.importWorkflow(echoByHand);
		const whole = await rest.waitForExecution(await rest.runManually(workflow, 'Start'));
		expect(outputItems(whole, 'Later')[0]?.json.text).toBe('later');
		const step = await rest.waitForExecution(await rest.runManually(workflow, 'Start', 'Echo'));
		expect(step).toMatchObject({ status: 'success', mode: 'manual' });
		expect(Object.keys(step.runs)).toEqual(['Start', 'Echo']);
	});

	it('stores credentials, tests them and gives them to imported nodes', async () => {
		const data = { baseUrl: rest.host.url };
		const type = FAKE.credentialType;
		const stored = await rest.createCredential({ name: 'Echo account', type, data });
		expect(await rest.testCredential({ ...stored, data })).toMatchObject({ status: 'OK' });
		const wrong = { baseUrl: `${rest.host.url}/rest/nothing-here` };
		expect(await rest.testCredential({ ...stored, data: wrong })).toMatchObject({
			status: 'Error',
		});
		const workflow = await rest.importWorkflow(echoWorkflow('keyed', 'x'), [stored]);
		expect(
			JSON.stringify(await rest.session.data('GET', `/rest/workflows/${workflow.id}`)),
		).toContain(JSON.stringify({ id: stored.id, name: stored.name }));
	});

	it('keeps what it stored over a restart', async () => {
		const before = await published('kept', '={{ $json.word }}');
		const user = join(folder, 'user');
		refusedBefore = rest.host.refused();
		await rest.host.stop();
		await expect(fetch(`${rest.host.url}/healthz`)).rejects.toThrow('fetch failed');
		const install = await ensureHost(version, () => undefined);
		host = await startN8n({ install, packages: [], userFolder: user, port: rest.host.port });
		rest = await N8nRest.connect(host);
		const id = await rest.runByWebhook(before, { body: { rows: [{ word: 'kept' }] } });
		expect(outputItems(await rest.waitForExecution(id), 'Echo')).toHaveLength(1);
	});

	it('keeps n8n from connecting to anything but this machine', async () => {
		// Nothing that n8n does by itself.
		expect([...refusedBefore, ...rest.host.refused()]).toEqual([]);
		const workflow = await rest.importWorkflow(outside);
		const execution = await rest.waitForExecution(await rest.runManually(workflow, 'Start'));
		expect(execution.status).toBe('error');
		// n8n may try more than once.
		expect([...new Set(rest.host.refused())]).toEqual(['192.0.2.1:443']);
	});
});
