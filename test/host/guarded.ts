import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';

import { isRecord, parseJson } from './guards';
import { within } from './wait';

/** How a guarded process ended. */
export interface Ended {
	code: number | null;
	signal: string | null;
	/** Why it could not be started. */
	error?: string;
}

/** A process whose whole group ends with its caller. */
export interface GuardedProcess {
	/** Id of the process group. */
	pid: number;
	/** What it wrote, newest line last. */
	lines: readonly string[];
	ended: Promise<Ended>;
	/** Asks the group to end, then makes it; resolves when it is gone. */
	stop(): Promise<Ended>;
	/** Ends the group at once, with SIGKILL. */
	kill(): Promise<Ended>;
}

/** Enough for a whole boot and a long test, small enough to keep in memory. */
const KEPT_LINES = 20_000;
/** n8n writes its open executions down before it ends; that takes it a few seconds at most. */
const DEFAULT_GRACE_MS = 10_000;
/** What the guard itself may need on top of the grace. */
const GUARD_MARGIN_MS = 5_000;
/** Time for the last output to arrive after the end. */
const PIPE_DRAIN_MS = 2_000;

function keepLines(stream: Readable, lines: string[]): void {
	createInterface({ input: stream }).on('line', (line) => {
		lines.push(line);
		if (lines.length > KEPT_LINES) lines.splice(0, lines.length - KEPT_LINES);
	});
}

function readEnded(status: string, code: number | null, signal: string | null): Ended {
	const told = parseJson(status);
	if (!isRecord(told)) return { code, signal };
	return {
		code: typeof told.code === 'number' ? told.code : null,
		signal: typeof told.signal === 'string' ? told.signal : null,
		...(typeof told.error === 'string' ? { error: told.error } : {}),
	};
}

function killGroup(pid: number): void {
	try {
		process.kill(-pid, 'SIGKILL');
	} catch {
		// No such group: it has ended already.
	}
}

/**
 * Starts a command that ends, with everything it started, when this process ends in any way.
 *
 * @param command the program
 * @param args its arguments
 * @param options working folder, environment, and how long it may take to end when asked, in ms
 * @throws Error when no process could be made
 */
export function startGuarded(
	command: string,
	args: readonly string[],
	options: { cwd: string; env: NodeJS.ProcessEnv; graceMs?: number },
): GuardedProcess {
	const grace = options.graceMs ?? DEFAULT_GRACE_MS;
	const guard = join(__dirname, 'guard.mjs');
	const child = spawn(process.execPath, [guard, String(grace), command, ...args], {
		cwd: options.cwd,
		env: options.env,
		detached: true,
		stdio: ['pipe', 'pipe', 'pipe', 'pipe'],
	});
	// Without a listener Node.js would end this process; the missing id below tells the same.
	child.once('error', () => undefined);
	const { pid } = child;
	const [input, output, errors, status] = child.stdio;
	if (pid === undefined) throw new Error(`Could not start ${command}`);
	const lines: string[] = [];
	keepLines(output, lines);
	keepLines(errors, lines);
	let told = '';
	status?.on('data', (chunk: Buffer) => (told += chunk.toString()));
	// The guard may be gone before its pipe is closed.
	input.on('error', () => undefined);
	const ended = new Promise<Ended>((resolve) => {
		child.once('close', (code, signal) => resolve(readEnded(told, code, signal)));
		// A grandchild that left the group may hold the pipes open.
		child.once('exit', (code, signal) => {
			setTimeout(() => resolve(readEnded(told, code, signal)), PIPE_DRAIN_MS).unref();
		});
	});
	const stop = async (): Promise<Ended> => {
		input.end();
		const end = await within(grace + GUARD_MARGIN_MS, ended);
		if (end) return end;
		killGroup(pid);
		return await ended;
	};
	const kill = async (): Promise<Ended> => {
		killGroup(pid);
		return await ended;
	};
	return { pid, lines, ended, stop, kill };
}
