// The build is written in TypeScript, which Node alone does not read.
require('tsx/cjs');

const { rm } = require('node:fs/promises');
const { dest, parallel, series, src, watch } = require('gulp');
const { bundle } = require('./build/bundle');
const { scan: scanPackage } = require('./build/scan');
const { pack: packPackage } = require('./build/tarball');
const { typeCheck } = require('./build/typeCheck');

const SOURCES = ['nodes', 'credentials', 'lib', 'icons'];

async function clean() {
	await rm('dist', { recursive: true, force: true });
}

async function scripts() {
	const { files } = await bundle();
	for (const { file, bytes } of files) console.log(`dist/${file}  ${Math.round(bytes / 1000)} kB`);
}

function icons() {
	return src('icons/*.svg', { encoding: false }).pipe(dest('dist/icons'));
}

/** n8n reads a node's search words from a file beside it. */
function codex() {
	return src('nodes/**/*.node.json', { base: '.', encoding: false }).pipe(dest('dist'));
}

const files = parallel(scripts, icons, codex);
const build = series(clean, typeCheck, files);

/** The new files first, since n8n waits for them; then what the compiler has to say of them. */
function rebuild(done) {
	// A failure is shown by gulp; handed on, it would end the watch.
	series(files, typeCheck)(() => done());
}

function dev() {
	return watch(SOURCES, { ignoreInitial: false }, rebuild);
}

async function writeTarball() {
	const { file } = await packPackage();
	console.log(file);
}

exports.default = build;
exports.build = build;
exports.dev = dev;
exports.scan = series(build, scanPackage);
exports.pack = series(build, writeTarball);
