import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { runInNewContext } from 'node:vm';

import { checkPackage, checkRegistration } from '../../build/distChecks';
import { literalOf, writeLiterals } from '../../build/literals';
import { ROOT } from '../../build/project';

const run = promisify(execFile);

let folder: string;

beforeEach(() => {
	folder = mkdtempSync(path.join(tmpdir(), 'n8n-nodes-virtual-try-on-checks-'));
});

afterEach(() => rmSync(folder, { recursive: true, force: true }));

function write(file: string, text: string): { path: string; size: number } {
	const target = path.join(folder, file);
	mkdirSync(path.dirname(target), { recursive: true });
	writeFileSync(target, text);
	return { path: file, size: text.length };
}

describe('the package as a whole', () => {
	it('passes with what is needed to run', () => {
		const files = [
			'dist/nodes/A/A.node.js',
			'dist/nodes/A/A.node.json',
			'dist/credentials/AApi.credentials.js',
			'dist/icons/a.svg',
			'dist/shared/chunk-1.js',
			'dist/LICENSES.txt',
			'index.js',
			'package.json',
			'README.md',
			'LICENSE',
			'CHANGELOG.md',
		].map((file) => write(file, 'exports.a = 1;\n'));
		expect(checkPackage(folder, files)).toEqual([]);
	});

	it.each([
		'dist/nodes/A/A.node.js.map',
		'dist/nodes/A/A.node.d.ts',
		'dist/nodes/A/test/A.test.js',
		'dist/tsconfig.tsbuildinfo',
		'lib/http.js',
		'sandbox/main.js',
		'.env',
	])('refuses %s', (file) => {
		expect(checkPackage(folder, [write(file, '')])).toEqual([
			`${file} does not belong into the package`,
		]);
	});

	it('refuses to grow beyond its limit, pictures apart', () => {
		const large = { ...write('dist/shared/chunk-1.js', ''), size: 450_001 };
		const picture = { ...write('dist/icons/a.svg', ''), size: 450_001 };
		expect(checkPackage(folder, [large])).toEqual([expect.stringContaining('450001 bytes')]);
		expect(checkPackage(folder, [picture])).toEqual([]);
	});

	it.each([
		'const key = process.env.FAL_KEY;',
		"const key = process['env'];",
		'console.log(1);',
		'setTimeout(run, 1);',
		'const later = clearInterval;',
		'globalThis.a = 1;',
		'await fetch(url);',
	])('refuses code with %s', (code) => {
		const file = write('dist/nodes/A/A.node.js', `'use strict';\n${code}\n`);
		expect(checkPackage(folder, [file])).toEqual([
			expect.stringMatching(/^dist\/nodes\/A\/A\.node\.js:2 has /),
		]);
	});

	it.each([
		'config.fetch(url);',
		'const text = "it is in process. Wait.";',
		'const { fetch: fetch2 } = config;',
	])('lets pass %s', (code) => {
		expect(checkPackage(folder, [write('dist/nodes/A/A.node.js', code)])).toEqual([]);
	});

	it('holds package.json and the files against each other', () => {
		const n8n = { nodes: ['dist/nodes/A/A.node.js'], credentials: [] };
		const manifest = { name: 'a', version: '1.0.0', n8n };
		const a = write('dist/nodes/A/A.node.js', '');
		const b = write('dist/credentials/BApi.credentials.js', '');
		expect(checkRegistration(manifest, [a])).toEqual([]);
		expect(checkRegistration(manifest, [b])).toEqual([
			'package.json names dist/nodes/A/A.node.js, which is not in the package',
			'dist/credentials/BApi.credentials.js is in the package, but package.json does not name it',
		]);
	});
});

describe('parameters as literals', () => {
	it('prints any value as source that gives the same value', () => {
		const value = {
			text: `it's "quoted" \\ and\nbroken`,
			'key-with-dash': [1, -2.5, true, null],
			nested: { '@version': [{ deep: [] }] },
			unset: undefined,
		};
		const printed: unknown = runInNewContext(`(${literalOf(value)})`);
		expect(JSON.stringify(printed)).toBe(JSON.stringify(value));
	});

	/** A node whose parameters the rules could not see in its source: they are computed. */
	const BUILT_NODE = `
		const option = (name) => ({ name, value: name.toLowerCase(), description: 'About ' + name });
		exports.Sample = class {
			description = {
				displayName: 'Sample', name: 'sample', group: ['transform'], version: 1,
				icon: { light: 'file:../../icons/fashn.svg', dark: 'file:../../icons/fashn.dark.svg' },
				subtitle: 'x', description: 'A sample', defaults: { name: 'Sample' }, usableAsTool: true,
				inputs: ['main'], outputs: ['main'],
				properties: [{
					displayName: ['lower', 'case'].join(' '), name: 'a', type: 'options', default: 'e',
					options: ['E', 'D', 'C', 'B', 'A'].map(option), description: 'Which one.',
				}],
			};
		};
	`;

	/** In a process of its own, since jest cannot load the scanner's ECMAScript modules. */
	const LINT = `
		require('tsx/cjs');
		const { lintLiterals } = require('./build/lintLiterals');
		lintLiterals(process.argv[1]).then((found) => console.log(JSON.stringify(found)));
	`;

	it('shows n8n what it could not see in the source', async () => {
		const n8n = { nodes: ['dist/nodes/Sample/Sample.node.js'], credentials: [] };
		write('built/package.json', JSON.stringify({ name: 'a', version: '1.0.0', n8n }));
		write('built/dist/nodes/Sample/Sample.node.js', BUILT_NODE);
		const literal = path.join(folder, 'literal');
		writeLiterals(path.join(folder, 'built'), literal);
		expect(readFileSync(path.join(literal, 'nodes/Sample/Sample.node.ts'), 'utf8')).toContain(
			'inputs: [NodeConnectionTypes.Main]',
		);
		const { stdout } = await run(process.execPath, ['-e', LINT, literal], {
			cwd: ROOT,
			// Without jest's NODE_ENV=test, in which n8n's rules take every file for a test of theirs.
			env: { PATH: process.env.PATH, TMPDIR: folder },
		});
		expect(JSON.parse(stdout)).toEqual([
			expect.stringMatching(
				/^A parameter of Sample: .*display-name-miscased\)\s+displayName: "lower case"/,
			),
			expect.stringMatching(/options-type-unsorted-items/),
			expect.stringMatching(/excess-final-period\)\s+description: "Which one\."/),
		]);
	});
});
