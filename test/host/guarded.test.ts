import { spawn } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { startGuarded } from './guarded';
import { until, within } from './wait';

const LIMITS = { limitMs: 15_000, everyMs: 50 };
/** Starts a child of its own, writes both ids down, and would run for ten minutes. */
const TREE = `
	const child = require('node:child_process').spawn('sleep', ['600']);
	require('node:fs').writeFileSync(process.argv[1], process.pid + ' ' + child.pid);
	setTimeout(() => undefined, 600_000);
`;

function isAlive(pid: number): boolean {
	try {
		process.kill(pid, 0);
		return true;
	} catch {
		return false;
	}
}

describe('a guarded process', () => {
	let folder: string;
	let note: string;

	beforeEach(async () => {
		folder = await mkdtemp(join(tmpdir(), 'try-on-guard-'));
		note = join(folder, 'pids');
	});

	afterEach(async () => {
		await rm(folder, { recursive: true, force: true });
	});

	async function pidsOfTree(): Promise<number[]> {
		return await until('the tree to start', LIMITS, async () => {
			const text = await readFile(note, 'utf8').catch(() => '');
			return text ? text.split(' ').map(Number) : undefined;
		});
	}

	async function untilGone(pids: readonly number[]): Promise<void> {
		await until(
			'the tree to end',
			LIMITS,
			async () => await Promise.resolve(pids.some(isAlive) ? undefined : true),
		);
	}

	it('gives its output and how it ended', async () => {
		const script = "console.log('out'); console.error('err'); process.exitCode = 3";
		const job = startGuarded(process.execPath, ['-e', script], { cwd: folder, env: {} });
		expect(await job.ended).toEqual({ code: 3, signal: null });
		expect([...job.lines].sort()).toEqual(['err', 'out']);
	});

	it('says why it could not start', async () => {
		const job = startGuarded(join(folder, 'nothing'), [], { cwd: folder, env: {} });
		expect((await job.ended).error).toContain('ENOENT');
	});

	it('ends with everything it started when it is told to', async () => {
		const job = startGuarded(process.execPath, ['-e', TREE, note], {
			cwd: folder,
			env: process.env,
		});
		const pids = await pidsOfTree();
		expect(pids.map(isAlive)).toEqual([true, true]);
		await job.stop();
		await untilGone(pids);
	});

	it('is made to end when it does not want to', async () => {
		const stubborn = `process.on('SIGTERM', () => undefined); ${TREE}`;
		const options = { cwd: folder, env: process.env, graceMs: 200 };
		const job = startGuarded(process.execPath, ['-e', stubborn, note], options);
		const pids = await pidsOfTree();
		expect(await job.stop()).toEqual({ code: null, signal: 'SIGKILL' });
		await untilGone(pids);
	});

	it('ends with everything it started when its caller is killed', async () => {
		const caller = `
			const { startGuarded } = require(${JSON.stringify(join(__dirname, 'guarded.ts'))});
			startGuarded(process.execPath, ['-e', ${JSON.stringify(TREE)}, ${JSON.stringify(note)}],
				{ cwd: '.', env: process.env });
		`;
		const parent = spawn(process.execPath, ['--require', 'tsx/cjs', '-e', caller], {
			cwd: join(__dirname, '../..'),
			stdio: 'inherit',
		});
		const pids = await pidsOfTree();
		const parentGone = new Promise<boolean>((resolve) => parent.once('exit', () => resolve(true)));
		parent.kill('SIGKILL');
		expect(await within(LIMITS.limitMs, parentGone)).toBe(true);
		await untilGone(pids);
	});
});
