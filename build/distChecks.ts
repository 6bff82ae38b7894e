import { readFileSync } from 'node:fs';
import path from 'node:path';

import type { Manifest } from './project';
import type { PackedFile } from './tarball';

/** What a package needs to run and to be understood; all else stays out. */
const SHIPPED =
	/^(dist\/(credentials|icons|nodes|shared)\/.*|dist\/LICENSES\.txt|index\.js|package\.json|README\.md|LICENSE|CHANGELOG\.md)$/;

const LEFTOVER = /\.map$|\.ts$|\.tsbuildinfo$|(^|[/.])tests?[/.]|sandbox/;

/** The nodes are text; what is larger has something inside that does not belong there. Bytes. */
const MAX_SIZE = 450_000;

/**
 * What n8n's scan refuses or what reaches past n8n, wherever it stands: the scan looks at
 * variables, this looks at every word.
 */
const FORBIDDEN = [
	/\b(console|process)(\.\w|\[)/,
	/\b(set|clear)(Timeout|Interval|Immediate)\b/,
	/\bglobalThis\b/,
	/(?<![.\w])fetch\(/,
];

function forbiddenIn(folder: string, file: string): string[] {
	const lines = readFileSync(path.join(folder, file), 'utf8').split('\n');
	return FORBIDDEN.flatMap((pattern) => {
		const line = lines.findIndex((text) => pattern.test(text));
		return line < 0 ? [] : [`${file}:${line + 1} has ${pattern}: ${lines[line]?.trim() ?? ''}`];
	});
}

/**
 * Looks at the package as a whole, where n8n's own scan looks at single files.
 *
 * @param folder where the package is unpacked; absolute
 * @returns findings, one line each
 */
export function checkPackage(folder: string, files: PackedFile[]): string[] {
	const extra = files.filter(({ path: name }) => !SHIPPED.test(name) || LEFTOVER.test(name));
	const size = files
		.filter(({ path: name }) => !name.endsWith('.svg'))
		.reduce((sum, file) => sum + file.size, 0);
	const scripts = files.map((file) => file.path).filter((name) => name.endsWith('.js'));
	return [
		...extra.map((file) => `${file.path} does not belong into the package`),
		...(size > MAX_SIZE
			? [`The package has ${size} bytes without pictures, over ${MAX_SIZE}`]
			: []),
		...scripts.flatMap((file) => forbiddenIn(folder, file)),
	];
}

/** What n8n loads, and only when package.json names it. */
const LOADED = /\.(node|credentials)\.js$/;

/**
 * Compares what package.json names with what is there.
 *
 * @returns findings, one line each
 */
export function checkRegistration({ n8n }: Manifest, files: PackedFile[]): string[] {
	const named = [...n8n.nodes, ...n8n.credentials];
	const there = files.map(({ path: name }) => name).filter((name) => LOADED.test(name));
	return [
		...named
			.filter((name) => !there.includes(name))
			.map((name) => `package.json names ${name}, which is not in the package`),
		...there
			.filter((name) => !named.includes(name))
			.map((name) => `${name} is in the package, but package.json does not name it`),
	];
}
