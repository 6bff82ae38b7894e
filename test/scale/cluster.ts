import { randomBytes } from 'node:crypto';
import { rm } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

import { packPackage, storeCredentials } from '../../demo/stage';
import { type Sandbox, type SandboxOptions, startSandbox } from '../../sandbox/index';
import { ensureHost } from '../host/install';
import { type N8nHost, type N8nOptions, startN8n } from '../host/n8n';
import { freePorts } from '../host/ports';
import { guardedProgram } from '../host/processes';
import { N8nRest, type StoredCredential } from '../host/rest';
import { until } from '../host/wait';
import { type Database, startPostgres } from './postgres';
import { type Queue, startRedis } from './redis';

/** What a cluster is started with. */
export interface ClusterOptions {
	/** n8n's own folders and the tarball; emptied first. Absolute. */
	folder: string;
	workers: number;
	/** Executions that each of them works on at once. */
	concurrency: number;
	sandbox?: SandboxOptions;
	/** Tarballs of further community packages. */
	packages?: readonly string[];
	say(line: string): void;
}

/**
 * How long a worker may be silent before n8n takes it for dead, in ms; n8n's own is twice 30 s. A
 * machine under load must not come near it.
 */
const SILENCE = {
	QUEUE_WORKER_LOCK_DURATION: '20000',
	QUEUE_WORKER_LOCK_RENEW_TIME: '4000',
	QUEUE_WORKER_STALLED_INTERVAL: '5000',
};

/** When a worker has certainly been taken for dead, with twice the time for a slow machine, in ms. */
export const TAKEN_FOR_DEAD = { limitMs: 60_000, everyMs: 500 };

const MEMORY = path.join(__dirname, 'memory.cjs');
const IN_USE = /^Memory in use: (\d+)$/gm;
const MEMORY_LIMITS = { limitMs: 30_000, everyMs: 50 };

/** When memory has settled: two looks that differ by less. */
const SETTLED_BYTES = 100 * 1024;
const LOOK_EVERY_MS = 1_000;
const MOST_LOOKS = 8;

const TAKEN = /Worker started execution (\d+)/g;

/** n8n 2.41 in queue mode, with the package in each of its processes, and the stand-in services. */
export class Cluster {
	/** Logs of the workers that were killed. */
	private readonly past = new Map<number, string[]>();

	private constructor(
		readonly sandbox: Sandbox,
		readonly database: Database,
		readonly queue: Queue,
		private readonly options: { main: N8nOptions; workers: readonly N8nOptions[] },
		/** n8n's main process, which takes the calls from outside. */
		public main: N8nHost,
		public workers: readonly N8nHost[],
		public rest: N8nRest,
		/** One for each credential type of the package. */
		readonly credentials: readonly StoredCredential[],
	) {}

	/**
	 * Starts all of it: Redis, PostgreSQL, the stand-in services, n8n's main process and its workers.
	 *
	 * @throws Error when a part does not start; the others are ended
	 */
	static async open(options: ClusterOptions): Promise<Cluster> {
		const { folder, say, concurrency } = options;
		await rm(folder, { recursive: true, force: true });
		say('Building and packing the package');
		const packages = [await packPackage(folder), ...(options.packages ?? [])];
		const install = await ensureHost('2.41.1', say);
		const started: Array<() => Promise<unknown>> = [];
		try {
			say('Starting Redis and PostgreSQL');
			const queue = await startRedis();
			started.unshift(queue.close);
			const database = await startPostgres();
			started.unshift(database.close);
			const sandbox = await startSandbox(options.sandbox);
			started.unshift(sandbox.close);
			const [port = 0] = await freePorts(1);
			const env = {
				...database.env,
				...queue.env,
				...SILENCE,
				EXECUTIONS_MODE: 'queue',
				// n8n's own, 2, keeps calls waiting that come together.
				DB_POSTGRESDB_POOL_SIZE: '10',
				N8N_ENCRYPTION_KEY: randomBytes(24).toString('base64'),
				// In each process: a worker tells the services where to call, and main takes the calls.
				WEBHOOK_URL: `http://127.0.0.1:${port}/`,
			};
			const same = { install, packages, env, preload: [MEMORY] };
			const mainOptions = { ...same, port, userFolder: path.join(folder, 'main') };
			const workerOptions = Array.from({ length: options.workers }, (_, nth) => ({
				...same,
				worker: { concurrency },
				userFolder: path.join(folder, `worker-${nth}`),
			}));
			say(`Starting n8n ${install.version} in queue mode`);
			// It makes the tables that workers need.
			const main = await startN8n(mainOptions);
			started.unshift(main.stop);
			const workers = await Promise.all(
				workerOptions.map(async (worker) => {
					const host = await startN8n(worker);
					started.unshift(host.stop);
					return host;
				}),
			);
			const rest = await N8nRest.connect(main);
			const credentials = await storeCredentials(rest, sandbox);
			const parts = { main: mainOptions, workers: workerOptions };
			return new Cluster(sandbox, database, queue, parts, main, workers, rest, credentials);
		} catch (error) {
			for (const end of started) await end();
			throw error;
		}
	}

	/** Ends all of it. */
	async close(): Promise<void> {
		for (const worker of this.workers) await worker.stop();
		await this.main.stop();
		await this.sandbox.close();
		await this.database.close();
		await this.queue.close();
	}

	/** Kills n8n's main process; nobody takes calls until it is started again. */
	async killMain(): Promise<void> {
		await this.main.kill();
	}

	/** Starts main again, on the same port and what it has left behind. */
	async startMain(): Promise<void> {
		this.main = await startN8n(this.options.main);
		this.rest = await N8nRest.connect(this.main);
	}

	/** Kills a worker, counted from 0, at once. */
	async killWorker(nth: number): Promise<void> {
		const worker = this.worker(nth);
		await worker.kill();
		this.past.set(nth, [...(this.past.get(nth) ?? []), worker.log()]);
	}

	/** Starts a worker again. */
	async startWorker(nth: number): Promise<void> {
		const options = this.options.workers[nth];
		if (!options) throw new RangeError(`There is no worker ${nth}`);
		this.workers = this.workers.with(nth, await startN8n(options));
	}

	/** Ids of the executions that a worker has begun or gone on with, in all its lives. */
	takenBy(nth: number): string[] {
		const logs = new Set([...(this.past.get(nth) ?? []), this.worker(nth).log()]);
		return [...logs].flatMap((log) => [...log.matchAll(TAKEN)].map(([, id = '']) => id));
	}

	private worker(nth: number): N8nHost {
		const worker = this.workers[nth];
		if (worker) return worker;
		throw new RangeError(`There is no worker ${nth}`);
	}
}

async function lookAtMemory(host: N8nHost): Promise<number> {
	const said = () => [...host.log().matchAll(IN_USE)].map(([, bytes]) => Number(bytes));
	const before = said().length;
	process.kill(guardedProgram(host.group), 'SIGUSR2');
	return await until('a look at the memory', MEMORY_LIMITS, async () => said()[before]);
}

/**
 * What one of n8n's processes holds in memory, in bytes, once its garbage is collected and it has
 * settled: after much work it lets go of more for some seconds.
 */
export async function memoryInUse(host: N8nHost): Promise<number> {
	let bytes = await lookAtMemory(host);
	for (let look = 1; look < MOST_LOOKS; look += 1) {
		await delay(LOOK_EVERY_MS);
		const before = bytes;
		bytes = await lookAtMemory(host);
		if (Math.abs(bytes - before) < SETTLED_BYTES) break;
	}
	return bytes;
}
