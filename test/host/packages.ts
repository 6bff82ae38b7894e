import { mkdir, mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';

import { asRecord, isRecord, parseJson, stringAt } from './guards';
import { runCommand } from './steps';

const UNPACK_LIMIT_MS = 60_000;
const INSTALL_LIMIT_MS = 5 * 60_000;

/** n8n removes these from a community package before it installs the package's dependencies. */
const REMOVED = ['devDependencies', 'peerDependencies', 'optionalDependencies'];

const nothingToSay = (): void => undefined;

async function readManifest(folder: string): Promise<Record<string, unknown>> {
	const manifest = parseJson(await readFile(join(folder, 'package.json'), 'utf8'));
	if (isRecord(manifest)) return manifest;
	throw new Error(`${folder} has no usable package.json`);
}

async function installDependencies(folder: string, env: NodeJS.ProcessEnv): Promise<void> {
	const switches = ['--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'];
	await runCommand(
		`install the dependencies of ${folder}`,
		['npm', 'install', '--prefix', folder, ...switches, '--install-strategy=shallow'],
		{ cwd: folder, env, limitMs: INSTALL_LIMIT_MS, say: nothingToSay },
	);
}

/**
 * Puts a packed community package where n8n loads such packages from, as n8n's own installation
 * does: unpacked into `node_modules`, without its development and peer dependencies, its other
 * dependencies installed without their scripts. A package without dependencies needs no network.
 *
 * @param tarball path of what `npm pack` made
 * @param nodesFolder `.n8n/nodes` in n8n's user folder
 * @param env environment for the commands
 * @returns the package's name
 * @throws Error when the tarball cannot be read or npm fails
 */
export async function putPackage(
	tarball: string,
	nodesFolder: string,
	env: NodeJS.ProcessEnv,
): Promise<string> {
	await mkdir(nodesFolder, { recursive: true });
	const unpacked = await mkdtemp(join(nodesFolder, '.unpack-'));
	try {
		// A tarball of npm has everything in one top folder, whatever that is called.
		await runCommand(
			`unpack ${tarball}`,
			['tar', '-xzf', tarball, '-C', unpacked, '--strip-components=1'],
			{ cwd: nodesFolder, env, limitMs: UNPACK_LIMIT_MS, say: nothingToSay },
		);
		const manifest = await readManifest(unpacked);
		const name = stringAt(manifest, 'name', tarball);
		const kept = Object.entries(manifest).filter(([key]) => !REMOVED.includes(key));
		await writeFile(
			join(unpacked, 'package.json'),
			JSON.stringify(Object.fromEntries(kept), null, 2),
		);
		const target = join(nodesFolder, 'node_modules', name);
		await rm(target, { recursive: true, force: true });
		await mkdir(dirname(target), { recursive: true });
		await rename(unpacked, target);
		if (Object.keys(asRecord(manifest.dependencies)).length > 0) {
			await installDependencies(target, env);
		}
		return name;
	} finally {
		await rm(unpacked, { recursive: true, force: true });
	}
}
