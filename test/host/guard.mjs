// Runs one command in a process group of its own and ends that whole group when standard input
// closes. The caller holds the other end of that pipe, so the group goes with the caller however
// the caller ends: by itself, by a signal, or killed.
//
// node guard.mjs <grace in ms> <command> [argument ...]
// File descriptor 3 receives {"code", "signal"} or {"error"} when the command has ended.
import { spawn } from 'node:child_process';
import { writeSync } from 'node:fs';

const STATUS_FD = 3;
// For the last output; a process that the command left behind may hold the pipes open.
const DRAIN_MS = 1000;
const [grace, command, ...args] = process.argv.slice(2);

// A signal to the group must reach the command, not its guard.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => undefined);

function finish(status) {
	try {
		writeSync(STATUS_FD, JSON.stringify(status));
	} catch {
		// The caller is gone: nobody is left to tell.
	}
	// What the command started and left behind goes too, and so does this guard.
	process.kill(-process.pid, 'SIGKILL');
}

// Passed on here, so that a command whose caller is gone can still write and end in order.
function passOn(from, to) {
	to.on('error', () => undefined);
	from.on('data', (chunk) => to.write(chunk));
}

const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'] });
passOn(child.stdout, process.stdout);
passOn(child.stderr, process.stderr);
child.once('error', (error) => finish({ error: error.message }));
child.once('close', (code, signal) => finish({ code, signal }));
child.once('exit', (code, signal) => setTimeout(() => finish({ code, signal }), DRAIN_MS));

process.stdin.resume();
process.stdin.once('close', () => {
	process.kill(-process.pid, 'SIGTERM');
	setTimeout(() => finish({ code: null, signal: 'SIGKILL' }), Number(grace));
});
