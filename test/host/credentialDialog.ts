import type { Locator, Page } from 'playwright-core';

import type { NodePanel } from './panel';

/** The dialog in which a credential is made or changed. */
export class CredentialDialog {
	constructor(private readonly page: Page) {}

	/** Opens the dialog for a new credential, from a node's panel. */
	static async forNew(page: Page, panel: NodePanel): Promise<CredentialDialog> {
		await panel.part('node-credentials-select').locator('input').click();
		await page.locator('[data-test-id="node-credentials-select-item-new"]:visible').click();
		const dialog = new CredentialDialog(page);
		await dialog.box('apiKey').waitFor();
		return dialog;
	}

	/** Opens the dialog for the credential that the node has. */
	static async forChosen(page: Page, panel: NodePanel): Promise<CredentialDialog> {
		await panel.part('credential-edit-button').click();
		const dialog = new CredentialDialog(page);
		await dialog.box('apiKey').waitFor();
		return dialog;
	}

	private root(): Locator {
		return this.page.locator('[data-test-id="editCredential-modal"]');
	}

	/** The box of a field, by the field's name. */
	box(name: string): Locator {
		return this.root().locator(`[data-test-id="parameter-input-${name}"] input`);
	}

	/** A text, once it can be read. */
	seen(text: string): Locator {
		return this.root().getByText(text).locator('visible=true').first();
	}

	/** All that can be read. */
	async text(): Promise<string> {
		return await this.root().innerText();
	}

	/**
	 * Saves, upon which n8n tries the credential.
	 *
	 * @returns what the dialog says then; nothing when n8n has closed it
	 */
	async save(): Promise<string> {
		await this.root().getByRole('button', { name: 'Save', exact: true }).click();
		const details = this.seen('More details');
		const right = this.seen('Connection tested successfully');
		await Promise.race([
			right.or(details).first().waitFor(),
			this.root().waitFor({ state: 'hidden' }),
		]);
		if (!(await this.root().isVisible())) return '';
		if (await details.isVisible()) await details.click();
		return await this.text();
	}

	async close(): Promise<void> {
		await this.page.keyboard.press('Escape');
		await this.root().waitFor({ state: 'hidden' });
	}
}
