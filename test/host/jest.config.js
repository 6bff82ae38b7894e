const base = require('../../jest.config.js');

// The tests on a real n8n: npx jest -c test/host/jest.config.js
/** @type {import('jest').Config} */
module.exports = {
	...base,
	// Jest's own: these tests load no n8n, they start one.
	testEnvironment: 'node',
	runtime: 'jest-runtime',
	rootDir: '../..',
	globalSetup: '<rootDir>/test/host/globalSetup.ts',
	testMatch: ['<rootDir>/test/host/**/*.host.ts'],
	setupFiles: [],
	// Each file starts an n8n of its own, and mostly waits: for its start, a browser, n8n's clock.
	maxWorkers: 3,
	testTimeout: 120_000,
};
