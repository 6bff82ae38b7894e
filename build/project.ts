import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';

/** The folder that holds package.json. */
export const ROOT = path.resolve(__dirname, '..');

/** What the build makes, in {@link ROOT}. */
export const DIST = path.join(ROOT, 'dist');

/** The parts of package.json that the build works with. */
export interface Manifest {
	name: string;
	version: string;
	n8n: { credentials: string[]; nodes: string[] };
}

/** Whether parts of a value can be looked at. */
export function isRecord(value: unknown): value is Record<string, unknown> {
	return (typeof value === 'object' && value !== null) || typeof value === 'function';
}

function isTexts(value: unknown): value is string[] {
	return Array.isArray(value) && value.every((entry) => typeof entry === 'string');
}

/**
 * @param folder that holds the package; absolute
 * @throws Error when a part that the build needs is missing
 */
export function readManifest(folder = ROOT): Manifest {
	const file = path.join(folder, 'package.json');
	const manifest: unknown = JSON.parse(readFileSync(file, 'utf8'));
	if (isRecord(manifest) && isRecord(manifest.n8n)) {
		const { name, version, n8n } = manifest;
		const { credentials, nodes } = n8n;
		if (
			typeof name === 'string' &&
			typeof version === 'string' &&
			isTexts(credentials) &&
			isTexts(nodes)
		) {
			return { name, version, n8n: { credentials, nodes } };
		}
	}
	throw new Error(`${file} lacks name, version, n8n.nodes or n8n.credentials`);
}

/** All files below a folder, as paths relative to {@link ROOT} with forward slashes. */
export function filesBelow(folder: string): string[] {
	return readdirSync(path.join(ROOT, folder), { recursive: true, withFileTypes: true })
		.filter((entry) => entry.isFile())
		.map((entry) => path.relative(ROOT, path.join(entry.parentPath, entry.name)))
		.map((file) => file.split(path.sep).join('/'))
		.sort();
}

/**
 * The files that n8n loads, each of which becomes a bundle.
 *
 * @returns source paths relative to {@link ROOT}
 */
export function entryPoints(): string[] {
	return [
		...filesBelow('nodes').filter((file) => file.endsWith('.node.ts')),
		...filesBelow('credentials').filter((file) => file.endsWith('.credentials.ts')),
	];
}
