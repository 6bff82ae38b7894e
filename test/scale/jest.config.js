const { projects, ...base } = require('../host/jest.config.js');

const [{ transform, cacheDirectory }] = projects;

// The tests on n8n's queue mode: npx jest -c test/scale/jest.config.js
/** @type {import('jest').Config} */
module.exports = {
	...base,
	transform,
	cacheDirectory,
	testMatch: ['<rootDir>/test/scale/**/*.scale.ts'],
};
