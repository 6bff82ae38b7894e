import { TRYON_FIELDS } from '../../lib/fal/fields/fashn';
import { OWN_LABELS } from './panel';
import { version } from './version';
import { walkedNodes } from './walkNodes';
import { AFTER_FIELDS, labelsOf, onPanel, panelTests } from './walkPanel';
import { runTests } from './walkRun';
import { FASHN, GENERATE, onWalkStage, SHOWN } from './walkStage';

describe(`a new user of n8n ${version}`, () => {
	const walk = onWalkStage(version);

	it('finds the nodes by what people type', async () => {
		await walk.openNodes();
		for (const { displayName, searches } of walkedNodes()) {
			for (const search of searches) {
				const titles = await walk.editor().searchPanel(search);
				expect({ search, titles }).toEqual({
					search,
					titles: expect.arrayContaining([expect.stringMatching(`^${displayName}`)]),
				});
			}
		}
		const [first] = await walk.editor().searchPanel('try on');
		expect(first).toMatch(new RegExp(`^${FASHN}`));
		await walk.show('nodes-found');
	});

	it('sees every field of v1.6, each explained and with room for its label', async () => {
		const panel = await walk.add(FASHN, GENERATE);
		const labels = await walk.editor().labelsOnPanel();
		expect(OWN_LABELS).toEqual(expect.arrayContaining(labels.slice(0, 3)));
		expect(labels.slice(3)).toEqual([
			'Endpoint',
			...labelsOf(onPanel(TRYON_FIELDS)),
			...AFTER_FIELDS,
		]);
		expect(await panel.cutLabels()).toEqual([]);
		expect(await panel.unexplained()).toEqual([
			...labels.slice(0, 3),
			'Additional Fields',
			'Options',
		]);
		await walk.show('fashn-panel');
		await panel.scrollTo('bottom');
		await walk.show('fashn-panel-below');
	});

	if (version === SHOWN) {
		panelTests(walk);
		runTests(walk);
	}

	it('meets no page that fails', () => {
		expect(walk.editor().errors).toEqual([]);
	});
});
