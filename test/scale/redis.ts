import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

import { startGuarded } from '../host/guarded';
import { freePorts } from '../host/ports';
import { until } from '../host/wait';

/** A Redis of this test's own. */
export interface Queue {
	/** How n8n finds it. */
	env: Record<string, string>;
	/** How many executions workers are at work on. */
	atWork(): Promise<number>;
	/** Ends it; it has stored nothing. */
	close(): Promise<void>;
}

const run = promisify(execFile);

const LOOPBACK = '127.0.0.1';

const READY_LIMITS = { limitMs: 30_000, everyMs: 100 };

/** Where Bull, n8n's queue, lists the jobs that workers have taken. */
const TAKEN = 'bull:jobs:active';

/**
 * Starts a Redis with nothing in it, on a free port of this machine. It ends when this process ends,
 * in whatever way.
 *
 * @throws Error when it is not installed, or does not start
 */
export async function startRedis(): Promise<Queue> {
	const [port = 0] = await freePorts(1);
	const inMemory = ['--save', '', '--appendonly', 'no'];
	const redis = startGuarded(
		'redis-server',
		['--port', String(port), '--bind', LOOPBACK, ...inMemory],
		{ cwd: '/', env: { PATH: process.env.PATH } },
	);
	const ask = async (...words: string[]) => {
		const { stdout } = await run('redis-cli', ['-h', LOOPBACK, '-p', String(port), ...words]);
		return stdout.trim();
	};
	try {
		await until('Redis', READY_LIMITS, async () => {
			return (await ask('PING').catch(() => '')) === 'PONG' ? true : undefined;
		});
	} catch (error) {
		await redis.stop();
		const said = redis.lines.join('\n');
		throw new Error(`Queue mode needs Redis. On Debian: apt-get install -y redis-server\n${said}`, {
			cause: error,
		});
	}
	return {
		env: { QUEUE_BULL_REDIS_HOST: LOOPBACK, QUEUE_BULL_REDIS_PORT: String(port) },
		atWork: async () => Number(await ask('LLEN', TAKEN)),
		close: async () => void (await redis.stop()),
	};
}
