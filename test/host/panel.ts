import type { Locator, Page } from 'playwright-core';

import type { Editor } from './browser';

const byId = (id: string): string => `[data-test-id="${id}"]`;

/** Labels that n8n itself puts on the panel, without a description. */
export const OWN_LABELS = ['Credential', 'Credential to connect with', 'Resource', 'Operation'];

/** The choices of the list that is open now; n8n draws it beside the panel. */
function openList(page: Page): Locator {
	return page.locator('.el-select-dropdown:visible li');
}

/** Picks the choice with this label from the list that is open now. */
export async function pick(page: Page, label: string): Promise<void> {
	await openList(page)
		.filter({ has: page.getByText(label, { exact: true }) })
		.first()
		.click();
	await openList(page).first().waitFor({ state: 'hidden' });
}

/** The open panel of a node, as its user works with it. */
export class NodePanel {
	private readonly page: Page;

	constructor(private readonly editor: Editor) {
		this.page = editor.page;
	}

	/** Closes the panel when it is open. */
	async close(): Promise<void> {
		if (!(await this.editor.panel().isVisible())) return;
		await this.part('ndv-close-button').click();
		await this.editor.panel().waitFor({ state: 'hidden' });
	}

	/** A part of the panel by n8n's own name for it. */
	part(id: string): Locator {
		return this.editor.panel().locator(byId(id));
	}

	/** The box of a parameter, by the parameter's name. */
	box(name: string): Locator {
		return this.part(`parameter-input-${name}`);
	}

	/** A parameter with its label, box and hint. */
	item(name: string): Locator {
		return this.part('parameter-item')
			.filter({ has: this.page.locator(`label[for="${name}"]`) })
			.last();
	}

	/** What comes out of the node. */
	output(): Locator {
		return this.part('output-panel');
	}

	/** Types a fixed text. */
	async fill(name: string, text: string): Promise<void> {
		const input = this.box(name).locator('input, textarea').first();
		await input.fill(text);
		// While a box has the focus, a tip of n8n covers the label below it.
		await input.blur();
	}

	/** Picks a choice by its label. */
	async choose(name: string, label: string): Promise<void> {
		await this.box(name).locator('input').click();
		await pick(this.page, label);
	}

	/** Turns a switch. */
	async flip(name: string): Promise<void> {
		await this.box(name).locator('.el-switch').click();
	}

	/** Makes a parameter an expression and types a text, which is what it comes to. */
	async write(name: string, text: string): Promise<void> {
		const item = this.item(name);
		await item.locator('label').first().hover();
		await item.locator(byId('radio-button-expression')).click();
		await item.locator('.cm-content').click();
		await this.page.keyboard.press('Control+a');
		await this.page.keyboard.type(text);
		// The editor takes over what is typed after a moment, and shows it below.
		await item
			.locator(byId(`parameter-expression-preview-${name}`))
			.getByText(text)
			.waitFor();
	}

	/** Labels of the options that may be added; their collection is the last one of the panel. */
	async options(): Promise<string[]> {
		await this.part('collection-parameter-add').last().click();
		await openList(this.page).first().waitFor();
		const labels = await openList(this.page).allInnerTexts();
		await this.part('collection-parameter-add').last().click();
		await openList(this.page).first().waitFor({ state: 'hidden' });
		return labels.map((label) => label.trim());
	}

	/** Adds an option by its label. */
	async addOption(label: string): Promise<void> {
		await this.part('collection-parameter-add').last().click();
		await pick(this.page, label);
	}

	/** Adds a field by its label; the collection of fields is the first one of the panel. */
	async addField(label: string): Promise<void> {
		await this.part('collection-parameter-add').first().click();
		await pick(this.page, label);
	}

	private labels(): Locator {
		return this.part('node-parameters').locator('label.n8n-input-label:visible');
	}

	/** Labels whose text has no room on the panel. */
	async cutLabels(): Promise<string[]> {
		return await this.labels().evaluateAll((labels) =>
			labels.flatMap((label) => {
				const isCut = [label, ...label.querySelectorAll('[class*="_title_"], [class*="_title_"] *')]
					.filter((part) => getComputedStyle(part).display !== 'inline')
					.some((part) => part.scrollWidth > part.clientWidth);
				const title = label.querySelector('[class*="_title_"]') ?? label;
				return isCut ? title.textContent.trim() : [];
			}),
		);
	}

	/** Labels without a description behind a question mark. */
	async unexplained(): Promise<string[]> {
		return await this.labels().evaluateAll((labels) =>
			labels.flatMap((label) => {
				if (label.querySelector('[data-icon="circle-help"]')) return [];
				return (label.querySelector('[class*="_title_"]')?.textContent ?? '').trim();
			}),
		);
	}

	/** Shows a parameter's description, as the pointer does. */
	async showDescription(name: string): Promise<void> {
		const label = this.item(name).locator('label').first();
		await label.hover();
		await label.locator('[data-icon="circle-help"]').hover();
	}

	/** Scrolls the parameters. */
	async scrollTo(place: 'top' | 'bottom' | Locator): Promise<void> {
		if (typeof place !== 'string') {
			await place.scrollIntoViewIfNeeded();
			return;
		}
		await this.part('node-parameters').evaluate((list, isTop) => {
			list.scrollTop = isTop ? 0 : list.scrollHeight;
		}, place === 'top');
	}

	/** Runs the node. */
	async execute(): Promise<void> {
		await this.part('node-execute-button').click();
	}
}
