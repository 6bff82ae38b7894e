/**
 * `npm run mutate` changes what guards money and keys, a small piece at a time, and looks whether a
 * test notices. For one file: `npm run mutate -- -m lib/jobs/rows.ts`.
 *
 * @type {import('@stryker-mutator/api/core').PartialStrykerOptions}
 */
export default {
	mutate: [
		'lib/jobs/**/*.ts',
		// Not its tables of fields, which are words for people.
		'lib/fal/*.ts',
		'lib/astria/api/**/*.ts',
		'lib/http.ts',
		'lib/time.ts',
	],
	testRunner: 'jest',
	jest: { configFile: 'jest.mutate.config.js', enableFindRelatedTests: true },
	// Each change is met by the tests that run through it, and by no other.
	coverageAnalysis: 'perTest',
	concurrency: 2,
	// What a change may add to the time of its tests before it counts as noticed: an endless loop.
	timeoutMS: 10_000,
	tempDirName: '.cache/stryker',
	cleanTempDir: 'always',
	ignorePatterns: ['/.cache', '/bench', '/demo', '/docs', '/examples', '/dist', '/test/host'],
	reporters: ['clear-text', 'progress', 'html'],
	clearTextReporter: { reportTests: false },
	htmlReporter: { fileName: '.cache/mutation/report.html' },
	thresholds: { high: 95, low: 90, break: 90 },
};
