import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { raiseStage, type Stage } from '../../demo/stage';
import { FAL_OPTIONS } from '../../lib/fields/falOptions';
import { LEGACY_FIELDS, TRYON_FIELDS } from '../../lib/fields/fashn';
import type { FieldTable } from '../../lib/fields/field';
import { RUN_OPTIONS } from '../../lib/fields/runOptions';
import { sampleGarment, samplePerson } from '../../sandbox/pictures';
import { Editor } from './browser';
import { CredentialDialog } from './credentialDialog';
import type { HostVersion } from './install';
import { NodePanel, OWN_LABELS } from './panel';
import { takeScreenshot } from './screenshots';
import { walkedNodes } from './walkNodes';
import type { WorkflowJson } from './workflow';

/** Covers the installation of a host on first use. */
const PREPARE_LIMIT_MS = 60 * 60_000;

const FASHN = 'FASHN Try-On';
const GENERATE = 'Generate pictures';

const START = {
	id: 'walk-start',
	name: 'Start',
	type: 'n8n-nodes-base.manualTrigger',
	typeVersion: 1,
	position: [0, 0],
	parameters: {},
};

const labelsOf = (table: FieldTable): string[] =>
	Object.values(table).flatMap(({ type, label }) =>
		type === 'picture' ? [`${label} Source`, label] : [label],
	);

/** A stage with a browser in front of it, for the tests of one version. */
function onStage(version: HostVersion) {
	let folder = '';
	let stage: Stage | undefined;
	let editor: Editor | undefined;

	beforeAll(async () => {
		folder = await mkdtemp(path.join(tmpdir(), 'try-on-walk-'));
		stage = await raiseStage({
			version,
			folder: path.join(folder, 'stage'),
			sandbox: { fal: { jobMs: 400 } },
			say: (line) => void process.stderr.write(`${line}\n`),
		});
		editor = await Editor.open(stage.host);
	}, PREPARE_LIMIT_MS);

	afterAll(async () => {
		await editor?.close();
		await stage?.close();
		await rm(folder, { recursive: true, force: true });
	});

	function up(): { stage: Stage; editor: Editor; panel: NodePanel } {
		if (!stage || !editor) throw new Error('The stage is not up');
		return { stage, editor, panel: new NodePanel(editor) };
	}

	/** Opens a workflow; without one, a workflow that only has a start. */
	async function open(workflow: WorkflowJson = { name: 'Walk', nodes: [START], connections: {} }) {
		const { rest, credentials } = up().stage;
		await up().editor.openWorkflow((await rest.importWorkflow(workflow, credentials)).id);
	}

	/** Opens the panel of nodes at the start's plus sign, so that what is added is connected. */
	async function openNodes() {
		await open();
		await up().editor.page.locator('[data-test-id="canvas-handle-plus"]').first().click();
	}

	async function add(node: string, action: string): Promise<NodePanel> {
		await openNodes();
		await up().editor.addNodeFromPanel(node, action);
		return up().panel;
	}

	/** Addresses of a person and of a garment. */
	async function pictures() {
		const { media } = up().stage.sandbox;
		return {
			model: media.publish(await samplePerson(0), 'image/jpeg'),
			garment: media.publish(await sampleGarment(0), 'image/png'),
		};
	}

	async function addWithPictures(): Promise<NodePanel> {
		const panel = await add(FASHN, GENERATE);
		const { model, garment } = await pictures();
		await panel.fill('model_image', model);
		await panel.fill('garment_image', garment);
		return panel;
	}

	return { up, open, openNodes, add, addWithPictures, pictures };
}

describe.each<HostVersion>(['2.41.1', '1.123.81'])('a new user of n8n %s', (version) => {
	const { up, openNodes, add } = onStage(version);

	it.each(walkedNodes())('finds $displayName', async ({ displayName, searches }) => {
		await openNodes();
		const found: string[] = [];
		for (const search of searches) {
			const titles = await up().editor.searchPanel(search);
			if (titles.some((title) => title.startsWith(displayName))) found.push(search);
		}
		expect(found).toEqual(searches);
	});

	it('sees every field of v1.6', async () => {
		const panel = await add(FASHN, GENERATE);
		const labels = await up().editor.labelsOnPanel();
		expect(labels.slice(3)).toEqual([
			'Endpoint',
			...labelsOf(TRYON_FIELDS),
			'Output',
			'Download Pictures',
			'Additional Fields (JSON)',
			'Options',
		]);
		expect(await panel.cutLabels()).toEqual([]);
	});

	it('meets no page that fails', () => {
		expect(up().editor.errors).toEqual([]);
	});
});
