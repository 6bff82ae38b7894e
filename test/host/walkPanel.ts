import { REQUEST_OPTIONS, WORK_OPTIONS } from '../../lib/fal/fields/options';
import { LEGACY_FIELDS, TRYON_FIELDS } from '../../lib/fal/fields/fashn';
import type { FieldTable } from '../../lib/fields/field';
import { ROW_OPTIONS, RUN_OPTIONS } from '../../lib/fields/shared';
import { walkedNodes } from './walkNodes';
import { FASHN, GENERATE, type WalkStage } from './walkStage';

/** The fields that stand on the panel itself. */
export const onPanel = (table: FieldTable): FieldTable =>
	Object.fromEntries(Object.entries(table).filter(([, field]) => field.onPanel));

/** Labels of a table as the panel has them, in order. */
export const labelsOf = (table: FieldTable): string[] =>
	Object.values(table).flatMap(({ type, label }) =>
		type === 'picture' ? [`${label} Source`, label] : [label],
	);

/** What follows the fields of an endpoint. */
export const AFTER_FIELDS = ['Wait', 'Output', 'Download Pictures', 'Additional Fields', 'Options'];

const { webhookUrl: _ofSubmit, ...OF_GENERATE } = {
	...REQUEST_OPTIONS,
	...WORK_OPTIONS,
	...RUN_OPTIONS,
	...ROW_OPTIONS,
};

const OTHERS = walkedNodes().flatMap(({ displayName, action }) =>
	action === undefined || displayName === FASHN ? [] : [{ displayName, action }],
);

/** Tests of what a new user reads on the panel. */
export function panelTests(walk: WalkStage): void {
	it('reads what the node does', async () => {
		await walk.openNodes();
		await walk.editor().searchPanel(FASHN);
		await walk.editor().page.getByText(FASHN, { exact: true }).first().click();
		const actions = walk.editor().page.locator('[data-test-id="node-creator"]');
		await actions.getByText('Actions (6)').waitFor();
		expect((await actions.innerText()).split('\n')).toEqual(
			expect.arrayContaining([
				GENERATE,
				'Submit job without waiting',
				'Estimate cost of pictures',
				'Get job and its pictures',
				'Get many jobs',
				'Cancel job',
			]),
		);
		await walk.show('fashn-actions');
	});

	it('has room for the longest labels, and would see it if there was none', async () => {
		const panel = await walk.addAnother(FASHN, GENERATE);
		for (const source of ['model_image_source', 'garment_image_source']) {
			await panel.choose(source, 'Input Data');
		}
		const labels = await walk.editor().labelsOnPanel();
		expect(labels).toContain('Garment Image Field Name');
		expect(await panel.cutLabels()).toEqual([]);
		await panel.part('node-parameters').evaluate((list) => (list.style.width = '120px'));
		expect(await panel.cutLabels()).toContain('Garment Image Field Name');
	});

	it('reads a description behind the question mark', async () => {
		const panel = await walk.addAnother(FASHN, GENERATE);
		await panel.scrollTo(panel.item('num_samples'));
		await panel.showDescription('num_samples');
		const description = walk.editor().page.getByText(TRYON_FIELDS.num_samples.help).first();
		await description.waitFor();
		expect(await panel.item('num_samples').innerText()).toContain(TRYON_FIELDS.num_samples.hint);
	});

	it('sees the fields of the retired endpoint, and that it is retired', async () => {
		const panel = await walk.addAnother(FASHN, GENERATE);
		await panel.choose('endpoint', 'FASHN Try-On (Legacy, Retired)');
		await panel.part('node-parameters').getByText('fal has retired this endpoint').waitFor();
		const labels = await walk.editor().labelsOnPanel();
		expect(labels.slice(3)).toEqual([
			'Endpoint',
			...labelsOf(onPanel(LEGACY_FIELDS)),
			...AFTER_FIELDS,
		]);
		expect(await panel.cutLabels()).toEqual([]);
	});

	it('can add every option, each with its unit', async () => {
		const panel = await walk.addAnother(FASHN, GENERATE);
		const labels = labelsOf(OF_GENERATE).sort();
		expect(await panel.options()).toEqual(labels);
		for (const label of labels) await panel.addOption(label);
		expect((await walk.editor().labelsOnPanel()).slice(-labels.length)).toEqual(labels);
		expect(await panel.cutLabels()).toEqual([]);
		expect(await panel.unexplained()).toEqual([
			'Credential',
			'Resource',
			'Operation',
			'Additional Fields',
			'Options',
		]);
		const shown = await panel.part('node-parameters').innerText();
		for (const field of Object.values(OF_GENERATE)) {
			if ('hint' in field) expect(shown).toContain(field.hint);
		}
	});

	it('is told that Get comes too late for what fal does not keep', async () => {
		const panel = await walk.addAnother(FASHN, 'Submit job without waiting');
		const notice = (text: string) => panel.part('node-parameters').getByText(text);
		expect(await notice('Get cannot fetch').count()).toBe(0);
		await panel.addField('Sync Mode');
		await panel.flip('sync_mode');
		await notice("With 'Sync Mode'").waitFor();
		await panel.addOption(REQUEST_OPTIONS.storeIo.label);
		expect(await notice("Without 'Store Request and Answer'").count()).toBe(0);
		await panel.flip('storeIo');
		await notice("Without 'Store Request and Answer'").waitFor();
	});

	it.each(OTHERS)('has room for what $displayName says', async ({ displayName, action }) => {
		const panel = await walk.addAnother(displayName, action);
		expect(await walk.editor().labelsOnPanel()).toContain('Operation');
		expect(await panel.cutLabels()).toEqual([]);
		await walk.show(`${displayName.toLowerCase().replace(/\W+/g, '-')}-panel`);
	});
}
