import { setTimeout as delay } from 'node:timers/promises';

import { sampleGarment, samplePerson } from '../../sandbox/pictures';
import type { N8nHost } from '../host/n8n';
import { usageOf } from '../host/processes';
import { until } from '../host/wait';
import { Batch, type Size } from './batch';
import { type Cluster, memoryInUse } from './cluster';
import { HeldJobs } from './heldJobs';

/** What is done in queue mode, in the tests as in the bench. */
export const SIZE: Size = { executions: 200, rows: 5 };

/** The cluster that it is done on. */
export const WORKERS = { workers: 2, concurrency: 10 };

/** The stand-in fal runs all that is submitted, and its calls may go to this machine. */
export const FAL = { fal: { slots: 5_000, loopbackWebhooks: true } };

/** Milliseconds of a job that is waited for in the node. */
export const JOB_MS = 1_000;

/** Milliseconds that a load may take on a machine with much else to do. */
const LOAD_LIMIT_MS = 240_000;

/** How long processes are watched that have nothing to do, in ms. */
const WATCH_MS = 5_000;

const CALLED_LIMITS = { limitMs: 60_000, everyMs: 50 };

/** How many of fal's calls are on their way at once. */
const MOST_ON_THE_WAY = 12;

const TAKEN = new Set([200, 409]);

/** Milliseconds between the last jobs of executions whose output is timed: none waits for another. */
const PACE_MS = 500;

/** Addresses of what the rows are about. */
export interface Pictures {
	model: string;
	garment: string;
}

/** Publishes the rows' pictures; what comes out is one for all, since drawing takes the machine. */
export async function publishPictures({ sandbox }: Cluster): Promise<Pictures> {
	const { media, fal } = sandbox;
	const url = media.publish(await sampleGarment(1), 'image/png');
	fal.options.outcome = () => ({ kind: 'output', body: { images: [{ url }] }, units: 1 });
	return {
		model: media.publish(await samplePerson(0), 'image/jpeg'),
		garment: media.publish(await sampleGarment(0), 'image/png'),
	};
}

/** How fast a load went. */
export interface Pace {
	/** Milliseconds from the first start to the last end. */
	ms: number;
	executionsPerMinute: number;
	rowsPerSecond: number;
}

/** @throws RangeError when nothing has ended */
function paceOf(ended: ReadonlyArray<{ created: number; stopped?: number }>): Pace {
	const last = Math.max(...ended.map(({ stopped = NaN }) => stopped));
	const ms = last - Math.min(...ended.map(({ created }) => created));
	if (!(ms > 0)) throw new RangeError('Nothing has ended');
	return {
		ms,
		executionsPerMinute: ended.length / (ms / 60_000),
		rowsPerSecond: (ended.length * SIZE.rows) / (ms / 1_000),
	};
}

/**
 * Starts executions whose rows wait in the node, and waits for all of them.
 *
 * @throws Error when one does not end well
 */
export async function waitInNode(batch: Batch, pictures: Pictures): Promise<Pace> {
	batch.cluster.sandbox.fal.options.jobMs = JOB_MS;
	await batch.start(SIZE, pictures);
	return paceOf(await batch.untilThereAre(SIZE.executions, 'success', LOAD_LIMIT_MS));
}

/** How many executions wait in the nodes of all workers at once. */
const IN_NODES = WORKERS.workers * WORKERS.concurrency;

/** Bytes that each execution takes in its worker whose rows wait in the node. */
export async function bytesInNode(batch: Batch, pictures: Pictures): Promise<number> {
	const { cluster } = batch;
	const jobs = new HeldJobs(cluster.sandbox.fal.options);
	const inUse = async () => {
		let sum = 0;
		for (const worker of cluster.workers) sum += await memoryInUse(worker);
		return sum;
	};
	const before = await inUse();
	await batch.start({ ...SIZE, executions: IN_NODES }, pictures);
	const all = IN_NODES * SIZE.rows;
	await until(`${all} jobs`, CALLED_LIMITS, async () =>
		batch.bought().length >= all ? true : undefined,
	);
	const bytes = ((await inUse()) - before) / IN_NODES;
	jobs.release(Array.from({ length: all }, (_, seed) => seed));
	await batch.untilThereAre(IN_NODES, 'success', LOAD_LIMIT_MS);
	return bytes;
}

/** What processes take while executions are suspended. */
export interface Resting {
	/** How many are suspended. */
	waiting: number;
	/** Bytes in use by each worker, once its garbage is collected. */
	workers: number[];
	/** The same by main. */
	main: number;
	/** How much of a core the busiest worker has taken. */
	workerCpu: number;
}

async function cpuOf(hosts: readonly N8nHost[], ms: number): Promise<number> {
	const before = hosts.map(({ group }) => usageOf(group).cpuMs);
	await delay(ms);
	const shares = hosts.map(({ group }, nth) => (usageOf(group).cpuMs - (before[nth] ?? 0)) / ms);
	return Math.max(...shares);
}

/** Executions that are suspended until fal calls, and jobs that end when they are told. */
export class Suspended {
	private readonly jobs: HeldJobs;
	private started = 0;
	private released = 0;

	private constructor(
		readonly batch: Batch,
		private readonly pictures: Pictures,
	) {
		this.jobs = new HeldJobs(batch.cluster.sandbox.fal.options);
	}

	/** @param name of the workflow */
	static async open(cluster: Cluster, name: string, pictures: Pictures): Promise<Suspended> {
		return new Suspended(await Batch.open(cluster, name, { wait: 'callback' }), pictures);
	}

	/** Starts more executions, and waits until all so far are suspended. */
	async start(executions: number): Promise<void> {
		const from = this.started;
		await this.batch.start({ ...SIZE, executions }, this.pictures, from);
		this.started += executions;
		await this.batch.untilThereAre(this.started, 'waiting', LOAD_LIMIT_MS);
	}

	/** Looks at the processes, which have nothing to do. */
	async rest(): Promise<Resting> {
		const { main, workers } = this.batch.cluster;
		const workerCpu = await cpuOf(workers, WATCH_MS);
		const bytes: number[] = [];
		for (const worker of workers) bytes.push(await memoryInUse(worker));
		return { waiting: this.started, workers: bytes, main: await memoryInUse(main), workerCpu };
	}

	/**
	 * Lets rows end, in the order in which they were submitted.
	 *
	 * @param executions numbers of the first and of the one behind the last
	 * @param rows the same of the rows in each of them
	 * @param taken whether somebody takes the calls: then there are never many on their way, as fal's
	 * jobs do not end all at once
	 */
	async release(
		[first, end]: [number, number],
		[firstRow, endRow]: [number, number],
		taken = true,
	): Promise<void> {
		for (let execution = first; execution < end; execution += 1) {
			for (let row = firstRow; row < endRow; row += 1) {
				if (taken) await this.untilCalled(this.released - MOST_ON_THE_WAY);
				this.jobs.release([execution * SIZE.rows + row]);
				// Calls that nobody takes at first come again when they will.
				if (taken) this.released += 1;
			}
		}
	}

	/** Waits until so many calls were taken, by now. */
	private async untilCalled(count: number): Promise<void> {
		await until(`${count} calls`, CALLED_LIMITS, async () =>
			this.called() >= count ? true : undefined,
		);
	}

	/** Jobs that n8n has taken a call about; once the execution has gone on it refuses those again. */
	private called(): number {
		const ours = new Set(this.batch.bought().map(({ requestId }) => requestId));
		const taken = this.batch.cluster.sandbox.fal
			.webhookTries()
			.filter(({ requestId, status = 0 }) => TAKEN.has(status) && ours.has(requestId));
		return new Set(taken.map(({ requestId }) => requestId)).size;
	}

	/**
	 * Lets so many executions end, from the first, one after the other, and times them.
	 *
	 * @returns milliseconds from the end of each execution's last job, which is when fal calls, to the
	 * end of the execution; sorted
	 */
	async timeOutputs(executions: number): Promise<number[]> {
		const last = SIZE.rows - 1;
		await this.release([0, executions], [0, last]);
		await this.untilCalled(this.released);
		for (let execution = 0; execution < executions; execution += 1) {
			await this.release([execution, execution + 1], [last, SIZE.rows]);
			await delay(PACE_MS);
		}
		const ended = await this.batch.untilThereAre(executions, 'success', LOAD_LIMIT_MS);
		const jobs = this.batch.bought();
		return ended
			.map(({ id, stopped = NaN }) => {
				const own = jobs.filter(({ webhookUrl = '' }) =>
					webhookUrl.includes(`/webhook-waiting/${id}/`),
				);
				return stopped - Math.max(...own.map(({ completedAt = NaN }) => completedAt));
			})
			.sort((one, other) => one - other);
	}

	/** Waits until all have ended well. */
	async untilDone(): Promise<void> {
		await this.batch.untilThereAre(this.started, 'success', LOAD_LIMIT_MS);
	}
}

/** Bytes that each further suspended execution adds, from one look to a later one. */
export function bytesEach(earlier: Resting, later: Resting): { worker: number; main: number } {
	const count = later.waiting - earlier.waiting;
	const workers = later.workers.map((bytes, nth) => bytes - (earlier.workers[nth] ?? NaN));
	return { worker: Math.max(...workers) / count, main: (later.main - earlier.main) / count };
}
