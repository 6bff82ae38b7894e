import { readFileSync } from 'node:fs';
import path from 'node:path';

import { loadOnce, leastLoad } from '../../build/loading';
import { readManifest } from '../../build/project';
import { type BuiltPackage, buildPackage } from './built';

/**
 * What n8n's start may take longer for these nodes, measured in what n8n-workflow itself takes to
 * load in the same process: about 35 of 290 ms, or 80 of 600, and a tenth more where tests run beside.
 * Milliseconds of computing alone would say as much of the machine as of the nodes.
 */
const MAX_LOAD_SHARE = 0.15;

/** How often the load is measured; the fastest counts. */
const LOADS = 5;

/** Modules that a community node may load when it runs (n8n's rule no-restricted-imports). */
const ALLOWED = ['crypto', 'n8n-workflow', 'node:crypto'];

let built: BuiltPackage;

beforeAll(async () => {
	built = await buildPackage();
});

afterAll(() => built.remove());

function scripts(): string[] {
	return built.files.map(({ file }) => path.join(built.folder, 'dist', file));
}

describe('the built package', () => {
	it('loads with nothing but n8n-workflow, each class by its name', async () => {
		const { nodes, credentials } = readManifest().n8n;
		const expected = [...nodes, ...credentials].map((file) => path.basename(file).split('.')[0]);
		const { names, made } = await loadOnce(built.folder);
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

	it('is loaded in about a seventh of the time that n8n-workflow takes', async () => {
		const { ms, yardstick } = await leastLoad(built.folder, LOADS);
		expect(ms / yardstick).toBeLessThan(MAX_LOAD_SHARE);
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
