import { Editor } from '../browser';
import { takeScreenshot } from '../screenshots';
import { until } from '../wait';
import type { Bed } from './bed';
import { loadExample, nodesOf, withParameters } from './load';

const HEARD = { limitMs: 30_000, everyMs: 250 };

/** Triggers that wait for a call: the example, the node, what a user fills in, and its picture. */
const LISTENERS = [
	[
		'when-a-try-on-is-finished.json',
		'n8n-nodes-virtual-try-on.fashnTryOnTrigger',
		{},
		'trigger-sample',
	],
	[
		'when-astria-is-finished.json',
		'n8n-nodes-virtual-try-on.astriaCallbackTrigger',
		{ secret: 'k3J9v0qTz5' },
		'astria-callback-trigger-sample',
	],
] as const;

/** Tests of the triggers in the editor, before anything has come. */
export function listenTests(up: () => Bed, isShown: boolean): void {
	describe('a trigger that listens in the editor', () => {
		let editor: Editor;

		beforeAll(async () => {
			editor = await Editor.open(up().host);
		});

		afterAll(async () => {
			await editor.close();
		});

		it.each(LISTENERS)(
			'%s: shows a sample when a browser opens its address',
			async (file, type, given, picture) => {
				const example = loadExample(file);
				const trigger = nodesOf(example).find((node) => node.type === type);
				if (!trigger) throw new Error(`There is no ${type}`);
				const filledIn = withParameters(example, trigger.name, given);
				const { id } = await up().install(filledIn);
				const { page } = editor;
				await editor.openWorkflow(id);
				await editor.openNode(trigger.name);
				await editor.panel().getByText('open the Test URL in a browser').waitFor();
				await page.locator('[data-test-id="trigger-execute-button"]').first().click();
				await page.locator('[data-test-id="trigger-listening"]').waitFor();
				const address = `${up().host.url}/webhook-test/${String(trigger.webhookId)}/webhook`;
				const answer = await until('the test address', HEARD, async () => {
					const { status } = await fetch(address);
					return status === 404 ? undefined : status;
				});
				expect(answer).toBe(200);
				await editor
					.panel()
					.getByText(/^\d+ items?$/)
					.first()
					.waitFor();
				if (isShown) await takeScreenshot(page, picture);
				expect(editor.errors).toEqual([]);
			},
		);

		it('when-astria-is-finished.json: one that looks by itself shows a sample at once', async () => {
			const FILE = 'when-astria-is-finished.json';
			const example = loadExample(FILE);
			const trigger = nodesOf(example).find(
				(node) => node.type === 'n8n-nodes-virtual-try-on.astriaTrigger',
			);
			if (!trigger) throw new Error('There is no Astria Trigger');
			const { id } = await up().install(example);
			const { page } = editor;
			await editor.openWorkflow(id);
			await editor.openNode(trigger.name);
			await page.locator('[data-test-id="trigger-execute-button"]').first().click();
			await editor
				.panel()
				.getByText(/^\d+ items?$/)
				.first()
				.waitFor();
			if (isShown) await takeScreenshot(page, 'astria-trigger-sample');
			expect(editor.errors).toEqual([]);
		});
	});
}
