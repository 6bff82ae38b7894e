import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';

import { chromium, type BrowserContext, type Locator, type Page } from 'playwright-core';

import type { N8nHost } from './n8n';
import { DEFAULT_OWNER, type Owner } from './session';
import { until } from './wait';

/** Where Debian's package `chromium` puts it. */
const CHROMIUM = '/usr/bin/chromium';
const SWITCHES = [
	'--headless',
	// The sandbox of Chromium needs rights that containers and root do not give it.
	'--no-sandbox',
	'--disable-gpu',
	'--disable-quic',
	'--no-first-run',
	'--disable-background-networking',
	'--disable-component-update',
	'--disable-sync',
	// Nobody is there, and n8n's own address needs no proxy: it is this machine's. Playwright's way of
	// refusing a call (`route`) would take the browser's cache away, and n8n's editor is 20 MB.
	'--proxy-server=127.0.0.1:9',
];
/** The editor's first page takes about 10 s on two busy cores. */
const PAGE_LIMIT_MS = 60_000;
const STEP_LIMIT_MS = 20_000;
/** The panel's list follows what is typed with a delay of about 0.1 s. */
const LIST_LIMITS = { limitMs: STEP_LIMIT_MS, everyMs: 200 };

const byId = (id: string): string => `[data-test-id="${id}"]`;

async function launch(
	profile: string,
	{ viewport = DEFAULT_VIEWPORT, scale = 1 }: EditorOptions,
): Promise<BrowserContext> {
	if (!existsSync(CHROMIUM)) {
		throw new Error(`${CHROMIUM} is missing. On Debian: apt-get install -y chromium`);
	}
	return await chromium.launchPersistentContext(profile, {
		executablePath: CHROMIUM,
		args: SWITCHES,
		viewport,
		deviceScaleFactor: scale,
		locale: 'en-US',
		timeout: PAGE_LIMIT_MS,
	});
}

const DEFAULT_VIEWPORT = { width: 1440, height: 900 };

interface Viewport {
	width: number;
	height: number;
}

export interface EditorOptions {
	/** Default: DEFAULT_OWNER. */
	owner?: Owner;
	/** In CSS pixels; default 1440 x 900. */
	viewport?: Viewport;
	/** Pixels of a picture for each of the viewport's; default 1. */
	scale?: number;
}

/** n8n's editor in a browser of its own, with a user logged in. */
export class Editor {
	/** Uncaught errors of the pages since the log-in. */
	readonly errors: string[] = [];
	/** Addresses beyond the host that the pages asked for and did not get. */
	readonly refused: string[] = [];

	private constructor(
		private readonly host: N8nHost,
		private readonly context: BrowserContext,
		private readonly profile: string,
		/** For what this class has no method for. */
		readonly page: Page,
	) {}

	/**
	 * Starts Debian's Chromium and logs the owner in; the host must have that owner already.
	 *
	 * @throws Error that names the missing package, or Playwright's when the log-in does not work
	 */
	static async open(host: N8nHost, options: EditorOptions = {}): Promise<Editor> {
		const profile = await mkdtemp(join(tmpdir(), 'try-on-browser-'));
		let context: BrowserContext | undefined;
		try {
			context = await launch(profile, options);
			context.setDefaultTimeout(STEP_LIMIT_MS);
			context.setDefaultNavigationTimeout(PAGE_LIMIT_MS);
			const page = context.pages()[0] ?? (await context.newPage());
			const editor = new Editor(host, context, profile, page);
			editor.noteRefused();
			await editor.logIn(options.owner ?? DEFAULT_OWNER);
			// Not before: the log-in page of n8n 1.x has an error of its own.
			page.on('pageerror', (error) => editor.errors.push(error.message));
			return editor;
		} catch (error) {
			await context?.close();
			await rm(profile, { recursive: true, force: true });
			throw error;
		}
	}

	private noteRefused(): void {
		this.context.on('requestfailed', (request) => {
			const { protocol, origin } = new URL(request.url());
			if (/^https?:$/.test(protocol) && origin !== this.host.url) this.refused.push(request.url());
		});
	}

	private async logIn(owner: Owner): Promise<void> {
		await this.page.goto(`${this.host.url}/signin`);
		await this.page.locator('input[name="emailOrLdapLoginId"]').fill(owner.email);
		await this.page.locator('input[name="password"]').fill(owner.password);
		await this.page.locator(byId('form-submit-button')).click();
		await this.page.waitForURL((url) => !url.pathname.startsWith('/signin'));
	}

	/** Opens a stored workflow and waits until its nodes are on the canvas. */
	async openWorkflow(id: string): Promise<void> {
		await this.page.goto(`${this.host.url}/workflow/${id}`);
		await this.page.locator(byId('canvas-node')).first().waitFor({ timeout: PAGE_LIMIT_MS });
	}

	/** Names of the nodes on the canvas. */
	async nodesOnCanvas(): Promise<string[]> {
		const nodes = await this.page.locator(byId('canvas-node')).all();
		const names = await Promise.all(
			nodes.map(async (node) => await node.getAttribute('data-node-name')),
		);
		return names.flatMap((name) => name ?? []);
	}

	/** Opens the panel of nodes, searches it, and gives what it lists, title first. */
	async searchPanel(search: string): Promise<string[]> {
		const plus = this.page.locator(byId('node-creator-plus-button'));
		const field = this.page.locator(byId('node-creator-search-bar'));
		if (!(await field.isVisible())) {
			// n8n may still take an earlier window of this user for the one that edits.
			const editHere = this.page.getByRole('button', { name: 'Edit here' });
			await plus.or(editHere).first().waitFor();
			if (await editHere.isVisible()) await editHere.click();
			await plus.click();
		}
		await field.fill('');
		const unsearched = await this.settledList('the panel of nodes');
		await field.fill(search);
		const found = await this.settledList(`what the panel finds for '${search}'`, unsearched);
		return found.map((text) => text.trim());
	}

	/** The panel's list once it stands still and is another than the one before. */
	private async settledList(what: string, before: readonly string[] = []): Promise<string[]> {
		let last: string[] | undefined;
		return await until(what, LIST_LIMITS, async () => {
			const previous = last;
			last = await this.found().allInnerTexts();
			const isSettled = isDeepStrictEqual(previous, last);
			return isSettled && !isDeepStrictEqual(before, last) ? last : undefined;
		});
	}

	private found(): Locator {
		return this.page.locator(`${byId('node-creator')} ${byId('item-iterator-item')}`);
	}

	/**
	 * Adds a node by the panel of nodes; its own panel opens.
	 *
	 * @param search the node's display name
	 * @param action the text of one of its actions; needed when it has any
	 */
	async addNodeFromPanel(search: string, action?: string): Promise<void> {
		await this.searchPanel(search);
		await this.found().filter({ hasText: search }).first().click();
		// A community node shows its details first.
		const add = this.page.getByRole('button', { name: 'Add to workflow' });
		// One action's text may begin another's.
		const text = this.page.getByText(action ?? search, { exact: true });
		const chosen = this.found().filter({ has: text }).first();
		await this.panel().or(add).or(chosen).first().waitFor();
		if (await add.isVisible()) await add.click();
		if (action !== undefined) await chosen.click();
		await this.panel().waitFor();
	}

	/** The open panel of a node. */
	panel(): Locator {
		return this.page.locator(byId('ndv'));
	}

	/** Opens the panel of a node on the canvas. */
	async openNode(name: string): Promise<void> {
		await this.page.locator(`${byId('canvas-node')}[data-node-name="${name}"]`).dblclick();
		await this.panel().waitFor();
	}

	/** Closes the open panel of a node. */
	async closeNode(): Promise<void> {
		await this.page.keyboard.press('Escape');
		await this.panel().waitFor({ state: 'hidden' });
	}

	/** Labels of the parameters on the open panel, from top to bottom. */
	async labelsOnPanel(): Promise<string[]> {
		const parameters = this.panel().locator(byId('node-parameters'));
		await parameters.waitFor();
		const labels = await parameters.locator('label.n8n-input-label:visible').allInnerTexts();
		// Below its text a label has the switches that appear under the pointer.
		return labels.flatMap((label) => label.trim().split('\n')[0] || []);
	}

	/** Saves a picture of the page as PNG. */
	async screenshot(path: string): Promise<void> {
		await this.page.screenshot({ path });
	}

	/** Ends this browser. */
	async close(): Promise<void> {
		await this.context.close();
		await rm(this.profile, { recursive: true, force: true });
	}
}
