import { randomUUID } from 'node:crypto';
import { readFileSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';

import { hasCode } from './guards';

/** How often the owner shows that it is alive. */
const HEARTBEAT_MS = 5_000;
/** An owner that was silent this long has ended; several heartbeats, for a machine under load. */
const STALE_MS = 60_000;
const ASK_AGAIN_MS = 250;

function read(path: string): string | undefined {
	try {
		return readFileSync(path, 'utf8');
	} catch {
		return undefined;
	}
}

function create(path: string, text: string): boolean {
	try {
		writeFileSync(path, text, { flag: 'wx' });
		return true;
	} catch (error) {
		if (hasCode(error, 'EEXIST')) return false;
		throw error;
	}
}

function isAlive(pid: number): boolean {
	try {
		process.kill(pid, 0);
		return true;
	} catch (error) {
		return hasCode(error, 'EPERM');
	}
}

function isStale(path: string, owner: string): boolean {
	const [pid] = owner.split(' ');
	if (!isAlive(Number(pid))) return true;
	const silentMs = Date.now() - (statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? Date.now());
	return silentMs > STALE_MS;
}

/**
 * Removes the lock of an owner that has ended. Of several processes that see it at once, one
 * removes it: only who holds the owner's own claim file may, and it looks at the lock once more.
 */
function removeStale(path: string, owner: string): void {
	const claim = `${path}.${owner.replace(/\W/g, '-')}`;
	if (!create(claim, '')) return;
	try {
		if (read(path) === owner) rmSync(path);
	} finally {
		rmSync(claim);
	}
}

/**
 * Does the work while no other process does it under the same lock file.
 *
 * @param path the lock file; its folder must exist
 * @param limitMs how long to wait for another process, in ms
 * @param waiting called several times a second while another process has the lock, with that
 * process's id and the time waited so far in ms
 * @throws Error when the other process is not done in time
 */
export async function withLock<T>(
	path: string,
	limitMs: number,
	waiting: (pid: string, waitedMs: number) => void,
	work: () => Promise<T>,
): Promise<T> {
	const mine = `${process.pid} ${randomUUID()}`;
	const started = Date.now();
	while (!create(path, mine)) {
		const owner = read(path);
		if (owner === undefined) continue;
		const [pid = ''] = owner.split(' ');
		if (isStale(path, owner)) removeStale(path, owner);
		else waiting(pid, Date.now() - started);
		if (Date.now() - started > limitMs) {
			throw new Error(
				`Process ${pid} has held ${path} for more than ${limitMs / 60_000} minutes. ` +
					'If it does not install anything, delete that file.',
			);
		}
		await delay(ASK_AGAIN_MS);
	}
	const heartbeat = setInterval(() => {
		const now = new Date();
		if (read(path) === mine) utimesSync(path, now, now);
	}, HEARTBEAT_MS);
	try {
		return await work();
	} finally {
		clearInterval(heartbeat);
		if (read(path) === mine) rmSync(path);
	}
}
