import js from '@eslint/js';
import { n8nCommunityNodesPlugin } from '@n8n/eslint-plugin-community-nodes';
import { defineConfig, globalIgnores } from 'eslint/config';
import importX, { createNodeResolver } from 'eslint-plugin-import-x';
import n8nNodesBase from 'eslint-plugin-n8n-nodes-base';
import tseslint from 'typescript-eslint';

import { forbiddenArrows } from './build/arrows.mjs';

const TYPESCRIPT = ['**/*.ts'];

/** What ships: n8n runs it, so n8n's own rules hold there. */
const SHIPPED = ['nodes/**/*.ts', 'credentials/**/*.ts', 'lib/**/*.ts'];

/** What Node gives every script. */
const NODE_GLOBALS = Object.fromEntries(
	['Buffer', 'URL', 'clearTimeout', 'console', 'process', 'setTimeout'].map((name) => [
		name,
		'readonly',
	]),
);

export default defineConfig(
	globalIgnores(['dist', '.cache', 'coverage', 'try-on-pictures']),
	{ linterOptions: { reportUnusedDisableDirectives: 'error' } },

	{
		files: ['**/*.{js,cjs}'],
		extends: [js.configs.recommended],
		languageOptions: {
			sourceType: 'commonjs',
			globals: { ...NODE_GLOBALS, __dirname: 'readonly' },
		},
	},
	{
		files: ['**/*.mjs'],
		extends: [js.configs.recommended],
		languageOptions: { globals: NODE_GLOBALS },
	},

	{
		files: TYPESCRIPT,
		extends: [js.configs.recommended, tseslint.configs.strictTypeChecked],
		languageOptions: {
			parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname },
		},
		rules: {
			// A function that hands back another function's nothing is short, and clear enough.
			'@typescript-eslint/no-confusing-void-expression': ['error', { ignoreArrowShorthand: true }],
			// A name that begins with _ says that it is unused on purpose.
			'@typescript-eslint/no-unused-vars': [
				'error',
				{ argsIgnorePattern: '^_', varsIgnorePattern: '^_' },
			],
			// An asynchronous interface asks for `async`, whether this one has to wait or not.
			'@typescript-eslint/require-await': 'off',
			// A number in a text is its digits: nothing to get wrong.
			'@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true }],
			// Objects are made of functions that know no `this`; their interfaces cannot say so.
			'@typescript-eslint/unbound-method': 'off',
		},
	},
	{
		files: TYPESCRIPT,
		extends: [importX.flatConfigs.recommended, importX.flatConfigs.typescript],
		settings: {
			'import-x/resolver-next': [
				// The TypeScript here becomes CommonJS, so packages are found as `require` finds them.
				createNodeResolver({
					extensions: ['.ts', '.js', '.mjs', '.json'],
					conditionNames: ['require', 'node', 'default'],
				}),
			],
		},
	},
	{
		files: ['test/**/*.ts'],
		rules: {
			// What a test turns into text, it compares with a text.
			'@typescript-eslint/no-base-to-string': 'off',
			// jest's own matchers, such as expect.any(), are declared as `any`.
			'@typescript-eslint/no-unsafe-assignment': 'off',
			// An address that holds the word undefined fails the test that asks for it.
			'@typescript-eslint/restrict-template-expressions': 'off',
		},
	},

	{
		files: [...SHIPPED, 'package.json'],
		extends: [n8nCommunityNodesPlugin.configs.recommended],
		plugins: { 'n8n-nodes-base': n8nNodesBase },
		rules: { 'no-console': 'error' },
	},
	{
		files: SHIPPED,
		rules: { 'import-x/no-restricted-paths': ['error', { zones: forbiddenArrows() }] },
	},
	{
		files: ['lib/**/*.ts'],
		// The engine throws its own errors, one per cause; nodes/ makes n8n's errors of them.
		rules: { '@n8n/community-nodes/require-node-api-error': 'off' },
	},
	{
		files: ['package.json'],
		languageOptions: { parser: tseslint.parser },
		rules: n8nNodesBase.configs.community.rules,
	},
	{
		files: ['credentials/**/*.ts'],
		rules: {
			...n8nNodesBase.configs.credentials.rules,
			// For n8n's own nodes, which name a page of its documentation; here it is a whole address.
			'n8n-nodes-base/cred-class-field-documentation-url-miscased': 'off',
			// @n8n/community-nodes/credential-password-field looks at the same, and closer.
			'n8n-nodes-base/cred-class-field-type-options-password-missing': 'off',
		},
	},
	{
		files: ['nodes/**/*.ts', 'lib/**/*.ts'],
		rules: {
			...n8nNodesBase.configs.nodes.rules,
			// Both want the text 'main', where n8n's newer rule wants NodeConnectionTypes.Main.
			'n8n-nodes-base/node-class-description-inputs-wrong-regular-node': 'off',
			'n8n-nodes-base/node-class-description-outputs-wrong': 'off',
			// A service may well have an upper limit.
			'n8n-nodes-base/node-param-type-options-max-value-present': 'off',
		},
	},
);
