const jest = require('./jest.config.js');

/**
 * The tests of the modules that guard money and keys, in their own layer: they run hundreds of
 * times over, and those of a node in n8n's engine take fifty times as long.
 *
 * @type {import('jest').Config}
 */
module.exports = {
	...jest,
	runner: '<rootDir>/test/mutate/runner.js',
	testEnvironment: require.resolve('./test/mutate/environment.js'),
	moduleNameMapper: {
		'^fast-check$': '<rootDir>/test/mutate/fastCheck.js',
		'^fast-check-itself$': require.resolve('fast-check'),
	},
	testMatch: ['jobs/**/', 'fal/**/', 'astria/**/', ''].map(
		(part) => `<rootDir>/test/lib/${part}*.test.ts`,
	),
};
