const { existsSync, mkdirSync, readFileSync, writeFileSync } = require('node:fs');
const path = require('node:path');
const { default: TestRunner } = require('jest-runner');

/** Which tests each file holds: a run of all of them writes it down for those of single changes. */
const LIST = path.join('.cache', 'mutation-tests.json');

// A test that fails may leave a promise behind, which must not end the process of all others.
process.on('unhandledRejection', () => {});

/** How much of its path a test shares with the place where the tests of a changed file are. */
function nearness(test, changed) {
	const parts = changed.replace(/\.ts$/, '.test.ts').split(path.sep);
	const own = test.path.replace(`${path.sep}test${path.sep}`, path.sep).split(path.sep);
	return own.filter((part, at) => parts[at] === part).length;
}

/**
 * Runs the tests that meet a change in the code. Jest would load every file of tests that imports
 * the changed one, even where all of its tests are left out, and go on after a failure; here only
 * those with a test that is asked for are loaded, the nearest and quickest first, until one fails.
 */
module.exports = class MutateRunner extends TestRunner {
	get list() {
		return path.join(this._globalConfig.rootDir, LIST);
	}

	async runTests(tests, watcher, options) {
		const { testNamePattern, nonFlagArgs } = this._globalConfig;
		if (!testNamePattern) return await this.runAll(tests, watcher, options);
		const names = existsSync(this.list) ? JSON.parse(readFileSync(this.list, 'utf8')) : {};
		const asked = new RegExp(testNamePattern, 'i');
		let failed = false;
		this.on('test-file-success', ([, result]) => {
			failed ||= result.numFailingTests > 0;
		});
		this.on('test-file-failure', () => {
			failed = true;
		});
		const [changed = ''] = nonFlagArgs;
		const chosen = tests
			.filter((test) => names[test.path]?.names.some((name) => asked.test(name)) ?? true)
			.map((test) => ({ test, near: nearness(test, changed), ms: names[test.path]?.ms ?? 0 }))
			.sort((a, b) => b.near - a.near || a.ms - b.ms);
		for (const { test } of chosen) {
			if (!failed) await super.runTests([test], watcher, options);
		}
	}

	async runAll(tests, watcher, options) {
		const names = {};
		this.on('test-file-success', ([test, { testResults, perfStats }]) => {
			names[test.path] = {
				names: testResults.map(({ fullName }) => fullName),
				ms: perfStats.runtime,
			};
		});
		await super.runTests(tests, watcher, options);
		mkdirSync(path.dirname(this.list), { recursive: true });
		writeFileSync(this.list, JSON.stringify(names));
	}
};
