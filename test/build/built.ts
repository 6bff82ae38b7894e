import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { type Bundled, bundle } from '../../build/bundle';
import { ROOT } from '../../build/project';

/** The package as n8n finds it: built, with nothing beside it but n8n-workflow. */
export interface BuiltPackage extends Bundled {
	/** Absolute. */
	folder: string;
	remove(): void;
}

/** Builds the package into a folder of its own, outside this project and its node_modules. */
export async function buildPackage(): Promise<BuiltPackage> {
	const home = mkdtempSync(path.join(tmpdir(), 'n8n-nodes-virtual-try-on-built-'));
	const modules = path.join(home, 'node_modules');
	const folder = path.join(modules, 'n8n-nodes-virtual-try-on');
	mkdirSync(folder, { recursive: true });
	symlinkSync(path.join(ROOT, 'node_modules', 'n8n-workflow'), path.join(modules, 'n8n-workflow'));
	for (const file of ['package.json', 'index.js']) {
		cpSync(path.join(ROOT, file), path.join(folder, file));
	}
	const bundled = await bundle(path.join(folder, 'dist'));
	const remove = () => rmSync(home, { recursive: true, force: true });
	return { ...bundled, folder, remove };
}
