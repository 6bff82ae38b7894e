import { Editor } from '../browser';
import { takeScreenshot } from '../screenshots';
import type { Bed } from './bed';
import { exampleFiles, loadExample, nodesOf } from './load';

/** Wide: a workflow is a line of nodes. */
const VIEWPORT = { width: 1800, height: 800 };

const NOTE = 'n8n-nodes-base.stickyNote';

/** Tests of every example: what a user sees of it, kept for its page. */
export function canvasTests(up: () => Bed): void {
	describe('the canvas', () => {
		let editor: Editor | undefined;

		beforeAll(async () => {
			editor = await Editor.open(up().host, { viewport: VIEWPORT });
		});

		afterAll(async () => {
			await editor?.close();
		});

		it.each(exampleFiles())('of %s shows all of it', async (file) => {
			if (!editor) throw new Error('There is no browser');
			const example = loadExample(file);
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
