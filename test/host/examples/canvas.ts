import { Editor } from '../browser';
import { takeScreenshot } from '../screenshots';
import type { WorkflowJson } from '../workflow';
import type { Bed } from './bed';
import { exampleFiles, loadExample, nodesOf } from './load';

/** Wide: a workflow is a line of nodes. */
const VIEWPORT = { width: 1800, height: 800 };

/** A workflow that is longer than this shows its notes in small letters; in n8n's pixels. */
const LONG = 3_000;

/** So that they can be read in the picture at its full size. */
const LARGE = 2;

const NOTE = 'n8n-nodes-base.stickyNote';

function isLong(example: WorkflowJson): boolean {
	return Math.max(...nodesOf(example).map(({ position: [x] }) => Number(x))) > LONG;
}

/** Tests of every example: what a user sees of it, kept for its page. */
export function canvasTests(up: () => Bed): void {
	describe('the canvas', () => {
		const editors = new Map<boolean, Editor>();

		beforeAll(async () => {
			editors.set(false, await Editor.open(up().host, { viewport: VIEWPORT }));
			editors.set(true, await Editor.open(up().host, { viewport: VIEWPORT, scale: LARGE }));
		});

		afterAll(async () => {
			for (const editor of editors.values()) await editor.close();
		});

		it.each(exampleFiles())('of %s shows all of it', async (file) => {
			const example = loadExample(file);
			const editor = editors.get(isLong(example));
			if (!editor) throw new Error('There is no browser');
			const { id } = await up().install(example);
			await editor.openWorkflow(id);
			const names = nodesOf(example)
				.filter(({ type }) => type !== NOTE)
				.map(({ name }) => name);
			expect(await editor.nodesOnCanvas()).toEqual(expect.arrayContaining(names));
			// n8n's key for the whole workflow.
			await editor.page.keyboard.press('1');
			await takeScreenshot(editor.page, `example-${file.replace(/\.json$/, '')}`);
			expect(editor.errors).toEqual([]);
		});
	});
}
