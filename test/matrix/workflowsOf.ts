import '../setup';

import { rmSync } from 'node:fs';

/** A history of what other cells have bought is looked through by each row that looks for its own. */
const CELLS_OF_A_BED = 20;

/** Resolves when the other process will get it, whatever happens to this one. */
async function told(verdict: object): Promise<void> {
	await new Promise<void>((resolve) => process.send?.(verdict, () => resolve()));
}

/**
 * Runs all cells of one node, and sends the verdicts to the process that has started this one, in the
 * order of the cells: a process of its own for each node, since the clock is the process's.
 */
async function main(): Promise<void> {
	const [, , name = ''] = process.argv;
	const { openBed } = await import('./bed');
	const { buyersOf } = await import('./buyers');
	const { runWorkflowCell } = await import('./workflowCells');
	const { cellsOf } = await import('./workflowsPage');
	const cells = cellsOf(name);
	for (let done = 0; done < cells.length; done += CELLS_OF_A_BED) {
		const bed = await openBed();
		const buyer = (await buyersOf(bed)).find((one) => one.name === name);
		if (!buyer) throw new Error(`There is no ${name}`);
		for (const cell of cells.slice(done, done + CELLS_OF_A_BED)) {
			await told(await runWorkflowCell(bed, buyer, cell));
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
		// Whatever a failure has left open.
		process.exit();
	});
