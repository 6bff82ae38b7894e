import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

/** Variables from which Node takes the temporary folder, on one system or another. */
const VARIABLES = ['TMPDIR', 'TEMP', 'TMP'];

/**
 * Gives a run of the tests a temporary folder of its own, inside the machine's, and makes it the
 * temporary folder of this process and all that it starts. So whatever a test, n8n, npm or a
 * failure leaves in it is gone when the run is over (`globalTeardown.ts`), or broken off.
 */
export default function globalSetup(): void {
	// A watched run follows another one, whose folder is gone.
	const outside = process.env.TESTS_OUTSIDE ?? tmpdir();
	const folder = mkdtempSync(path.join(outside, 'n8n-nodes-virtual-try-on-tests-'));
	// PostgreSQL runs as a user of its own, and has its folder in here; nobody may list it.
	chmodSync(folder, 0o711);
	process.env.TESTS_OUTSIDE = outside;
	process.env.TESTS_FOLDER = folder;
	for (const name of VARIABLES) process.env[name] = folder;
	for (const signal of ['SIGINT', 'SIGTERM'] as const) {
		process.once(signal, () => {
			rmSync(folder, { recursive: true, force: true });
			process.kill(process.pid, signal);
		});
	}
}
