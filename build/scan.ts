import { mkdirSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { checkPackage, checkRegistration } from './distChecks';
import { lintLiterals } from './lintLiterals';
import { writeLiterals } from './literals';
import { readManifest, ROOT } from './project';
import { pack, unpack } from './tarball';

/** What n8n lints of a published package (its scanner, the leg for the tarball). */
const PUBLISHED_FILE_PATTERNS = ['**/*.js', 'package.json'];

/** The findings of n8n's own scanner; those in temporary files are told as if they were here. */
async function findings(title: string, folder: string, patterns?: string[]): Promise<string[]> {
	const scanner = await import('@n8n/scan-community-package/scanner/scanner.mjs');
	const { passed, message, details } = await scanner.analyzePackage(
		folder,
		patterns ?? scanner.SOURCE_FILE_PATTERNS,
	);
	const text = (details ?? message ?? 'no details').replaceAll(`${folder}${path.sep}`, '');
	return passed ? [] : [`${title}\n${text}`];
}

/**
 * Looks at the package as n8n does when it verifies one, and a little closer. Wants a fresh dist.
 *
 * @throws Error with all findings
 */
export async function scan(): Promise<void> {
	const temporary = mkdtempSync(path.join(tmpdir(), 'n8n-nodes-virtual-try-on-scan-'));
	try {
		// n8n's scanner makes a folder of its own as soon as it is loaded, and leaves it behind.
		process.env.TMPDIR = temporary;
		const published = path.join(temporary, 'published');
		const literal = path.join(temporary, 'literal');
		const tarball = await pack(temporary);
		await unpack(tarball, published);
		// In n8n, n8n-workflow is found outside the package, as it is here.
		const modules = path.join(temporary, 'node_modules');
		mkdirSync(modules);
		symlinkSync(
			path.join(ROOT, 'node_modules', 'n8n-workflow'),
			path.join(modules, 'n8n-workflow'),
		);
		writeLiterals(published, literal);

		const all = [
			...(await findings('The package', published, PUBLISHED_FILE_PATTERNS)),
			...(await findings('The source', ROOT)),
			...(await lintLiterals(literal)),
			...checkPackage(published, tarball.files),
			...checkRegistration(readManifest(published), tarball.files),
		];
		if (all.length > 0) throw new Error(`The package would not pass:\n\n${all.join('\n\n')}`);
	} finally {
		rmSync(temporary, { recursive: true, force: true });
	}
}
