import { run } from './run';

/**
 * Checks the types of everything that ships, and of the build itself.
 *
 * @throws Error with the compiler's findings
 */
export async function typeCheck(): Promise<void> {
	await run(process.execPath, [require.resolve('typescript/bin/tsc'), '-p', 'tsconfig.build.json']);
}
