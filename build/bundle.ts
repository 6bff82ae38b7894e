import { build, type Plugin } from 'esbuild';
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';

import { falClient } from './falClient';
import { bundledPackages, licenseTexts } from './licenses';
import { DIST, entryPoints, ROOT } from './project';

/** The oldest Node that package.json allows. */
const TARGET = 'node20';

/** The one package that n8n gives its nodes; a bundle that needs nothing of it does not load it. */
const n8nWorkflow: Plugin = {
	name: 'n8n-workflow',
	setup(plugin) {
		plugin.onResolve({ filter: /^n8n-workflow$/ }, ({ path: name }) => ({
			path: name,
			external: true,
			sideEffects: false,
		}));
	},
};

/** What a bundle holds. */
export interface Bundled {
	/** Written files, with their size in bytes. */
	files: Array<{ file: string; bytes: number }>;
	/** Folders of the npm packages whose code is inside. */
	packages: string[];
}

/**
 * Bundles every node and credential into one file each, at the same path as its source.
 *
 * n8n's scan refuses timers, `process` and `console` in what ships (`no-restricted-globals`,
 * `no-console`): timers come from n8n-workflow, and the rest is taken out. So is the global
 * `fetch`: HTTP goes through n8n or not at all.
 *
 * @param outdir absolute path
 * @throws BuildFailure
 */
export async function bundle(outdir = DIST): Promise<Bundled> {
	const { metafile } = await build({
		absWorkingDir: ROOT,
		entryPoints: entryPoints(),
		outbase: ROOT,
		outdir,
		bundle: true,
		format: 'cjs',
		platform: 'node',
		target: TARGET,
		charset: 'utf8',
		legalComments: 'inline',
		inject: [path.join(ROOT, 'build', 'timers.ts')],
		define: {
			setTimeout: 'startTimer',
			clearTimeout: 'stopTimer',
			process: 'undefined',
			fetch: 'undefined',
		},
		drop: ['console'],
		plugins: [n8nWorkflow, falClient],
		metafile: true,
		logLevel: 'warning',
	});
	const packages = bundledPackages(Object.keys(metafile.inputs));
	mkdirSync(outdir, { recursive: true });
	writeFileSync(path.join(outdir, 'LICENSES.txt'), licenseTexts(packages));
	const files = Object.entries(metafile.outputs).map(([file, { bytes }]) => ({ file, bytes }));
	return { files, packages };
}
