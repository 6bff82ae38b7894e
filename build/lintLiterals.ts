import { ESLint } from 'eslint';
import path from 'node:path';

/** n8n's rules, apart from those that know less of these parameters than we do. */
async function config(): Promise<ESLint.Options['overrideConfig']> {
	const { buildScanConfig } = await import('@n8n/scan-community-package/scanner/scanner.mjs');
	return [
		...(await buildScanConfig()),
		{
			files: ['nodes/**/*.ts'],
			rules: {
				// Parameters are printed, methods are not; in the source the rule sees both.
				'@n8n/community-nodes/webhook-lifecycle-complete': 'off',
				// It takes a `token` for a secret; Astria's is a word in a prompt. Keys are in credentials.
				'n8n-nodes-base/node-param-type-options-password-missing': 'off',
				// The fields of one row stand in the order in which a person fills them in.
				'n8n-nodes-base/node-param-fixed-collection-type-unsorted-items': 'off',
			},
		},
	];
}

/**
 * Lints nodes whose parameters stand as literals.
 *
 * @param folder what `writeLiterals` has written; absolute
 * @returns findings, with the line that each is about, since the files are gone afterwards; a
 * parameter that several operations have is told once
 */
export async function lintLiterals(folder: string): Promise<string[]> {
	const eslint = new ESLint({
		cwd: folder,
		allowInlineConfig: false,
		overrideConfigFile: true,
		overrideConfig: await config(),
	});
	const results = await eslint.lintFiles(['nodes/**/*.ts']);
	const found = results.flatMap(({ filePath, messages, source = '' }) => {
		const lines = source.split('\n');
		return messages.map(({ line, message, ruleId }) => {
			const name = path.basename(filePath, '.node.ts');
			return `A parameter of ${name}: ${message} (${ruleId ?? 'unreadable'})\n  ${lines[line - 1]?.trim() ?? ''}`;
		});
	});
	return [...new Set(found)];
}
