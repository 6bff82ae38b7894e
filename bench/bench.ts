import { mkdir, readFile, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';

import { format, resolveConfig } from 'prettier';

import { leastLoad } from '../build/loading';
import { ROOT } from '../build/project';
import { pack } from '../build/tarball';
import { buildPackage } from '../test/build/built';
import { chartOf } from './chart';
import { type Measured, measureAll } from './measures';
import { measureQueueMode, QUEUE_TITLE, queueReportOf } from './queueMode';
import { machine, overLimits, type Package, reportOf } from './report';
import { Track } from './track';

/** n8n and all packages; emptied with every run. */
const FOLDER = path.join(ROOT, '.cache', 'bench');

/** The same for n8n in queue mode. */
const QUEUE_FOLDER = path.join(ROOT, '.cache', 'bench-queue');

const REPORT = path.join(ROOT, 'docs', 'bench.md');
const CHART = path.join(ROOT, 'docs', 'bench.svg');

/** How often the package is loaded; the fastest counts. */
const LOADS = 7;

function say(line: string): void {
	process.stderr.write(`${line}\n`);
}

async function measureInN8n(): Promise<{ measured: Measured; where: string }> {
	const track = await Track.open(FOLDER, say);
	try {
		const where = machine(track.stage.host.version);
		return { measured: await measureAll(track, say), where };
	} finally {
		await track.close();
	}
}

async function measurePackage(): Promise<Package> {
	const folder = path.join(FOLDER, 'package');
	await mkdir(folder, { recursive: true });
	const tarball = await pack(folder);
	const built = await buildPackage();
	try {
		const loading = await leastLoad(built.folder, LOADS);
		return { loading, tarball, packed: (await stat(tarball.file)).size };
	} finally {
		built.remove();
	}
}

/**
 * Measures, and prints; with `--write` into docs too, which is for an idle machine. With `--queue` only
 * n8n's queue mode is measured.
 */
async function main(): Promise<void> {
	const writes = process.argv.includes('--write');
	let report: string;
	if (process.argv.includes('--queue')) {
		// The last section of the page; what is before it stays as it was measured.
		[report = ''] = (await readFile(REPORT, 'utf8')).split(QUEUE_TITLE);
	} else {
		const { measured, where } = await measureInN8n();
		report = reportOf(measured, await measurePackage(), where);
		const slow = overLimits(measured);
		slow.forEach(say);
		if (slow.length > 0) process.exitCode = 1;
		if (writes) await writeFile(CHART, chartOf(measured.batches));
	}
	const queueMode = queueReportOf(await measureQueueMode(QUEUE_FOLDER, say));
	const style = await resolveConfig(REPORT);
	const page = await format([report, queueMode].join('\n\n'), { ...style, parser: 'markdown' });
	process.stdout.write(page);
	if (writes) await writeFile(REPORT, page);
}

main().catch((error: unknown) => {
	process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
	process.exitCode = 1;
});
