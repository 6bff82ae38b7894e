const path = require('node:path');

const {
	globalTeardown,
	testSequencer,
	transform,
	cacheDirectory,
} = require('../../jest.config.js');

const rootDir = path.join(__dirname, '../..');

/**
 * The tests on a real n8n of one version. Jest's projects, so that a file is run in both versions at
 * once, each on an n8n of its own.
 */
const inVersion = (version, testMatch) => ({
	displayName: version,
	globals: { HOST_VERSION: version },
	rootDir,
	testMatch,
	transform,
	cacheDirectory,
});

// npx jest -c test/host/jest.config.js [examples.host] [--selectProjects 2.41.1]
/** @type {import('jest').Config} */
module.exports = {
	rootDir,
	testSequencer,
	globalSetup: '<rootDir>/test/host/globalSetup.ts',
	globalTeardown,
	projects: [
		inVersion('2.41.1', ['<rootDir>/test/host/**/*.host.ts']),
		// What things cost is no matter of n8n's version.
		inVersion('1.123.81', ['<rootDir>/test/host/**/!(costs).host.ts']),
	],
	// Each file starts an n8n of its own, and mostly waits: for its start, a browser, n8n's clock.
	maxWorkers: 3,
	testTimeout: 120_000,
};
