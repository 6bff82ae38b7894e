import { readFileSync } from 'node:fs';
import path from 'node:path';

import type { PackedFile } from './tarball';

/** What a package needs to run and to be understood; all else stays out. */
const SHIPPED =
	/^(dist\/(credentials|icons|nodes)\/.*|dist\/LICENSES\.txt|index\.js|package\.json|README\.md|LICENSE|CHANGELOG\.md)$/;

const LEFTOVER = /\.map$|\.ts$|\.tsbuildinfo$|(^|[/.])tests?[/.]|sandbox/;

/** The nodes are text; what is larger has something inside that does not belong there. Bytes. */
const MAX_SIZE = 300_000;

/**
 * What n8n's scan refuses or what reaches past n8n, wherever it stands: the scan looks at
 * variables, this looks at every word.
 */
const FORBIDDEN = [
	/\bprocess\s*[.[]/,
	/\bconsole\s*[.[]/,
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
