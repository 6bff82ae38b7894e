import '../setup';

import { rmSync } from 'node:fs';

/**
 * Runs all cells of one node, and sends the verdicts to the process that has started this one, in the
 * order of the cells: a process of its own for each node, since the clock is the process's.
 */
async function main(): Promise<void> {
	const [, , name = ''] = process.argv;
	const { openBed } = await import('./bed');
	const { buyersOf } = await import('./buyers');
	const { runWorkflowCell, WAYS } = await import('./workflowCells');
	const { cellsOf } = await import('./workflowsPage');
	for (const way of WAYS) {
		// Anew for each, or the stand-ins' lists of what was bought grow long.
		const bed = await openBed();
		const buyer = (await buyersOf(bed)).find((one) => one.name === name);
		if (!buyer) throw new Error(`There is no ${name}`);
		for (const cell of cellsOf(name).filter((one) => one.way === way)) {
			process.send?.(await runWorkflowCell(bed, buyer, cell));
		}
		await bed.close();
	}
}

main()
	.catch((error: unknown) => {
		process.stderr.write(`${error instanceof Error ? error.stack : String(error)}\n`);
		process.exitCode = 1;
	})
	.finally(() => {
		rmSync(process.env.N8N_USER_FOLDER ?? '', { recursive: true, force: true });
		process.disconnect();
	});
