/** n8n's own scanner comes without types. */
declare module '@n8n/scan-community-package/scanner/scanner.mjs' {
	/** The part of a package's source that n8n looks at when it verifies one. */
	export const SOURCE_FILE_PATTERNS: string[];

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
