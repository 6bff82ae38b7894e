/** @type {import('jest').Config} */
module.exports = {
	testEnvironment: '<rootDir>/test/environment.js',
	runtime: '<rootDir>/test/runtime.js',
	testSequencer: '<rootDir>/test/sequencer.js',
	testMatch: ['<rootDir>/test/**/*.test.ts'],
	globalSetup: '<rootDir>/test/globalSetup.ts',
	globalTeardown: '<rootDir>/test/globalTeardown.ts',
	setupFiles: ['<rootDir>/test/setup.ts'],
	// Not in the temporary folder, where a cache is something left behind.
	cacheDirectory: '<rootDir>/.cache/jest',
	transform: {
		'^.+\\.ts$': [
			'@swc/jest',
			{ jsc: { parser: { syntax: 'typescript' }, target: 'es2022' }, module: { type: 'commonjs' } },
		],
	},
	// More than this machine's two cores: many a test waits for a moment, as its node does.
	maxWorkers: 4,
	testTimeout: 30_000,
};
