import { cpus, loadavg, totalmem } from 'node:os';

import type { Loading } from '../build/loading';
import type { Tarball } from '../build/tarball';
import { quantile } from '../test/host/quantile';
import type { Measured } from './measures';
import type { Figures } from './track';

/** What is measured without n8n. */
export interface Package {
	loading: Loading;
	tarball: Tarball;
	/** Bytes of the packed file. */
	packed: number;
}

/** Milliseconds from which a time is told in whole seconds, and in minutes. */
const LONG_MS = 20_000;
const VERY_LONG_MS = 120_000;

const MINUTE_MS = 60_000;

/** Bytes. */
export const KB = 1024;
const GB = 1024 ** 3;

/** A time as people say it. */
export function timeText(ms: number): string {
	if (ms >= VERY_LONG_MS) return `${Math.round(ms / MINUTE_MS)} min`;
	return `${(ms / 1_000).toFixed(ms < LONG_MS ? 1 : 0)} s`;
}

/** Milliseconds as such. */
export const wholeMs = (ms: number) => `${Math.round(ms)} ms`;
const tenths = (value: number) => value.toFixed(1);
const hundredths = (value: number) => value.toFixed(2);
const kilobytes = (bytes: number) => `${Math.round(bytes / KB)} KB`;

/** The machine, and what else it does: others' work is in every figure. */
export function machine(n8nVersion: string): string {
	const [cpu] = cpus();
	const [load = 0] = loadavg();
	const memory = Math.round(totalmem() / GB);
	return `${cpus().length} × ${cpu?.model.trim() ?? 'unknown processor'}, ${memory} GB, ${process.platform}; n8n ${n8nVersion}; load average at the start ${load.toFixed(1)}`;
}

/** A table in Markdown. */
export function table(head: readonly string[], rows: ReadonlyArray<readonly string[]>): string {
	return [head, head.map(() => '---'), ...rows].map((row) => `| ${row.join(' | ')} |`).join('\n');
}

/** What may not be exceeded on an idle machine with two cores. */
const LIMITS = {
	fewMs: 4_600,
	manyMs: 6_000,
	noticedMs: 100,
	noticedByPollingMs: 600,
	calls: 3.1,
	memoryMb: 50,
};

/** Says of every figure that is over its limit how far. */
export function overLimits({ batches, noticed, memory }: Measured): string[] {
	const [few, many] = batches;
	const late = ({ noticed: delays }: Figures) => quantile(delays, 0.5);
	const judged: Array<[what: string, value: number | undefined, limit: number]> = [
		[`${few?.name}: milliseconds`, few?.ours.ms, LIMITS.fewMs],
		[`${many?.name}: milliseconds`, many?.ours.ms, LIMITS.manyMs],
		['Noticed: milliseconds', late(noticed.byStream), LIMITS.noticedMs],
		['Noticed by polling: milliseconds', late(noticed.byPolling), LIMITS.noticedByPollingMs],
		['Calls a job', batches.at(-1)?.ours.callsPerRow, LIMITS.calls],
		['Memory: MB', memory.growthMb, LIMITS.memoryMb],
	];
	return judged
		.filter(([, value = NaN, limit]) => !(value <= limit))
		.map(([what, value = NaN, limit]) => `SLOW ${what}: ${Math.round(value)}, limit ${limit}`);
}

/** One figure, beside the best there can be and what a naive node has. */
type Row = [what: string, ours: string, floor: string, naive: string];

function timeRows({ batches, naive, noticed }: Measured): Row[] {
	const median = (figures: Figures) => quantile(figures.noticed, 0.5);
	return [
		...batches.map(
			({ name, ours, floorMs, naiveMs }): Row => [
				name,
				timeText(ours.ms),
				timeText(floorMs),
				timeText(naiveMs),
			],
		),
		[
			'Noticed after the end of a job, median',
			wholeMs(median(noticed.byStream)),
			'0 ms',
			wholeMs(median(naive)),
		],
		[
			'The same where fal’s stream does not come through',
			wholeMs(median(noticed.byPolling)),
			'',
			'',
		],
	];
}

function costRows({ batches, bare, naive, noticed, memory }: Measured): Row[] {
	const instant = batches.at(-1)?.ours ?? bare;
	const own = Math.max(instant.cpuMsPerRow - bare.cpuMsPerRow, 0);
	const share = Math.round((own / instant.cpuMsPerRow) * 100);
	return [
		['Calls to fal a job', hundredths(instant.callsPerRow), '3', hundredths(naive.callsPerRow)],
		[
			'The same for 2 to 6 s without the stream',
			hundredths(noticed.byPolling.callsPerRow),
			'3',
			'',
		],
		[
			'Computing in n8n a row',
			`${tenths(instant.cpuMsPerRow)} ms`,
			`${tenths(bare.cpuMsPerRow)} ms`,
			'',
		],
		['of it the node’s own', `${tenths(own)} ms (${share} %)`, '', ''],
		[
			`Memory that ${memory.pictures} pictures of 4 MB, in and out, add to n8n`,
			`${Math.round(memory.growthMb)} MB`,
			'',
			'',
		],
	];
}

function packageRows({ loading, tarball, packed }: Package): Row[] {
	const unpacked = tarball.files.reduce((sum, { size }) => sum + size, 0);
	const share = Math.round((loading.ms / loading.yardstick) * 100);
	return [
		[
			'Loading all nodes at n8n’s start',
			`${Math.round(loading.ms)} ms (${share} % of n8n-workflow’s)`,
			'',
			'',
		],
		['Size of the package', `${kilobytes(packed)} (${kilobytes(unpacked)} unpacked)`, '', ''],
	];
}

/** The page about all figures, in Markdown. */
export function reportOf(measured: Measured, ofPackage: Package, where: string): string {
	const { inFlight } = measured;
	return [
		'# What it costs, beside what it could cost',
		'`npm run bench -- --write` has made this page, in a real n8n that has installed the packed package and talks TLS to a stand-in fal on the same machine, which takes its share of it.',
		`Machine: ${where}.`,
		table(
			['', 'FASHN Try-On', 'Floor', 'Naive node'],
			[...timeRows(measured), ...costRows(measured), ...packageRows(ofPackage)],
		),
		'![How long the batches take](bench.svg)',
		'- **Floor**: what no client can go below, since fal runs so many jobs at once. For the instant service, and for computing, a node that makes the three calls of each job (submit, status stream, result) with n8n’s own helper, as many at once, and does nothing else: no check, no memory of what was bought, no second try, no end to a wait.',
		'- **Naive node**: submits, sleeps 5 s, asks, reads and fetches, one row after the other, as nodes of this kind do. Measured on a few rows, of which each takes the same, and multiplied.',
		'- Of several tries of a batch the fastest is told. Batches fetch their pictures, the instant one does not. Where a failed row ends the run, a result is read before the next job is bought.',
		'- _Calls to fal_: submit, one status stream and the result cannot be spared. The stream tells the end of a job and not what it made, and fal documents no answer for who asks for the result too early.',
		'## Jobs in Flight',
		'200 rows of a 1 s job at a fal that runs 40 at once, by how many the node has there. Fewer leave it idle; what an account may not run, fal queues. 40 is the default, the most that fal runs for any account. More would have the next job in the queue at every moment, which shows with jobs of a second, and not with FASHN’s of five and more; and more would be at stake when a failed row ends a run, or in the queue of an account that runs two.',
		table(
			['Jobs in Flight', ...inFlight.map(({ jobs }) => String(jobs))],
			[['Time', ...inFlight.map(({ ms }) => timeText(ms))]],
		),
	].join('\n\n');
}
