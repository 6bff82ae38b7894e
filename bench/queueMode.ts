import { mkdir, rm } from 'node:fs/promises';

import { pack } from '../build/tarball';
import { quantile } from '../test/host/quantile';
import { Batch } from '../test/scale/batch';
import { Cluster } from '../test/scale/cluster';
import {
	bytesEach,
	bytesInNode,
	FAL,
	JOB_MS,
	type Pace,
	publishPictures,
	type Resting,
	SIZE,
	Suspended,
	waitInNode,
	WORKERS,
} from '../test/scale/loads';
import { KB, machine, table, timeText, wholeMs } from './report';
import { PEERS, TYPES } from './track';

/** What is measured in n8n's queue mode. */
export interface QueueMeasured {
	/** The machine, as at the start. */
	where: string;
	inNode: { ours: Pace; bare: Pace };
	/** Bytes of a worker for each execution that waits in the node. */
	bytesInNode: number;
	/** With half of the executions suspended, and with all. */
	suspended: [Resting, Resting];
	/** Milliseconds from fal's last call to the end of the execution, sorted. */
	outputs: number[];
}

/** How the section about it begins. */
export const QUEUE_TITLE = '## Queue mode';

/** Executions that are timed one after the other. */
const TIMED = 40;

/**
 * Measures n8n in queue mode, on a Redis and a PostgreSQL of its own.
 *
 * @param folder for n8n and the packages; emptied first
 * @param say takes a line of progress
 * @throws Error when an execution does not end well
 */
export async function measureQueueMode(
	folder: string,
	say: (line: string) => void,
): Promise<QueueMeasured> {
	const files = `${folder}-files`;
	await mkdir(files, { recursive: true });
	const packages = [(await pack(files, PEERS)).file];
	const cluster = await Cluster.open({ ...WORKERS, folder, packages, sandbox: FAL, say });
	try {
		const where = machine(cluster.main.version);
		const pictures = await publishPictures(cluster);
		say('Queue mode: the calls alone');
		const calls = { atOnce: SIZE.rows, download: true };
		const bare = await Batch.open(cluster, 'bare', calls, TYPES.bareTryOn);
		const paceOfBare = await waitInNode(bare, pictures);
		say('Queue mode: waiting in the node');
		const ours = await waitInNode(await Batch.open(cluster, 'in-the-node', {}), pictures);
		const bytes = await bytesInNode(await Batch.open(cluster, 'held', {}), pictures);
		say('Queue mode: waiting by callback');
		const waiting = await Suspended.open(cluster, 'by-callback', pictures);
		await waiting.start(SIZE.executions / 2);
		const half = await waiting.rest();
		await waiting.start(SIZE.executions / 2);
		const all = await waiting.rest();
		const outputs = await waiting.timeOutputs(TIMED);
		await waiting.release([TIMED, SIZE.executions], [0, SIZE.rows]);
		await waiting.untilDone();
		const inNode = { ours, bare: paceOfBare };
		return { where, inNode, bytesInNode: bytes, suspended: [half, all], outputs };
	} finally {
		await cluster.close();
		// Several installations of one package are confusing to who looks through this folder.
		for (const made of [folder, files]) await rm(made, { recursive: true, force: true });
	}
}

/** Node.js's own memory goes up and down by more than nothing. */
const kilobytes = (bytes: number) =>
	bytes > 0 ? `${(bytes / KB).toFixed(1)} KB` : 'none to be seen';

/** The section about queue mode, in Markdown. */
export function queueReportOf(measured: QueueMeasured): string {
	const { where, inNode, suspended, outputs } = measured;
	const { ours, bare } = inNode;
	const each = bytesEach(...suspended);
	const [, all] = suspended;
	const pace = ({ executionsPerMinute, rowsPerSecond }: Pace) =>
		`${executionsPerMinute.toFixed(0)}, ${rowsPerSecond.toFixed(1)}`;
	return [
		QUEUE_TITLE,
		`Main and ${WORKERS.workers} workers of ${WORKERS.concurrency} executions at once, Redis, PostgreSQL and the stand-in fal, all on this one machine: ${where}. \`npm run bench -- --queue --write\` measures this section alone.`,
		table(
			['', 'FASHN Try-On', 'Floor'],
			[
				[
					`${SIZE.executions} executions of ${SIZE.rows} rows of a ${timeText(JOB_MS)} job, waiting in the node`,
					timeText(ours.ms),
					timeText(bare.ms),
				],
				['The same: executions a minute, rows a second', pace(ours), pace(bare)],
				[
					'Memory of a worker for each execution that waits in the node',
					kilobytes(measured.bytesInNode),
					'',
				],
				['The same, waiting by callback', kilobytes(each.worker), '0 KB'],
				['Memory of main for each that waits by callback', kilobytes(each.main), '0 KB'],
				[
					`Computing of a worker while ${all.waiting} wait by callback`,
					`${(all.workerCpu * 100).toFixed(1)} % of a core`,
					'',
				],
				['From the last callback to the output, median', wholeMs(quantile(outputs, 0.5)), '0 ms'],
				['The same, 95 % within', wholeMs(quantile(outputs, 0.95)), '0 ms'],
			],
		),
		`- **Floor** of the executions: a node that makes the calls alone, on the same workers, which could do them in ${timeText(Math.ceil(SIZE.executions / (WORKERS.workers * WORKERS.concurrency)) * JOB_MS)} if n8n took nothing.`,
		`- Memory is what is in use once garbage is collected, beside ${suspended[0].waiting} and beside ${all.waiting} executions that wait by callback; some KB more or less are what Node.js does meanwhile. Pictures are fetched, into n8n’s database.`,
	].join('\n\n');
}
