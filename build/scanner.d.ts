/** n8n's own scanner comes without types. */
declare module '@n8n/scan-community-package/scanner/scanner.mjs' {
	import type { Linter } from 'eslint';

	/** The part of a package's source that n8n looks at when it verifies one. */
	export const SOURCE_FILE_PATTERNS: string[];

	/** The rules that it lints with. */
	export function buildScanConfig(): Promise<Linter.Config[]>;

	/**
	 * Lints a package as n8n does when it verifies one.
	 *
	 * @returns the findings in `details`
	 */
	export function analyzePackage(
		packageDir: string,
		filePatterns?: string[],
	): Promise<{ passed: boolean; message?: string; details?: string }>;
}
