import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';

import { COMMAND, type Page, pageOf } from './docs/page';
import { readSources } from './docs/sources';
import { ROOT } from './project';

/** Where the pages are, in the project. */
const FOLDER = 'docs/reference';

/** The reference pages, as they have to be. */
export async function referencePages(): Promise<Page[]> {
	const sources = await readSources();
	return sources.nodes.map((node) => pageOf(sources, node));
}

async function textOf(file: string): Promise<string | undefined> {
	try {
		return await readFile(file, 'utf8');
	} catch {
		return undefined;
	}
}

/**
 * Compares the pages with their files.
 *
 * @param folder absolute
 * @returns findings, one line each
 */
export async function stalePages(
	pages: readonly Page[],
	folder = path.join(ROOT, FOLDER),
): Promise<string[]> {
	const findings: string[] = [];
	for (const { file, text } of pages) {
		const found = await textOf(path.join(folder, file));
		if (found === undefined) findings.push(`${FOLDER}/${file} is missing`);
		else if (found !== text) findings.push(`${FOLDER}/${file} is stale`);
	}
	const known = new Set(pages.map(({ file }) => file));
	const there = await readdir(folder).catch(() => []);
	for (const file of there.filter((name) => name.endsWith('.md') && !known.has(name))) {
		findings.push(`${FOLDER}/${file} is of no node`);
	}
	return findings;
}

async function writePages(pages: readonly Page[]): Promise<void> {
	const folder = path.join(ROOT, FOLDER);
	await mkdir(folder, { recursive: true });
	for (const { file, text } of pages) {
		await writeFile(path.join(folder, file), text);
		console.log(`${FOLDER}/${file}  ${text.split('\n').length} lines`);
	}
}

async function main(): Promise<void> {
	const pages = await referencePages();
	if (!process.argv.includes('--check')) {
		await writePages(pages);
		return;
	}
	const findings = await stalePages(pages);
	if (findings.length > 0) throw new Error(`${findings.join('\n')}\nRun: ${COMMAND}`);
	console.log(`${pages.length} reference pages are as they have to be`);
}

if (require.main === module) {
	main().catch((error: unknown) => {
		console.error(error instanceof Error ? error.message : error);
		process.exitCode = 1;
	});
}
