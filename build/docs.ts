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

/** Compares the pages with the files of a folder, which is absolute. @returns findings, a line each */
export async function stalePages(
	pages: readonly Page[],
	folder = path.join(ROOT, FOLDER),
): Promise<string[]> {
	const there = new Set(await readdir(folder).catch(() => []));
	const findings: string[] = [];
	for (const { file, text } of pages) {
		if (!there.delete(file)) findings.push(`${file} is missing`);
		else if ((await readFile(path.join(folder, file), 'utf8')) !== text) {
			findings.push(`${file} is stale`);
		}
	}
	findings.push(...[...there].map((file) => `${file} is of no node`));
	return findings.map((finding) => `${FOLDER}/${finding}`);
}

async function main(): Promise<void> {
	const pages = await referencePages();
	if (process.argv.includes('--check')) {
		const findings = await stalePages(pages);
		if (findings.length > 0) throw new Error(`${findings.join('\n')}\nRun: ${COMMAND}`);
	} else {
		const folder = path.join(ROOT, FOLDER);
		await mkdir(folder, { recursive: true });
		for (const { file, text } of pages) await writeFile(path.join(folder, file), text);
	}
	console.log(`${FOLDER}: ${pages.length} pages, as they have to be`);
}

if (require.main === module) {
	main().catch((error: unknown) => {
		console.error(error instanceof Error ? error.message : error);
		process.exitCode = 1;
	});
}
