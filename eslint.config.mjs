import js from '@eslint/js';
import { n8nCommunityNodesPlugin } from '@n8n/eslint-plugin-community-nodes';
import { defineConfig, globalIgnores } from 'eslint/config';
import importX, { createNodeResolver } from 'eslint-plugin-import-x';
import n8nNodesBase from 'eslint-plugin-n8n-nodes-base';
import tseslint from 'typescript-eslint';

/** What ships: n8n runs it, so n8n's own rules hold there. */
const SHIPPED = ['nodes/**/*.ts', 'credentials/**/*.ts', 'lib/**/*.ts'];

const TYPESCRIPT = ['**/*.ts'];

/** What Node gives every script, as far as it is used here. */
const NODE_GLOBALS = { console: 'readonly', process: 'readonly' };

export default defineConfig(
	globalIgnores(['dist', '.cache', 'coverage', 'try-on-pictures']),
	{ linterOptions: { reportUnusedDisableDirectives: 'error' } },

	{
		files: ['**/*.{js,cjs}'],
		extends: [js.configs.recommended],
		languageOptions: { sourceType: 'commonjs', globals: NODE_GLOBALS },
	},
	{
		files: ['**/*.mjs'],
		extends: [js.configs.recommended],
		languageOptions: { globals: NODE_GLOBALS },
	},

	{
		files: TYPESCRIPT,
		extends: [js.configs.recommended, tseslint.configs.strictTypeChecked],
		languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
	},
	{
		files: TYPESCRIPT,
		extends: [importX.flatConfigs.recommended, importX.flatConfigs.typescript],
		settings: {
			'import-x/resolver-next': [createNodeResolver({ extensions: ['.ts', '.js', '.mjs', '.json'] })],
		},
	},

	{
		files: [...SHIPPED, 'package.json'],
		extends: [n8nCommunityNodesPlugin.configs.recommended],
		plugins: { 'n8n-nodes-base': n8nNodesBase },
		rules: { 'no-console': 'error' },
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
