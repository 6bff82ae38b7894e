import { mkdir, readFile, rm } from 'node:fs/promises';
import path from 'node:path';

import { ROOT } from '../build/project';
import { sampleGarment, samplePerson } from '../sandbox/pictures';
import { DEFAULT_OWNER } from '../test/host/session';
import { raiseStage, type Stage } from './stage';
import { type DemoRow, demoWorkflow, START } from './workflow';

/** Where the pictures go, unless `--output` names another folder. */
const PICTURES = path.join(ROOT, 'try-on-pictures');

/** How many people wear how many garments. */
const PEOPLE = 2;
const GARMENTS = 3;

/** What every PNG file begins with. */
const PNG = Buffer.from([0x89, 0x50, 0x4e, 0x47]);

function say(line: string): void {
	process.stdout.write(`${line}\n`);
}

function optionAfter(name: string): string | undefined {
	const index = process.argv.indexOf(name);
	return index < 0 ? undefined : process.argv[index + 1];
}

/** Every garment on every person; the pictures are drawn here, nobody's photo is used. */
async function drawRows({ sandbox }: Stage): Promise<DemoRow[]> {
	const publish = async (bytes: Promise<Buffer>, type: string) =>
		sandbox.media.publish(await bytes, type);
	const rows: DemoRow[] = [];
	for (let person = 0; person < PEOPLE; person += 1) {
		const model = await publish(samplePerson(person), 'image/jpeg');
		for (let item = 0; item < GARMENTS; item += 1) {
			const garment = await publish(sampleGarment(item), 'image/png');
			rows.push({ sku: `garment-${item + 1}-on-model-${person + 1}`, model, garment });
		}
	}
	return rows;
}

/**
 * Runs the example once, and tells which files it wrote.
 *
 * @returns the address of its workflow
 * @throws Error when a row has no picture
 */
async function runExample(stage: Stage, folder: string): Promise<string> {
	await rm(folder, { recursive: true, force: true });
	await mkdir(folder, { recursive: true });
	const rows = await drawRows(stage);
	const workflow = await stage.rest.importWorkflow(demoWorkflow(rows, folder), stage.credentials);
	say(`Running '${workflow.name}' for ${rows.length} rows`);
	const id = await stage.rest.runManually(workflow, START);
	const execution = await stage.rest.waitForExecution(id);
	if (execution.status !== 'success') {
		throw new Error(execution.error?.message ?? `The execution is ${execution.status}`);
	}
	const files = rows.map(({ sku }) => path.join(folder, `${sku}.png`));
	for (const file of files) {
		const bytes = await readFile(file);
		if (!bytes.subarray(0, PNG.length).equals(PNG)) throw new Error(`${file} is no picture`);
	}
	say(`\nThe pictures are in ${folder}:`);
	for (const file of files) say(`  ${path.basename(file)}`);
	return `${stage.host.url}/workflow/${workflow.id}`;
}

async function untilCtrlC(workflow: string): Promise<void> {
	say(`\nThe workflow is at ${workflow}`);
	say(`Log in with ${DEFAULT_OWNER.email} and ${DEFAULT_OWNER.password}`);
	say('\nn8n and the stand-in services run until Ctrl-C.');
	await new Promise<void>((resolve) => {
		process.once('SIGINT', resolve);
		process.once('SIGTERM', resolve);
	});
}

async function main(): Promise<void> {
	const folder = path.resolve(optionAfter('--output') ?? PICTURES);
	const stage = await raiseStage({
		folder: path.join(ROOT, '.cache', 'demo'),
		filesFolder: folder,
		say,
	});
	try {
		const workflow = await runExample(stage, folder);
		if (!process.argv.includes('--once')) await untilCtrlC(workflow);
	} finally {
		await stage.close();
	}
}

main().catch((error: unknown) => {
	process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
	process.exitCode = 1;
});
