import { execFile } from 'node:child_process';
import path from 'node:path';
import { promisify } from 'node:util';

import { ROOT } from '../../build/project';

/** A file that is there, and what it is tried to import. */
type Arrow = [file: string, imported: string];

const FORBIDDEN: Record<string, Arrow> = {
	'a node': ['nodes/Astria/AstriaPrompt/helpers/output.ts', '../../AstriaTune/helpers/output'],
	'another vendor': ['nodes/Astria/shared/session.ts', '../../Fal/shared/session'],
	"another vendor's engine": ['lib/fal/driver.ts', '../astria/api/errors'],
	'a vendor from the shared floor': ['nodes/shared/pictures.ts', '../../lib/fal/errors'],
	'a vendor from the engine': ['lib/jobs/rows.ts', '../fal/errors'],
	'a face from the engine': ['lib/fal/driver.ts', '../../nodes/Fal/shared/session'],
	'what stands on it': ['lib/http.ts', './jobs/rows'],
};

const ALLOWED: Record<string, Arrow> = {
	'what its vendor shares': ['nodes/Astria/AstriaPrompt/helpers/output.ts', '../../shared/output'],
	'the floor below': ['lib/fal/driver.ts', '../jobs/rows'],
};

const ARROWS = { ...FORBIDDEN, ...ALLOWED };

/** The rule alone. ESLint loads modules in a way that jest cannot, so it has a process of its own. */
const LINT = `
import { ESLint } from 'eslint';
import importX, { createNodeResolver } from 'eslint-plugin-import-x';
import tseslint from 'typescript-eslint';
import { forbiddenArrows } from './build/arrows.mjs';
const eslint = new ESLint({
	overrideConfigFile: true,
	overrideConfig: {
		files: ['**/*.ts'],
		languageOptions: { parser: tseslint.parser },
		plugins: { 'import-x': importX },
		settings: { 'import-x/resolver-next': [createNodeResolver({ extensions: ['.ts'] })] },
		rules: { 'import-x/no-restricted-paths': ['error', { zones: forbiddenArrows() }] },
	},
});
const found = {};
for (const [what, [filePath, imported]] of Object.entries(JSON.parse(process.argv[1]))) {
	const code = "import * as planted from '" + imported + "';\\n";
	const [{ messages }] = await eslint.lintText(code, { filePath });
	found[what] = messages.length;
}
console.log(JSON.stringify(found));
`;

/** Milliseconds for a busy machine; a quiet one takes two seconds. */
const TIMEOUT_MS = 60_000;

let found: Record<string, number>;

beforeAll(async () => {
	const run = ['--input-type=module', '-e', LINT, JSON.stringify(ARROWS)];
	const { stdout } = await promisify(execFile)(process.execPath, run, {
		cwd: path.resolve(ROOT),
		timeout: TIMEOUT_MS,
	});
	found = JSON.parse(stdout);
}, TIMEOUT_MS);

test.each(Object.keys(FORBIDDEN))('no arrow leads to %s', (what) => {
	expect(found[what]).toBeGreaterThan(0);
});

test.each(Object.keys(ALLOWED))('an arrow may lead to %s', (what) => {
	expect(found[what]).toBe(0);
});
