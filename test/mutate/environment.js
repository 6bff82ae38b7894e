const OneRealm = require('../environment.js');

/** The tests' own, in which nothing more is run of a file once a test of it has failed. */
module.exports = class MutateEnvironment extends OneRealm {
	failed = false;

	handleTestEvent({ name, test }) {
		if (name === 'test_fn_failure' || name === 'hook_failure') this.failed = true;
		if (name === 'test_start' && this.failed) test.mode = 'skip';
	}
};
