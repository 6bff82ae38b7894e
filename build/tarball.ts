import { mkdirSync } from 'node:fs';
import path from 'node:path';

import { ROOT } from './project';
import { run } from './run';

/** A file of the package, as npm packs it. */
export interface PackedFile {
	path: string;
	/** Bytes. */
	size: number;
}

/** The package as it would be published. */
export interface Tarball {
	/** Absolute path of the .tgz file. */
	file: string;
	files: PackedFile[];
}

function isPackedFile(value: unknown): value is PackedFile {
	const { path: name, size } = Object(value);
	return typeof name === 'string' && typeof size === 'number';
}

/**
 * Makes the package that npm would publish, of what is in dist now.
 *
 * @param folder where it is put; absolute
 */
export async function pack(folder = ROOT): Promise<Tarball> {
	const output = await run('npm', ['pack', '--json', '--pack-destination', folder]);
	const answer: unknown = JSON.parse(output);
	const [packed]: unknown[] = Array.isArray(answer) ? answer : [];
	const { filename, files } = Object(packed);
	if (typeof filename !== 'string' || !Array.isArray(files) || !files.every(isPackedFile)) {
		throw new Error(`npm pack did not say what it packed:\n${output}`);
	}
	return { file: path.join(folder, filename), files };
}

/**
 * Unpacks a package as n8n does when it installs one.
 *
 * @param folder absolute; made when it is not there
 */
export async function unpack({ file }: Tarball, folder: string): Promise<void> {
	mkdirSync(folder, { recursive: true });
	await run('tar', ['-xzf', file, '-C', folder, '--strip-components=1']);
}
