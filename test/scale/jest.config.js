const base = require('../host/jest.config.js');

// The tests on n8n's queue mode: npx jest -c test/scale/jest.config.js
/** @type {import('jest').Config} */
module.exports = {
	...base,
	testMatch: ['<rootDir>/test/scale/**/*.scale.ts'],
};
