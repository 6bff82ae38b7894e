import { spawnSync } from 'node:child_process';
import { mkdtemp, readdir, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

import { withLock } from './lock';

const LIMIT_MS = 10_000;
const silent = (): void => undefined;

describe('withLock', () => {
	let folder: string;
	let lock: string;

	beforeEach(async () => {
		folder = await mkdtemp(join(tmpdir(), 'try-on-lock-'));
		lock = join(folder, 'lock');
	});

	afterEach(async () => {
		await rm(folder, { recursive: true, force: true });
	});

	it('lets one in at a time, tells the others who is in, and leaves nothing behind', async () => {
		let inside = 0;
		let most = 0;
		const told = new Set<string>();
		const work = async (): Promise<void> => {
			most = Math.max(most, ++inside);
			await delay(50);
			inside--;
		};
		const enter = async (): Promise<void> =>
			await withLock(lock, LIMIT_MS, (pid) => told.add(pid), work);
		await Promise.all([enter(), enter(), enter()]);
		expect(most).toBe(1);
		expect([...told]).toEqual([String(process.pid)]);
		expect(await readdir(folder)).toEqual([]);
	});

	it('frees the lock when the work fails', async () => {
		const fail = async (): Promise<void> => await Promise.reject(new Error('no luck'));
		await expect(withLock(lock, LIMIT_MS, silent, fail)).rejects.toThrow('no luck');
		expect(await readdir(folder)).toEqual([]);
	});

	it('takes over from a process that has ended, in one of several at once', async () => {
		const ended = spawnSync(process.execPath, ['-e', '']).pid;
		await writeFile(lock, `${ended} of-the-past`);
		let inside = 0;
		let most = 0;
		const work = async (): Promise<void> => {
			most = Math.max(most, ++inside);
			await delay(50);
			inside--;
		};
		await Promise.all([1, 2, 3].map(async () => await withLock(lock, LIMIT_MS, silent, work)));
		expect(most).toBe(1);
		expect(await readdir(folder)).toEqual([]);
	});

	it('takes over from a process that lives but has been silent for too long', async () => {
		await writeFile(lock, `${process.ppid} of-another-program`);
		const longAgo = new Date(Date.now() - 10 * 60_000);
		await utimes(lock, longAgo, longAgo);
		expect(await withLock(lock, LIMIT_MS, silent, async () => await delay(1, 'in'))).toBe('in');
	});

	it('gives up on one that is at work for too long, and says what to do', async () => {
		await writeFile(lock, `${process.ppid} busy`);
		const attempt = withLock(lock, 1, silent, async () => await delay(1));
		await expect(attempt).rejects.toThrow(`Process ${process.ppid} has held ${lock}`);
	});
});
