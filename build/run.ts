import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

import { isRecord, ROOT } from './project';

const execute = promisify(execFile);

/** Enough for the output of any tool used here; bytes. */
const MAX_OUTPUT = 16 * 1024 * 1024;

function outputOf(error: unknown): string {
	if (!isRecord(error)) return '';
	const texts = [error.stdout, error.stderr].filter((text) => typeof text === 'string');
	return texts.filter((text) => text !== '').join('\n');
}

/**
 * Runs a program in the project's folder.
 *
 * @returns what it writes to its standard output
 * @throws Error with all that it wrote, when it cannot be started or does not end well
 */
export async function run(program: string, args: string[]): Promise<string> {
	try {
		const { stdout } = await execute(program, args, { cwd: ROOT, maxBuffer: MAX_OUTPUT });
		return stdout;
	} catch (error) {
		throw new Error(`${program} ${args.join(' ')} failed:\n${outputOf(error)}`, { cause: error });
	}
}
