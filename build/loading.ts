import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

import { isRecord } from './project';

const run = promisify(execFile);

/** Loads all nodes and credentials in a process of their own, with n8n-workflow there already. */
const LOAD = `
	const computing = (since) => {
		const { user, system } = process.cpuUsage(since);
		return (user + system) / 1000;
	};
	const start = process.cpuUsage();
	require('n8n-workflow');
	const yardstick = computing(start);
	const before = process.cpuUsage();
	const all = require('n8n-nodes-virtual-try-on');
	const made = Object.keys(all).map((name) => new all[name]().displayName ?? new all[name]().description.displayName);
	console.log(JSON.stringify({ ms: computing(before), yardstick, names: Object.keys(all), made }));
`;

/** How the package was loaded. */
export interface Loading {
	/** Milliseconds of computing that all nodes and credentials took. */
	ms: number;
	/** The same of n8n-workflow, which n8n has loaded before. */
	yardstick: number;
	/** Names of the classes, and the titles of what they make. */
	names: string[];
	made: string[];
}

function isLoading(value: unknown): value is Loading {
	return isRecord(value) && typeof value.ms === 'number' && typeof value.yardstick === 'number';
}

/**
 * Loads the package once, as n8n's start does.
 *
 * @param folder from which `require` finds it and n8n-workflow; the process gets nothing else
 * @throws Error when it cannot be loaded
 */
export async function loadOnce(folder: string): Promise<Loading> {
	const { stdout } = await run(process.execPath, ['-e', LOAD], {
		cwd: folder,
		env: { PATH: process.env.PATH },
	});
	const answer: unknown = JSON.parse(stdout);
	if (!isLoading(answer)) throw new Error(`The process answered: ${stdout}`);
	return answer;
}

/** What loading takes at least, by several rounds: whatever else the machine does only adds to it. */
export async function leastLoad(folder: string, rounds: number): Promise<Loading> {
	const first = await loadOnce(folder);
	const loads = [first];
	while (loads.length < rounds) loads.push(await loadOnce(folder));
	return {
		...first,
		ms: Math.min(...loads.map(({ ms }) => ms)),
		yardstick: Math.min(...loads.map(({ yardstick }) => yardstick)),
	};
}
