import { rmSync } from 'node:fs';

/** Removes the folder that `globalSetup.ts` has made, whether the tests passed or failed. */
export default function globalTeardown(): void {
	const { TESTS_FOLDER } = process.env;
	if (TESTS_FOLDER) rmSync(TESTS_FOLDER, { recursive: true, force: true });
}
