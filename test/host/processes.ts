import { readdirSync, readFileSync } from 'node:fs';

/** Clock ticks of Linux in a second (proc(5), sysconf _SC_CLK_TCK; 100 on every usual machine). */
const TICKS_PER_SECOND = 100;

/** Fields of /proc/<pid>/stat behind the name of the program, counted from 0 (proc(5)). */
const PARENT = 1;
const GROUP = 2;
const USER_TICKS = 11;
const SYSTEM_TICKS = 12;

const KB_PER_MB = 1024;

/** What the processes of a group take. */
export interface Usage {
	/** Milliseconds of computing since they started. */
	cpuMs: number;
	/** Resident memory of the largest of them, in MB. */
	memoryMb: number;
}

function readProc(pid: string, file: string): string {
	try {
		return readFileSync(`/proc/${pid}/${file}`, 'utf8');
	} catch {
		// It has ended since it was listed.
		return '';
	}
}

/** All processes of a group, with their fields. @throws Error where there is no /proc */
function processesOf(group: number): Array<{ pid: string; fields: string[] }> {
	return readdirSync('/proc')
		.filter((name) => /^\d+$/.test(name))
		.map((pid) => {
			// The name of the program is in brackets, and may hold spaces and brackets itself.
			return { pid, fields: readProc(pid, 'stat').split(/\) /).at(-1)?.split(' ') ?? [] };
		})
		.filter(({ fields }) => Number(fields[GROUP]) === group);
}

/**
 * The program that a guard has started; what that has started itself is not meant.
 *
 * @param group the guard's own id
 * @throws Error when it does not run
 */
export function guardedProgram(group: number): number {
	const program = processesOf(group).find(({ fields }) => Number(fields[PARENT]) === group);
	if (program) return Number(program.pid);
	throw new Error(`Nothing runs in process group ${group}`);
}

/**
 * Looks at all processes of a group, as Linux tells it in /proc.
 *
 * @throws Error where there is no /proc
 */
export function usageOf(group: number): Usage {
	let ticks = 0;
	let memoryMb = 0;
	for (const { pid, fields } of processesOf(group)) {
		ticks += Number(fields[USER_TICKS]) + Number(fields[SYSTEM_TICKS]);
		const [, resident = '0'] = /VmRSS:\s+(\d+)/.exec(readProc(pid, 'status')) ?? [];
		memoryMb = Math.max(memoryMb, Number(resident) / KB_PER_MB);
	}
	return { cpuMs: (ticks / TICKS_PER_SECOND) * 1_000, memoryMb };
}

/**
 * Watches the memory of a group while something is done.
 *
 * @param everyMs milliseconds between two looks
 * @returns the highest that was seen, in MB
 */
export async function highestMemory(
	group: number,
	everyMs: number,
	work: () => Promise<unknown>,
): Promise<number> {
	let highest = 0;
	const look = setInterval(() => {
		highest = Math.max(highest, usageOf(group).memoryMb);
	}, everyMs);
	try {
		await work();
		return highest;
	} finally {
		clearInterval(look);
	}
}
