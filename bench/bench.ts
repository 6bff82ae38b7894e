import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

// n8n-core writes its instance settings on import; they go to a folder of their own.
process.env.N8N_USER_FOLDER = mkdtempSync(path.join(tmpdir(), 'try-on-bench-'));

/** 12 rows of a 2 s job in 10 slots are two rounds: no client can be faster. */
const BATCH = { rows: 12, jobMs: 2_000, slots: 10, floor: 4_000, limit: 4_600 };

/** Jobs of 2 to 10 s, evenly spread, as many at once as the node has by default. */
const SPREAD = { rows: 60, from: 2_000, to: 10_000, jobsInFlight: 10 };

interface Claim {
	what: string;
	measured: number;
	floor: number;
	limit: number;
	unit: string;
}

function report({ what, measured, floor, limit, unit }: Claim): boolean {
	const ok = measured <= limit;
	const shown = (value: number) => `${Number(value.toFixed(2))}${unit}`;
	process.stdout.write(
		`${ok ? 'ok  ' : 'SLOW'} ${what}: ${shown(measured)} (floor ${shown(floor)}, limit ${shown(limit)})\n`,
	);
	return ok;
}

async function main(): Promise<void> {
	const { measure, median } = await import('./measure');
	const { rows, jobMs, slots, floor, limit } = BATCH;
	const results: boolean[] = [];
	// The first run loads and compiles what a running n8n has loaded long ago.
	await measure({ rows: 1, jobsInFlight: 1, sandbox: { jobMs: 10 } });
	const batch = await measure({
		rows,
		jobsInFlight: slots,
		sandbox: { jobMs, slots, pickUpMs: 0 },
	});
	const what = `${rows} rows of a ${jobMs / 1_000} s job in ${slots} slots`;
	results.push(report({ what, measured: batch.total, floor, limit, unit: ' ms' }));

	const spread = (nth: number) =>
		SPREAD.from + ((SPREAD.to - SPREAD.from) * nth) / (SPREAD.rows - 1);
	const ways = [
		{ name: 'with the status stream', stream: true, noticed: 100, calls: 3.5, fewest: 3 },
		// Submit, one status and the result cannot be spared.
		{ name: 'without it', stream: false, noticed: 500, calls: 8, fewest: 3 },
	];
	for (const { name, stream, noticed, calls, fewest } of ways) {
		let submitted = 0;
		const durations = new Map<string, number>();
		const { noticed: delays, callsPerJob } = await measure({
			rows: SPREAD.rows,
			jobsInFlight: SPREAD.jobsInFlight,
			sandbox: {
				stream,
				slots: SPREAD.rows,
				pickUpMs: 0,
				jobMs: ({ requestId }) => {
					// A stride that shares no factor with the number of rows mixes short and long jobs.
					const known = durations.get(requestId) ?? spread((submitted++ * 37) % SPREAD.rows);
					durations.set(requestId, known);
					return known;
				},
			},
		});
		const jobs = `${SPREAD.rows} jobs of 2 to 10 s ${name}`;
		const late = median(delays);
		results.push(
			report({
				what: `${jobs}: noticed after, median`,
				measured: late,
				floor: 0,
				limit: noticed,
				unit: ' ms',
			}),
			report({
				what: `${jobs}: calls a job`,
				measured: callsPerJob,
				floor: fewest,
				limit: calls,
				unit: '',
			}),
		);
	}
	if (results.includes(false)) process.exitCode = 1;
}

main().catch((error: unknown) => {
	process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
	process.exitCode = 1;
});
