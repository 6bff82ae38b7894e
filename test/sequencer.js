const { default: Sequencer } = require('@jest/test-sequencer');
const path = require('node:path');

/** Files that take longest, the longest first; measured on two cores. */
const LONG = [
	'host/examples.host.ts',
	'host/callback.host.ts',
	'host/walk.host.ts',
	'matrix/random.test.ts',
	'matrix/answers.test.ts',
	'nodes/Astria/AstriaTrigger/polling.test.ts',
	'nodes/Astria/AstriaTune/operations.test.ts',
	'nodes/Astria/AstriaTune/trainedPack.test.ts',
	'workflows/shapes.test.ts',
	'nodes/Fal/FashnTryOn/callback.test.ts',
	'nodes/Astria/AstriaPrompt/dress.test.ts',
	'host/packages.test.ts',
	'lib/linear.test.ts',
	'workflows/lost.test.ts',
	'build/columns.test.ts',
	'workflows/money.test.ts',
	'matrix/faults.test.ts',
	'matrix/workflows.test.ts',
	'nodes/Fal/FashnTryOnTrigger/abuse.test.ts',
	'nodes/Astria/AstriaPrompt/money.test.ts',
	'nodes/Fal/FashnTryOn/rows.test.ts',
	'nodes/Astria/AstriaTune/create.test.ts',
	'build/arrows.test.ts',
	'build/checks.test.ts',
].map((file) => path.join(__dirname, file));

/**
 * Begins with the files that take longest, so that none of them is left alone at the end. Jest knows
 * how long a file takes once it has run it; in a fresh clone it goes by the size of the files, which
 * says little.
 */
module.exports = class LongestFirst extends Sequencer {
	sort(tests) {
		const rank = ({ path: file }) => (LONG.includes(file) ? LONG.indexOf(file) : LONG.length);
		return super.sort(tests).sort((one, other) => rank(one) - rank(other));
	}
};
