import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';

import { readManifest } from '../../build/project';
import { type BuiltPackage, buildPackage } from './built';

const run = promisify(execFile);

/**
 * What n8n's start may take longer for these nodes, measured in what n8n-workflow itself takes to
 * load in the same process: about 55 of 500 ms on an idle machine, and the same on a busy one, where
 * milliseconds of computing say as much of the machine as of the nodes.
 */
const MAX_LOAD_SHARE = 0.13;

/** How often the load is measured; the middle one counts. */
const LOADS = 5;

/** Modules that a community node may load when it runs (n8n's rule no-restricted-imports). */
const ALLOWED = ['crypto', 'n8n-workflow', 'node:crypto'];

/** Loads all nodes and credentials in a process of their own, with n8n-workflow there already. */
const LOAD = `
	const computing = (since) => {
		const { user, system } = process.cpuUsage(since);
		return user + system;
	};
	const start = process.cpuUsage();
	require('n8n-workflow');
	const yardstick = computing(start);
	const before = process.cpuUsage();
	const all = require('n8n-nodes-virtual-try-on');
	const made = Object.keys(all).map((name) => new all[name]().displayName ?? new all[name]().description.displayName);
	console.log(JSON.stringify({ share: computing(before) / yardstick, names: Object.keys(all), made }));
`;

interface Loaded {
	share: number;
	names: string[];
	made: string[];
}

function isLoaded(value: unknown): value is Loaded {
	return typeof value === 'object' && value !== null && 'share' in value && 'names' in value;
}

let built: BuiltPackage;

beforeAll(async () => {
	built = await buildPackage();
});

afterAll(() => built.remove());

function scripts(): string[] {
	return built.files.map(({ file }) => path.join(built.folder, 'dist', file));
}

/** A process without this project's modules and without NODE_PATH. */
async function load(): Promise<Loaded> {
	const { stdout } = await run(process.execPath, ['-e', LOAD], {
		cwd: built.folder,
		env: { PATH: process.env.PATH },
	});
	const answer: unknown = JSON.parse(stdout);
	if (!isLoaded(answer)) throw new Error(`The process answered: ${stdout}`);
	return answer;
}

describe('the built package', () => {
	it('loads with nothing but n8n-workflow, each class by its name', async () => {
		const { nodes, credentials } = readManifest().n8n;
		const expected = [...nodes, ...credentials].map((file) => path.basename(file).split('.')[0]);
		const { names, made } = await load();
		expect(names).toEqual(expected);
		expect(made).toHaveLength(expected.length);
		expect(made.every((title) => title !== '')).toBe(true);
	});

	it('asks for no module that a community node may not have', () => {
		const asked = scripts().flatMap((file) => [
			...readFileSync(file, 'utf8').matchAll(/\b(?:require|import)\(\s*([^)]*)\)/g),
		]);
		const names = asked.map(([, argument = '']) => argument.replace(/^"(.*)"$/, '$1'));
		const others = names.filter((name) => !/^\.\.?\//.test(name));
		expect(others).toContain('n8n-workflow');
		expect(others.filter((name) => !ALLOWED.includes(name))).toEqual([]);
	});

	it('is loaded in an eighth of the time that n8n-workflow takes', async () => {
		const shares: number[] = [];
		for (let round = 0; round < LOADS; round += 1) shares.push((await load()).share);
		const [median = Infinity] = shares.sort((a, b) => a - b).slice(Math.floor(LOADS / 2));
		expect(median).toBeLessThan(MAX_LOAD_SHARE);
	});

	it('leaves out the realtime client of fal and its libraries', () => {
		expect(built.packages).toEqual([
			'node_modules/@fal-ai/client',
			'node_modules/eventsource-parser',
			'node_modules/p-limit',
			'node_modules/yocto-queue',
		]);
		const withSockets = scripts().filter((file) =>
			readFileSync(file, 'utf8').includes('WebSocket'),
		);
		expect(withSockets).toEqual([]);
	});

	it('brings the licence of each library along', () => {
		const text = readFileSync(path.join(built.folder, 'dist', 'LICENSES.txt'), 'utf8');
		for (const folder of built.packages) {
			expect(text).toContain(folder.replace('node_modules/', ''));
		}
		expect(text.match(/Permission is hereby granted/g)).toHaveLength(built.packages.length);
	});
});
