import { mkdirSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { checkPackage } from './distChecks';
import { writeLiterals } from './literals';
import { ROOT } from './project';
import { pack, unpack } from './tarball';

/** What n8n lints of a published package (its scanner, the leg for the tarball). */
const PUBLISHED_FILE_PATTERNS = ['**/*.js', 'package.json'];

/** The findings of n8n's scanner; its paths are those of temporary folders, so they are cut. */
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
			...(await findings('Parameters that are made from tables', literal)),
			...checkPackage(published, tarball.files),
		];
		if (all.length > 0) throw new Error(`The package would not pass:\n\n${all.join('\n\n')}`);
	} finally {
		rmSync(temporary, { recursive: true, force: true });
	}
}
