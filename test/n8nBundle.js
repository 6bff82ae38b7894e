const {
	existsSync,
	mkdirSync,
	mkdtempSync,
	renameSync,
	rmSync,
	writeFileSync,
} = require('node:fs');
const path = require('node:path');

const { buildSync } = require('esbuild');

const { devDependencies } = require('../package.json');

const WORKFLOW = 'n8n-workflow';

/** What tests take of n8n beside n8n-workflow: modules of one bundle, for they share their state. */
const CORE = [
	'n8n-core',
	'@n8n/backend-common',
	'@n8n/backend-network',
	'@n8n/di',
	'reflect-metadata',
];

/** What is loaded only where it is used, and used by no test. */
const OUTSIDE = ['*.node', '@sentry/*', 'isolated-vm', 'sharp', 'ssh2'];

const ROOT = path.join(__dirname, '..');
const VERSIONS = ['n8n-core', WORKFLOW].map((name) => devDependencies[name]).join('-');
const FOLDER = path.join(ROOT, '.cache', `n8n-${VERSIONS}`);

function bundle(outfile, contents, external) {
	buildSync({
		stdin: { contents, resolveDir: ROOT },
		outfile,
		external: [...OUTSIDE, ...external],
		bundle: true,
		platform: 'node',
		format: 'cjs',
		target: 'node20',
		// n8n finds some of its classes by their names.
		keepNames: true,
		logLevel: 'error',
	});
}

function fill(folder) {
	bundle(path.join(folder, `${WORKFLOW}.js`), `module.exports = require('${WORKFLOW}');`, []);
	const core = path.join(folder, 'core.js');
	const modules = CORE.map((name) => `'${name}': require('${name}')`);
	bundle(core, `module.exports = { ${modules.join()} };`, [WORKFLOW]);
	for (const name of CORE) {
		const file = path.join(folder, `${name}.js`);
		const to = path.relative(path.dirname(file), core);
		mkdirSync(path.dirname(file), { recursive: true });
		writeFileSync(file, `module.exports = require('./${to}')['${name}'];\n`);
	}
}

/**
 * Makes one file of n8n-core and one of n8n-workflow, as they are, and keeps them for this version
 * of n8n. Jest loads them anew for each of a hundred files of tests, and is slow with a module.
 * @returns for Jest: where each module is
 */
module.exports = function n8nBundle() {
	if (!existsSync(FOLDER)) {
		mkdirSync(path.dirname(FOLDER), { recursive: true });
		const made = mkdtempSync(`${FOLDER}-`);
		fill(made);
		try {
			renameSync(made, FOLDER);
		} catch (error) {
			// Another run of the tests has been quicker.
			if (!existsSync(FOLDER)) throw error;
			rmSync(made, { recursive: true });
		}
	}
	return Object.fromEntries(
		[WORKFLOW, ...CORE].map((name) => [`^${name}$`, path.join(FOLDER, `${name}.js`)]),
	);
};
