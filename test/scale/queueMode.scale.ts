import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { outputItems } from '../host/execution';
import { quantile } from '../host/quantile';
import { until } from '../host/wait';
import { rowsBehindWebhook, UNDER_TEST } from '../host/workflows';
import { Batch, type RowOut } from './batch';
import { Cluster, TAKEN_FOR_DEAD } from './cluster';
import { seedOf } from './heldJobs';
import {
	bytesEach,
	bytesInNode,
	FAL,
	JOB_MS,
	type Pictures,
	publishPictures,
	SIZE,
	Suspended,
	waitInNode,
	WORKERS,
} from './loads';

/** Covers the installation of a host on first use. */
const PREPARE_LIMIT_MS = 60 * 60_000;

const TEST_LIMIT_MS = 900_000;

/** Executions that end before something is killed, and are timed. */
const TIMED = 40;

/** Executions whose last jobs end while main is dead. */
const UNHEARD = 8;

/** A fraction of what an execution takes that waits in the node; what is left is Node.js's noise. */
const BYTES_EACH = 32 * 1024;

/** How much of a core a worker takes that has nothing to do, with room for a machine under load. */
const IDLE_CPU = 0.1;

let folder: string;
let cluster: Cluster | undefined;
let pictures: Pictures;

const say = (line: string) => void process.stderr.write(`${line}\n`);

beforeAll(async () => {
	folder = await mkdtemp(path.join(tmpdir(), 'try-on-scale-'));
	const options = { folder: path.join(folder, 'cluster'), sandbox: FAL, say };
	cluster = await Cluster.open({ ...options, ...WORKERS });
	pictures = await publishPictures(cluster);
}, PREPARE_LIMIT_MS);

afterAll(async () => {
	await cluster?.close();
	await rm(folder, { recursive: true, force: true });
}, TEST_LIMIT_MS);

function up(): Cluster {
	if (cluster) return cluster;
	throw new Error('The cluster is not up');
}

/** Rows by execution, each list in the order in which they came out. */
function byExecution(rows: readonly RowOut[]): unknown[][] {
	const lists = new Map<string, unknown[]>();
	for (const { execution, sku } of rows) {
		lists.set(execution, [...(lists.get(execution) ?? []), sku]);
	}
	return [...lists.values()];
}

/** Each row has come out in its place, and each has been bought once. */
function expectAll(batch: Batch, rows: readonly RowOut[]): void {
	const { executions, rows: count } = SIZE;
	const sent = Array.from({ length: executions }, (_, nth) => batch.skus(nth, count));
	const inOrder = (lists: unknown[][]) =>
		[...lists].sort((a, b) => (String(a) < String(b) ? -1 : 1));
	expect(inOrder(byExecution(rows))).toEqual(inOrder(sent));
	const bought = batch.bought();
	expect(bought).toHaveLength(executions * count);
	expect(new Set(bought.map(seedOf)).size).toBe(executions * count);
	expect(new Set(rows.map(({ requestId }) => requestId))).toEqual(
		new Set(bought.map(({ requestId }) => requestId)),
	);
}

it(
	'does all executions that wait in the node on both workers, and buys each row once',
	async () => {
		const batch = await Batch.open(up(), 'in-the-node', {});
		const { ms, executionsPerMinute, rowsPerSecond } = await waitInNode(batch, pictures);
		say(
			`${SIZE.executions} executions of ${SIZE.rows} rows of a ${JOB_MS} ms job: ${ms} ms, ` +
				`${executionsPerMinute.toFixed(0)} executions a minute, ${rowsPerSecond.toFixed(1)} rows a second`,
		);
		const rows = await batch.rowsOut();
		expectAll(batch, rows);
		const shares = [up().takenBy(0), up().takenBy(1)];
		say(`Executions of each worker: ${shares.map(({ length }) => length).join(', ')}`);
		for (const share of shares) expect(share.length).toBeGreaterThan(SIZE.executions / 10);
		expect(new Set(shares.flat()).size).toBe(SIZE.executions);
		// A worker has stored it, and main hands it out.
		const [first] = rows;
		expect(first?.file).toMatch(/^database:/);
		const file = { id: first?.file, mimeType: 'image/png' };
		expect((await up().rest.downloadBinary(file)).subarray(1, 4).toString()).toBe('PNG');
	},
	TEST_LIMIT_MS,
);

it(
	'finds by Get Many every job that a worker had bought when it was killed in the middle of a batch',
	async () => {
		const { sandbox, queue } = up();
		sandbox.fal.options.jobMs = 3_000;
		const since = new Date().toISOString();
		const batch = await Batch.open(up(), 'killed', { options: { jobsInFlight: 8 } });
		await batch.start({ executions: 1, rows: 30 }, pictures);
		await until('12 jobs', { limitMs: 60_000, everyMs: 20 }, async () =>
			batch.bought().length >= 12 ? true : undefined,
		);
		const [execution] = await batch.executions();
		const id = execution?.id ?? '';
		const worker = [0, 1].find((nth) => up().takenBy(nth).includes(id)) ?? -1;
		await up().killWorker(worker);
		await until('the jobs to end', { limitMs: 60_000, everyMs: 100 }, async () =>
			batch.bought().every(({ completedAt }) => completedAt !== undefined) ? true : undefined,
		);
		const bought = batch.bought().map(({ requestId }) => requestId);
		expect(bought.length).toBeLessThan(30);

		const many = rowsBehindWebhook('found', {
			...{ type: 'fashnTryOn', credential: 'falApi' },
			parameters: {
				...{ resource: 'job', operation: 'getAll', returnAll: true },
				...{ fetchResults: true, download: false, filters: { start: since } },
			},
		});
		const { rest, credentials } = up();
		const stored = await rest.importWorkflow(many, credentials);
		await rest.activate(stored);
		const listed = await rest.waitForExecution(
			await rest.runByWebhook(stored, { body: { rows: [{}] } }),
		);
		const found = outputItems(listed, UNDER_TEST).map(({ json }) => json);
		expect(new Set(found.map(({ requestId }) => requestId))).toEqual(new Set(bought));
		for (const item of found) {
			expect(item.imageUrl).toEqual(expect.any(String));
			const input: unknown = JSON.parse(String(item.input));
			expect(input).toMatchObject({ model_image: pictures.model, garment_image: pictures.garment });
		}

		// n8n gives the rows to nobody else: they would be bought again.
		await until('the dead worker to be noticed', TAKEN_FOR_DEAD, async () =>
			(await queue.atWork()) === 0 ? true : undefined,
		);
		await up().startWorker(worker);
		expect(batch.bought()).toHaveLength(bought.length);
		expect(up().takenBy(1 - worker)).not.toContain(id);
	},
	TEST_LIMIT_MS,
);

it(
	'ends all executions that wait for calls, though a worker and main are killed meanwhile',
	async () => {
		const { sandbox, queue } = up();
		// fal calls again as well, ten times within two hours.
		Object.assign(sandbox.fal.options, { webhookTries: 10, webhookRetryMs: 1_000 });
		const held = await bytesInNode(await Batch.open(up(), 'held', {}), pictures);
		say(`An execution that waits in the node takes ${held.toFixed(0)} bytes`);
		const half = SIZE.executions / 2;
		const suspended = await Suspended.open(up(), 'by-callback', pictures);
		await suspended.start(half);
		const some = await suspended.rest();
		await suspended.start(half);
		expect(await queue.atWork()).toBe(0);
		const all = await suspended.rest();
		const each = bytesEach(some, all);
		say(
			`With ${SIZE.executions} waiting a worker takes ${(all.workerCpu * 100).toFixed(1)} % of a core; ` +
				`each of the last ${half} adds ${each.worker.toFixed(0)} bytes to a worker, ${each.main.toFixed(0)} to main`,
		);
		expect(each.worker).toBeLessThan(BYTES_EACH);
		expect(each.main).toBeLessThan(BYTES_EACH);
		expect(all.workerCpu).toBeLessThan(IDLE_CPU);

		const delays = await suspended.timeOutputs(TIMED);
		say(
			`From the last call to the output: median ${quantile(delays, 0.5)} ms, ` +
				`95 % within ${quantile(delays, 0.95)} ms`,
		);

		// Of each of the others some rows have ended, and main is still taking calls about them.
		await suspended.release([TIMED, SIZE.executions], [0, 2]);
		await Promise.all([up().killMain(), up().killWorker(0)]);
		// Nobody hears of these, at first.
		const unheard = TIMED + UNHEARD;
		await suspended.release([TIMED, unheard], [2, SIZE.rows], false);
		await Promise.all([up().startMain(), up().startWorker(0)]);
		await suspended.release([unheard, SIZE.executions], [2, SIZE.rows], true);
		await suspended.untilDone();
		expectAll(suspended.batch, await suspended.batch.rowsOut());
	},
	TEST_LIMIT_MS,
);
