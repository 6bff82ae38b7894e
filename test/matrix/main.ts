import '../setup';

import { rmSync } from 'node:fs';
import { parseArgs } from 'node:util';

import { COMMAND, committed, write } from './page';

/** The pages, each with what makes it; loaded late, since n8n reads its folder when it is loaded. */
const PAGES = {
	faults: async () => {
		const { faultsPage, FAULTS_PAGE } = await import('./faultsPage');
		return { file: FAULTS_PAGE, text: await faultsPage() };
	},
	workflows: async () => {
		const { workflowsPage, WORKFLOWS_PAGE } = await import('./workflowsPage');
		return { file: WORKFLOWS_PAGE, text: await workflowsPage() };
	},
};

const say = (text: string) => process.stdout.write(`${text}\n`);

async function main(): Promise<void> {
	const { values } = parseArgs({
		options: { check: { type: 'boolean', default: false }, only: { type: 'string' } },
	});
	const stale: string[] = [];
	for (const [name, make] of Object.entries(PAGES)) {
		if (values.only !== undefined && values.only !== name) continue;
		const start = Date.now();
		const { file, text } = await make();
		const isSame = (await committed(file)) === text;
		if (!values.check) await write(file, text);
		else if (!isSame) stale.push(file);
		const seconds = ((Date.now() - start) / 1000).toFixed(0);
		say(`docs/${file}: ${isSame ? 'as it was' : 'other than it was'}, ${seconds} s`);
	}
	if (stale.length > 0) throw new Error(`Run: ${COMMAND}, and look at what has changed`);
}

main()
	.catch((error: unknown) => {
		process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
		process.exitCode = 1;
	})
	.finally(() => {
		rmSync(process.env.N8N_USER_FOLDER ?? '', { recursive: true, force: true });
	});
