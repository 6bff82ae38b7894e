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
	maxWorkers: 2,
	testTimeout: 30_000,
};
