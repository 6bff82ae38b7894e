import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { raiseStage, type Stage } from '../../demo/stage';
import { sampleGarment, samplePerson } from '../../sandbox/pictures';
import { Editor } from './browser';
import type { HostVersion } from './install';
import { NodePanel } from './panel';
import { takeScreenshot } from './screenshots';
import type { WorkflowJson } from './workflow';

/** Covers the installation of a host on first use. */
const PREPARE_LIMIT_MS = 60 * 60_000;

/** How long a try-on of the stand-in lasts, in ms. */
const JOB_MS = 400;

/** Name of the node that is walked through, and the action that most people want. */
export const FASHN = 'FASHN Try-On';
export const GENERATE = 'Generate pictures';

/** The version whose editor the documentation shows. */
export const SHOWN: HostVersion = '2.41.1';

const FASHN_TYPE = 'n8n-nodes-virtual-try-on.fashnTryOn';

const START = {
	id: 'walk-start',
	name: 'Start',
	type: 'n8n-nodes-base.manualTrigger',
	typeVersion: 1,
	position: [0, 0],
	parameters: {},
};

const ONLY_START: WorkflowJson = { name: 'First Workflow', nodes: [START], connections: {} };

/** Three rows before the node, as out of a sheet. */
function sheetWorkflow(rows: object[]): WorkflowJson {
	const to = (node: string) => ({ main: [[{ node, type: 'main', index: 0 }]] });
	return {
		name: 'Rows of a Sheet',
		nodes: [
			START,
			{
				id: 'walk-rows',
				name: 'Sheet',
				type: 'n8n-nodes-base.set',
				typeVersion: 3.4,
				position: [220, 0],
				parameters: { mode: 'raw', jsonOutput: JSON.stringify({ rows }), options: {} },
			},
			{
				id: 'walk-split',
				name: 'Rows',
				type: 'n8n-nodes-base.splitOut',
				typeVersion: 1,
				position: [440, 0],
				parameters: { fieldToSplitOut: 'rows', options: {} },
			},
			{
				id: 'walk-node',
				name: FASHN,
				type: FASHN_TYPE,
				typeVersion: 1,
				position: [660, 0],
				parameters: {
					model_image: '={{ $json.model }}',
					garment_image: '={{ $json.garment }}',
				},
				credentials: { falApi: { id: '', name: '' } },
			},
		],
		connections: { Start: to('Sheet'), Sheet: to('Rows'), Rows: to(FASHN) },
	};
}

/** What the tests of one version walk on. */
export interface WalkStage {
	stage(): Stage;
	editor(): Editor;
	/** Takes a picture for the documentation, of the version that it shows. */
	show(name: string): Promise<void>;
	/** Opens the list of nodes at the start's plus sign, so that what is added is connected. */
	openNodes(): Promise<void>;
	/** Adds a node to a new workflow by one of its actions; its panel opens. */
	add(node: string, action: string): Promise<NodePanel>;
	/** The same in the place of the node that was added last, which saves loading the page. */
	addAnother(node: string, action: string): Promise<NodePanel>;
	/** Adds FASHN Try-On and sets the two pictures, nothing else. */
	addWithPictures(): Promise<NodePanel>;
	/** Opens the panel of FASHN Try-On behind three rows. */
	openBehindRows(): Promise<NodePanel>;
}

/** Raises a stage with a browser in front of it before the tests, and ends both after them. */
export function onWalkStage(version: HostVersion): WalkStage {
	let folder = '';
	let stage: Stage | undefined;
	let editor: Editor | undefined;

	beforeAll(async () => {
		folder = await mkdtemp(path.join(tmpdir(), 'try-on-walk-'));
		stage = await raiseStage({
			version,
			folder: path.join(folder, 'stage'),
			sandbox: { fal: { jobMs: JOB_MS } },
			say: (line) => void process.stderr.write(`${line}\n`),
		});
		editor = await Editor.open(stage.host);
	}, PREPARE_LIMIT_MS);

	afterAll(async () => {
		await editor?.close();
		await stage?.close();
		await rm(folder, { recursive: true, force: true });
	});

	function up() {
		if (!stage || !editor) throw new Error('The stage is not up');
		return { stage, editor, panel: new NodePanel(editor) };
	}

	async function open(workflow: WorkflowJson) {
		const { rest, credentials } = up().stage;
		await up().editor.openWorkflow((await rest.importWorkflow(workflow, credentials)).id);
	}

	async function clickPlus() {
		const { page } = up().editor;
		await page.locator('[data-test-id="canvas-handle-plus"]').first().click();
		await page.locator('[data-test-id="node-creator-search-bar"]').waitFor();
	}

	async function openNodes() {
		await open(ONLY_START);
		await clickPlus();
	}

	/** Deletes the node that was added last; false when the canvas is not as it was before then. */
	async function deleteNode(): Promise<boolean> {
		const { page } = up().editor;
		if ((await up().editor.nodesOnCanvas()).length !== 2) return false;
		await page.keyboard.press('Delete');
		await page.locator('[data-test-id="canvas-node"]').nth(1).waitFor({ state: 'detached' });
		return (await up().editor.nodesOnCanvas()).join() === START.name;
	}

	async function add(node: string, action: string) {
		await openNodes();
		await up().editor.addNodeFromPanel(node, action);
		return up().panel;
	}

	async function pictures() {
		const { media } = up().stage.sandbox;
		return {
			model: media.publish(await samplePerson(0), 'image/jpeg'),
			garment: media.publish(await sampleGarment(0), 'image/png'),
		};
	}

	return {
		stage: () => up().stage,
		editor: () => up().editor,
		async show(name) {
			if (version === SHOWN) await takeScreenshot(up().editor.page, name);
		},
		openNodes,
		add,
		async addAnother(node, action) {
			await up().panel.close();
			if (!(await deleteNode())) return await add(node, action);
			await clickPlus();
			await up().editor.addNodeFromPanel(node, action);
			return up().panel;
		},
		async addWithPictures() {
			const panel = await add(FASHN, GENERATE);
			const { model, garment } = await pictures();
			await panel.fill('model_image', model);
			await panel.fill('garment_image', garment);
			return panel;
		},
		async openBehindRows() {
			const row = await pictures();
			await open(sheetWorkflow([row, row, row]));
			await up().editor.openNode(FASHN);
			return up().panel;
		},
	};
}
