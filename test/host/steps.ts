import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { startGuarded } from './guarded';
import { within } from './wait';

/** Takes one line of progress. */
export type Say = (line: string) => void;

/** One part of an installation, done once and remembered. */
export interface Step {
	name: string;
	/** What the step depends on; a change of it makes the step start over. */
	recipe: string;
	run(): Promise<void>;
}

/** How often a long job says that it is still at work. */
export const SAY_EVERY_MS = 5_000;
const MS_PER_MINUTE = 60_000;
const TAIL_LINES = 25;

function markerOf(folder: string, step: Step): string {
	return join(folder, '.steps', step.name);
}

/** Whether the step was finished, by this recipe. */
export function isDone(folder: string, step: Step): boolean {
	try {
		return readFileSync(markerOf(folder, step), 'utf8') === step.recipe;
	} catch {
		return false;
	}
}

/**
 * Runs the steps that are not done yet, in order. A step that was interrupted starts over, and so
 * do the steps after one that ran.
 *
 * @throws Error of the step that failed; the steps before it stay done
 */
export async function runSteps(folder: string, steps: readonly Step[]): Promise<void> {
	const first = steps.findIndex((step) => !isDone(folder, step));
	if (first < 0) return;
	mkdirSync(join(folder, '.steps'), { recursive: true });
	const open = steps.slice(first);
	for (const step of open) rmSync(markerOf(folder, step), { force: true });
	for (const step of open) {
		await step.run();
		writeFileSync(markerOf(folder, step), step.recipe);
	}
}

/** A duration as a person reads it: `45 s`, `2 min 05 s`. */
export function elapsed(ms: number): string {
	const seconds = Math.round(ms / 1000);
	if (seconds < 60) return `${seconds} s`;
	return `${Math.floor(seconds / 60)} min ${String(seconds % 60).padStart(2, '0')} s`;
}

/**
 * Runs a command to its end and says every few seconds that it is still at work.
 *
 * @param what what the command does, for progress and messages
 * @param limitMs the longest it may take, in ms
 * @returns what it wrote
 * @throws Error with the end of its output when it fails or takes too long
 */
export async function runCommand(
	what: string,
	command: readonly [string, ...string[]],
	options: { cwd: string; env: NodeJS.ProcessEnv; limitMs: number; say: Say },
): Promise<string> {
	const [program, ...args] = command;
	const started = Date.now();
	const job = startGuarded(program, args, { cwd: options.cwd, env: options.env });
	const progress = setInterval(
		() => options.say(`${what}: ${elapsed(Date.now() - started)}`),
		SAY_EVERY_MS,
	);
	const end = await within(options.limitMs, job.ended);
	clearInterval(progress);
	if (!end) await job.stop();
	const output = job.lines.join('\n');
	if (end?.code === 0) {
		options.say(`${what}: done in ${elapsed(Date.now() - started)}`);
		return output;
	}
	const how = end
		? (end.error ?? `ended with ${end.signal ?? `code ${end.code}`}`)
		: `took more than ${options.limitMs / MS_PER_MINUTE} minutes`;
	throw new Error(
		`${what}: ${program} ${how}. The end of its output:\n${job.lines.slice(-TAIL_LINES).join('\n')}`,
	);
}
