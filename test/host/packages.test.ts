import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { packFakePackage } from './fakePackage';
import { putPackage } from './packages';
import { runCommand } from './steps';

/** npm takes about a second for each of its few starts here, more on a busy machine. */
const NPM_LIMIT_MS = 60_000;

describe('putPackage', () => {
	let folder: string;
	let nodes: string;

	beforeEach(async () => {
		folder = await mkdtemp(join(tmpdir(), 'try-on-package-'));
		nodes = join(folder, 'nodes');
	});

	afterEach(async () => {
		await rm(folder, { recursive: true, force: true });
	});

	/** A package that needs another, which is on this machine. */
	async function packWithDependency(): Promise<string> {
		const needed = join(folder, 'needed');
		const own = join(folder, 'own');
		await mkdir(needed);
		await mkdir(own);
		await writeFile(join(needed, 'package.json'), '{"name":"needed","version":"1.0.0"}');
		await writeFile(join(needed, 'index.js'), 'module.exports = 42;');
		const manifest = {
			name: '@scope/n8n-nodes-own',
			version: '2.0.0',
			dependencies: { needed: `file:${needed}` },
			scripts: { postinstall: `touch ${join(folder, 'script-ran')}` },
		};
		await writeFile(join(own, 'package.json'), JSON.stringify(manifest));
		const options = {
			cwd: own,
			env: process.env,
			limitMs: NPM_LIMIT_MS,
			say: () => undefined,
		};
		await runCommand('pack', ['npm', 'pack', '--pack-destination', folder], options);
		return join(folder, 'scope-n8n-nodes-own-2.0.0.tgz');
	}

	it(
		'leaves out what a package needs only for its development or has from n8n',
		async () => {
			const tarball = await packFakePackage(join(folder, 'fake'));
			// Twice: a newer build takes the place of the older one.
			await putPackage(tarball, nodes, process.env);
			expect(await putPackage(tarball, nodes, process.env)).toBe('n8n-nodes-host-echo');
			expect(await readdir(nodes)).toEqual(['node_modules']);
			const target = join(nodes, 'node_modules', 'n8n-nodes-host-echo');
			expect((await readdir(target)).sort()).toEqual(['dist', 'package.json']);
			const manifest = await readFile(join(target, 'package.json'), 'utf8');
			expect(manifest).toContain('HostEcho.node.js');
			expect(manifest).not.toMatch(/devDependencies|peerDependencies/);
		},
		NPM_LIMIT_MS,
	);

	it(
		'installs what a package needs to run, without its scripts',
		async () => {
			const tarball = await packWithDependency();
			expect(await putPackage(tarball, nodes, process.env)).toBe('@scope/n8n-nodes-own');
			const target = join(nodes, 'node_modules', '@scope', 'n8n-nodes-own');
			expect(existsSync(join(target, 'node_modules', 'needed', 'index.js'))).toBe(true);
			expect(existsSync(join(folder, 'script-ran'))).toBe(false);
		},
		NPM_LIMIT_MS,
	);

	it('says what it could not unpack', async () => {
		const nothing = join(folder, 'nothing.tgz');
		await expect(putPackage(nothing, nodes, process.env)).rejects.toThrow(`unpack ${nothing}`);
		expect(await readdir(nodes)).toEqual([]);
	});
});
