import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { Editor } from './browser';
import { echoByHand } from './echoWorkflows';
import { FAKE, packFakePackage } from './fakePackage';
import { ensureHost } from './install';
import { startN8n, type N8nHost } from './n8n';
import { N8nRest } from './rest';
import { version } from './version';

/** Covers the installation of a host on first use. */
const PREPARE_LIMIT_MS = 60 * 60_000;
const PNG_SIGNATURE = '89504e470d0a1a0a';

describe(`the editor of a real n8n ${version}`, () => {
	let folder: string;
	let host: N8nHost | undefined;
	let editor: Editor | undefined;
	let workflowId: string;

	beforeAll(async () => {
		folder = await mkdtemp(join(tmpdir(), 'try-on-editor-'));
		const say = (line: string): void => void process.stderr.write(`${line}\n`);
		const install = await ensureHost(version, say);
		const tarball = await packFakePackage(join(folder, 'package'));
		host = await startN8n({ install, packages: [tarball], userFolder: join(folder, 'user') });
		const rest = await N8nRest.connect(host);
		workflowId = (await rest.importWorkflow(echoByHand)).id;
		editor = await Editor.open(host);
	}, PREPARE_LIMIT_MS);

	afterAll(async () => {
		await editor?.close();
		await host?.stop();
		await rm(folder, { recursive: true, force: true });
	});

	function opened(): Editor {
		if (editor) return editor;
		throw new Error('The editor did not open');
	}

	it('shows a stored workflow', async () => {
		await opened().openWorkflow(workflowId);
		expect(await opened().nodesOnCanvas()).toEqual(['Start', 'Echo', 'Later']);
	});

	it('finds the node of the package and adds it by one of its actions', async () => {
		const [first = '', ...others] = await opened().searchPanel(FAKE.displayName);
		expect(first).toContain(FAKE.displayName);
		expect(others).toEqual([]);
		await opened().addNodeFromPanel(FAKE.displayName, 'Shout a text');
		const labels = await opened().labelsOnPanel();
		expect(labels.slice(-3)).toEqual(['Operation', 'Text to Echo', 'Louder Still']);
		await opened().closeNode();
		expect(await opened().nodesOnCanvas()).toContain(FAKE.displayName);
	});

	it('opens a node and takes its picture', async () => {
		await opened().openNode('Echo');
		const labels = await opened().labelsOnPanel();
		expect(labels.slice(-2)).toEqual(['Operation', 'Text to Echo']);
		const picture = join(folder, 'panel.png');
		await opened().screenshot(picture);
		expect((await readFile(picture)).subarray(0, 8).toString('hex')).toBe(PNG_SIGNATURE);
	});

	it('shows no page that fails', () => {
		expect(opened().errors).toEqual([]);
	});
});
