import { Editor } from '../browser';
import { takeScreenshot } from '../screenshots';
import { until } from '../wait';
import type { Bed } from './bed';
import { exampleFiles, loadExample, nodesOf } from './load';

const STICKY = 'n8n-nodes-base.stickyNote';
const ON_CANVAS = { limitMs: 20_000, everyMs: 200 };
/** Wide, as the examples are. */
const VIEWPORT = { width: 2000, height: 1000 };

/** Tests of every example: it is on the canvas as its file has it; pictures for examples/README.md. */
export function canvasTests(up: () => Bed): void {
	describe('the canvas', () => {
		let editor: Editor | undefined;

		beforeAll(async () => {
			editor = await Editor.open(up().host, { viewport: VIEWPORT });
		});

		afterAll(async () => {
			await editor?.close();
		});

		it.each(exampleFiles())('of %s shows all of its nodes', async (file) => {
			if (!editor) throw new Error('The editor did not open');
			const example = loadExample(file);
			const { id } = await up().install(example);
			await editor.openWorkflow(id);
			// n8n's own key for a view of the whole workflow; it leaves out what is out of sight.
			await editor.page.keyboard.press('1');
			const working = nodesOf(example).filter(({ type }) => type !== STICKY);
			const opened = editor;
			await until('all nodes', ON_CANVAS, async () => {
				const shown = await opened.nodesOnCanvas();
				return working.every(({ name }) => shown.includes(name)) ? true : undefined;
			});
			await takeScreenshot(opened.page, `example-${file.replace('.json', '')}`);
		});
	});
}
