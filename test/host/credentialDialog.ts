import type { Locator, Page } from 'playwright-core';

import { type NodePanel, pick } from './panel';

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

	/** Chooses one that is stored already. */
	static async choose(page: Page, panel: NodePanel, name: string): Promise<void> {
		await panel.part('node-credentials-select').locator('input').click();
		await pick(page, name);
	}

	private root(): Locator {
		return this.page.locator('[data-test-id="editCredential-modal"]');
	}

	/** The box of a field, by the field's name. */
	box(name: string): Locator {
		return this.root().locator(`[data-test-id="parameter-input-${name}"] input`);
	}

	/** All that can be read. */
	async text(): Promise<string> {
		return await this.root().innerText();
	}

	/** Saves, upon which n8n tries the credential, and gives what n8n says of it. */
	async save(): Promise<string> {
		await this.root().getByRole('button', { name: 'Save', exact: true }).click();
		const seen = (text: string) => this.root().getByText(text).locator('visible=true');
		const details = seen('More details');
		await seen('Connection tested successfully').or(details).first().waitFor();
		if (await details.isVisible()) await details.click();
		return await this.text();
	}

	async close(): Promise<void> {
		await this.page.keyboard.press('Escape');
		await this.root().waitFor({ state: 'hidden' });
	}
}
