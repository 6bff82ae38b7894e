import { mkdirSync } from 'node:fs';
import path from 'node:path';

import { isRecord, ROOT } from './project';
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
	return isRecord(value) && typeof value.path === 'string' && typeof value.size === 'number';
}

/**
 * Makes the package that npm would publish, of what is in dist now.
 *
 * @param folder where it is put; absolute
 * @param source folder of the package; absolute, default this project
 */
export async function pack(folder = ROOT, source = ROOT): Promise<Tarball> {
	const output = await run('npm', ['pack', source, '--json', '--pack-destination', folder]);
	const answer: unknown = JSON.parse(output);
	const packed: unknown = Array.isArray(answer) ? answer[0] : undefined;
	if (isRecord(packed) && typeof packed.filename === 'string' && Array.isArray(packed.files)) {
		const files = packed.files.filter(isPackedFile);
		return { file: path.join(folder, packed.filename), files };
	}
	throw new Error(`npm pack did not say what it packed:\n${output}`);
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
