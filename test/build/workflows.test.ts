import { readFileSync } from 'node:fs';
import path from 'node:path';

import { filesBelow, ROOT } from '../../build/project';

const WORKFLOWS = filesBelow('.github/workflows');

function read(file: string): string {
	return readFileSync(path.join(ROOT, file), 'utf8');
}

test.each(WORKFLOWS)('%s takes actions by their digests, with the version beside', (file) => {
	const uses = [...read(file).matchAll(/uses: *(.*)$/gm)].map(([, action = '']) => action);
	expect(uses.length).toBeGreaterThan(0);
	for (const action of uses) {
		expect(action).toMatch(/^[\w-]+\/[\w-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$/);
	}
});

test('every script that a workflow runs is there', () => {
	const manifest = read('package.json');
	for (const file of WORKFLOWS) {
		for (const [, script] of read(file).matchAll(/npm run ([\w:-]+)/g)) {
			expect(manifest).toContain(`"${script}": "`);
		}
	}
});
