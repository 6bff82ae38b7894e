import { CredentialDialog } from './credentialDialog';
import { FASHN, GENERATE, type WalkStage } from './walkStage';

/** Columns that a row has when its picture is finished. */
const COLUMNS = [
	'imageUrl',
	'contentType',
	'fileName',
	'fileSize',
	'imageIndex',
	'imageCount',
	'requestId',
	'endpoint',
	'status',
	'cost',
	'currency',
	'timings',
];

/** fal's own answer to a key that it does not know. */
const KEY_REFUSED = { status: 401, body: { detail: 'invalid key credentials' } };

/** Tests of what a new user sees after pressing the button. */
export function runTests(walk: WalkStage): void {
	/** How many jobs the stand-in fal has sold so far. */
	const sold = (): number => walk.stage().sandbox.fal.submits().length;

	it('cannot start without pictures', async () => {
		const before = sold();
		const panel = await walk.add(FASHN, GENERATE);
		await panel.execute();
		const { page } = walk.editor();
		await page.getByText('Parameter "Model Image" is required').first().waitFor();
		await page.getByText('Parameter "Garment Image" is required').first().waitFor();
		expect(sold()).toBe(before);
	});

	it('gets a picture with two addresses and nothing else', async () => {
		const before = sold();
		const panel = await walk.addWithPictures();
		const credential = panel.part('node-credentials-select').locator('input');
		expect(await credential.inputValue()).toBe('fal.ai account');
		await panel.execute();
		await panel.output().getByText('View', { exact: true }).click();
		const picture = panel.output().locator('[data-test-id="ndv-data-container"] img');
		await picture.waitFor();
		const size = await picture.evaluate(async (image) => {
			if (!(image instanceof HTMLImageElement)) return {};
			await image.decode();
			return { width: image.naturalWidth, height: image.naturalHeight };
		});
		expect(size).toEqual({ width: 864, height: 1296 });
		await walk.show('fashn-picture');
		await panel.output().getByText('Back to list').click();
		await panel.output().locator('[data-test-id="radio-button-table"]').click();
		await panel.output().locator('th').first().waitFor();
		const columns = await panel.output().locator('th').allInnerTexts();
		expect(columns.map((column) => column.trim()).filter(Boolean)).toEqual(COLUMNS);
		await walk.show('fashn-columns');
		expect(sold() - before).toBe(1);
	});

	it('reads what is wrong in which row, and what to do', async () => {
		const before = sold();
		const panel = await walk.addWithPictures();
		await panel.write('category', 'hat');
		await panel.execute();
		for (const text of [
			`Item 1: 'Category' is "hat", which the service does not know.`,
			'Use one of: auto, bottoms, one-pieces, tops. This row was not charged.',
		]) {
			await panel.output().getByText(text).first().waitFor();
		}
		await walk.show('fashn-error');
		expect(sold()).toBe(before);
	});

	it('reads that the balance is used up, and where to top it up', async () => {
		const { options } = walk.stage().sandbox.fal;
		const before = sold();
		const panel = await walk.addWithPictures();
		options.balance = 0;
		try {
			await panel.execute();
			for (const text of ['fal has locked the account', 'fal.ai/dashboard/billing']) {
				await panel.output().getByText(text).first().waitFor();
			}
		} finally {
			delete options.balance;
		}
		await walk.show('fashn-balance');
		expect(sold()).toBe(before);
	});

	it('reads that fal refuses the key, and where to set another one', async () => {
		const { faults } = walk.stage().sandbox;
		const before = sold();
		const panel = await walk.addWithPictures();
		faults.add({ on: /^POST .*tryon/, fault: { kind: 'answer', answer: KEY_REFUSED } });
		await panel.execute();
		for (const text of [
			'fal does not accept the key of the credential',
			'fal.ai/dashboard/keys',
			'not charged',
		]) {
			await panel.output().getByText(text).first().waitFor();
		}
		await walk.show('fashn-key-refused');
		expect(sold()).toBe(before);
	});

	it('reads that fal has retired the endpoint, and which one to choose', async () => {
		const before = sold();
		const panel = await walk.addWithPictures();
		await panel.choose('endpoint', 'FASHN Try-On (Legacy, Retired)');
		// It detects no category.
		await panel.choose('category', 'Tops');
		await panel.execute();
		for (const text of ['fal has retired this endpoint', 'v1.6', 'not charged']) {
			await panel.output().getByText(text).first().waitFor();
		}
		await walk.show('fashn-retired');
		expect(sold()).toBe(before);
	});

	it('is told the price of many rows before they are paid for', async () => {
		const before = sold();
		const panel = await walk.openBehindRows();
		await walk.editor().page.getByText('Execute previous nodes').first().click();
		await panel.output().getByText('Each input item is a paid job.').waitFor();
		await walk.show('fashn-many-rows');
		await panel.choose('operation', 'Estimate');
		await panel.output().getByText('Each input item is a paid job.').waitFor({ state: 'hidden' });
		await panel.execute();
		await panel
			.output()
			.getByText(
				'3 of 3 rows are ready. The ready rows cost about 0.225 USD together. Nothing was submitted.',
			)
			.waitFor();
		await walk.show('fashn-estimate');
		expect(sold()).toBe(before);
	});

	it('makes a credential, which tells a wrong key from a right one', async () => {
		const { rest, credentials, sandbox } = walk.stage();
		const { key, url } = sandbox.fal;
		// n8n numbers a second credential of the same name.
		const ours = credentials.find(({ type }) => type === 'falApi');
		if (ours) {
			await rest.renameCredential(ours, 'fal.ai of the stage', { apiKey: key, baseUrl: url });
		}
		const panel = await walk.add(FASHN, GENERATE);
		const dialog = await CredentialDialog.forNew(walk.editor().page, panel);
		expect(await dialog.text()).toContain('fal.ai/dashboard/keys');
		expect(await dialog.box('apiKey').getAttribute('type')).toBe('password');
		expect(await dialog.box('baseUrl').inputValue()).toBe('https://queue.fal.run');
		await walk.show('fal-credential');
		await dialog.box('apiKey').fill('wrong:key');
		await dialog.box('baseUrl').fill(url);
		expect(await dialog.save()).toContain('fal does not accept this API key.');
		await walk.show('fal-credential-wrong-key');
		await dialog.box('apiKey').fill(key);
		// n8n closes the dialog of a new credential once it works.
		expect(await dialog.save()).toBe('');
		const chosen = panel.part('node-credentials-select').locator('input');
		expect(await chosen.inputValue()).toBe('fal.ai account');
		const stored = await CredentialDialog.forChosen(walk.editor().page, panel);
		await stored.seen('Connection tested successfully').waitFor();
		expect(await stored.box('apiKey').inputValue()).not.toContain(key);
		await walk.show('fal-credential-right-key');
		await stored.close();
	});
}
