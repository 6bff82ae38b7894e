const n8nBundle = require('./test/n8nBundle.js');

/** @type {import('jest').Config} */
module.exports = {
	testEnvironment: 'node',
	testMatch: ['<rootDir>/test/**/*.test.ts'],
	globalSetup: '<rootDir>/test/globalSetup.ts',
	globalTeardown: '<rootDir>/test/globalTeardown.ts',
	setupFiles: ['<rootDir>/test/setup.ts'],
	// Not in the temporary folder, where a cache is something left behind.
	cacheDirectory: '<rootDir>/.cache/jest',
	// Jest runs files in a context of their own, where each look-up of a global is slow; the stand-ins
	// reckon with every pixel of a picture.
	sandboxInjectedGlobals: ['Math'],
	transform: {
		'^.+\\.ts$': [
			'@swc/jest',
			{ jsc: { parser: { syntax: 'typescript' }, target: 'es2022' }, module: { type: 'commonjs' } },
		],
	},
	moduleNameMapper: n8nBundle(),
	// More than this machine's two cores: many a test waits for a moment, as its node does.
	maxWorkers: 4,
	testTimeout: 30_000,
};
