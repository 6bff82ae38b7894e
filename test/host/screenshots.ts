import { existsSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';

import type { Page } from 'playwright-core';
import sharp from 'sharp';

import { ROOT } from '../../build/project';

const FOLDER = path.join(ROOT, 'docs', 'screenshots');

/** A page of the documentation shows several of them. Bytes. */
const MAX_BYTES = 200_000;

/** Enough for an editor that is white, grey and orange, and for the picture inside. */
const COLOURS = 128;

/** Time for a fold, a tooltip or a list to come to rest, in ms. */
const REST_MS = 400;

/** Messages in the corner come and go; they are closed so that the picture is the same each time. */
async function closeToasts(page: Page): Promise<void> {
	const toasts = page.locator('.el-notification:visible .el-notification__closeBtn');
	for (let left = await toasts.count(); left > 0; left -= 1) {
		await toasts
			.first()
			.click({ timeout: 1_000 })
			// It has gone by itself.
			.catch(() => undefined);
	}
}

/**
 * Takes a picture for the documentation. A picture that is there already stays as it is, since
 * every run has other addresses in it, unless the environment variable UPDATE_SCREENSHOTS is set.
 *
 * @param name of the file, without its ending
 * @returns the file's size in bytes
 * @throws Error when it is larger than the documentation wants
 */
export async function takeScreenshot(page: Page, name: string): Promise<number> {
	await closeToasts(page);
	await page.waitForTimeout(REST_MS);
	const taken = await page.screenshot({ caret: 'hide' });
	const small = await sharp(taken).png({ palette: true, colours: COLOURS, effort: 7 }).toBuffer();
	if (small.length > MAX_BYTES) throw new Error(`${name} has ${small.length} bytes`);
	const file = path.join(FOLDER, `${name}.png`);
	if (process.env.UPDATE_SCREENSHOTS !== undefined || !existsSync(file)) {
		await mkdir(FOLDER, { recursive: true });
		await writeFile(file, small);
	}
	return small.length;
}
