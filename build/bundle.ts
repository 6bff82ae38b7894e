import { build, type BuildOptions, type Plugin, transform } from 'esbuild';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';

import { falClient } from './falClient';
import { bundledPackages, licenseTexts } from './licenses';
import { DIST, entryPoints, ROOT } from './project';

/** For both passes; the target is the oldest Node that package.json allows. */
const OUTPUT = {
	charset: 'utf8',
	legalComments: 'inline',
	platform: 'node',
	target: 'node20',
} as const satisfies BuildOptions;

/** Folder, in the output, of what several nodes or credentials need. */
const SHARED = 'shared';

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

/** What a build has made. */
export interface Bundled {
	/** Relative to the output folder, with their size in bytes. */
	files: Array<{ file: string; bytes: number }>;
	/** Folders of the npm packages whose code is inside. */
	packages: string[];
}

/**
 * Bundles every node and credential into one file each, at the same path as its source; what
 * several of them need is in `shared`. They are minified, so that the package stays small; the
 * sources are in the repository that its provenance names.
 *
 * n8n's scan refuses timers, `process` and `console` in what ships (`no-restricted-globals`,
 * `no-console`): timers come from n8n-workflow, and the rest is taken out. So is the global
 * `fetch`: HTTP goes through n8n or not at all.
 *
 * @param outdir absolute path
 * @throws BuildFailure
 */
export async function bundle(outdir = DIST): Promise<Bundled> {
	const { metafile, outputFiles } = await build({
		...OUTPUT,
		absWorkingDir: ROOT,
		entryPoints: entryPoints(),
		outbase: ROOT,
		outdir,
		bundle: true,
		// Only ECMAScript modules can share code; they become CommonJS in a second pass, below.
		format: 'esm',
		splitting: true,
		chunkNames: `${SHARED}/[name]-[hash]`,
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
		write: false,
		logLevel: 'warning',
	});
	// Names of shared files change with their content.
	rmSync(path.join(outdir, SHARED), { recursive: true, force: true });
	const files = [];
	for (const { path: file, text } of outputFiles) {
		const { code } = await transform(text, { ...OUTPUT, format: 'cjs', minify: true });
		mkdirSync(path.dirname(file), { recursive: true });
		writeFileSync(file, code);
		files.push({ file: path.relative(outdir, file), bytes: Buffer.byteLength(code) });
	}
	const packages = bundledPackages(Object.keys(metafile.inputs));
	writeFileSync(path.join(outdir, 'LICENSES.txt'), licenseTexts(packages));
	return { files, packages };
}
