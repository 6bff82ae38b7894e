import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';

import { isRecord, ROOT } from './project';

/** The folder of an npm package at the beginning of a path. */
const PACKAGE_FOLDER = /^(?:.*\/)?node_modules\/(?:@[^/]+\/)?[^/]+/;

function textOf(value: unknown, name: string): string {
	const found = isRecord(value) ? value[name] : undefined;
	if (typeof found === 'string') return found;
	throw new Error(`A bundled package has no ${name}`);
}

function licenseOf(folder: string): string {
	const home = path.join(ROOT, folder);
	const manifest: unknown = JSON.parse(readFileSync(path.join(home, 'package.json'), 'utf8'));
	const title = `${textOf(manifest, 'name')} ${textOf(manifest, 'version')}`;
	const file = readdirSync(home).find((name) => /^licen[cs]e/i.test(name));
	if (file === undefined) throw new Error(`${title} is bundled but has no licence file`);
	const text = readFileSync(path.join(home, file), 'utf8').trim();
	return `${title} (${textOf(manifest, 'license')})\n\n${text}\n`;
}

/**
 * The packages whose code is in a bundle.
 *
 * @param inputs source files of the bundle, relative to the project
 * @returns folders relative to the project, such as `node_modules/p-limit`
 */
export function bundledPackages(inputs: string[]): string[] {
	const folders = inputs.map((file) => PACKAGE_FOLDER.exec(file)?.[0]);
	return [...new Set(folders.filter((folder) => folder !== undefined))].sort();
}

/**
 * What the licences of bundled packages ask for: their text goes with the code.
 *
 * @throws Error when a package has no licence file
 */
export function licenseTexts(folders: string[]): string {
	const line = `\n${'-'.repeat(80)}\n\n`;
	const head = 'Parts of these packages are included in the files of this folder.\n';
	return [head, ...folders.map(licenseOf)].join(line);
}
