import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';

import sharp from 'sharp';

import { raiseStage, type Stage } from '../../../demo/stage';
import { sampleGarment, samplePerson } from '../../../sandbox/pictures';
import type { HostVersion } from '../install';
import { type Outside, startOutside } from '../outside/index';
import { freePorts } from '../ports';
import type { StoredCredential } from '../rest';
import type { HostWorkflow, WorkflowJson } from '../workflow';

/** What the examples run on. */
export interface Bed extends Stage {
	outside: Outside;
	/** Stores an example with the credentials chosen. */
	install(workflow: WorkflowJson): Promise<HostWorkflow>;
	/** The same, and published. */
	publish(workflow: WorkflowJson): Promise<HostWorkflow>;
}

/** Raises n8n, the stand-ins for fal and Astria, and those for the accounts beside them. */
export async function raiseBed(version: HostVersion): Promise<Bed> {
	const folder = await mkdtemp(path.join(tmpdir(), 'try-on-examples-'));
	const outside = await startOutside();
	// After a crash n8n must be where it was: its address is in forms and approvals.
	const [port] = await freePorts(1);
	const stage = await raiseStage({
		version,
		port,
		folder: path.join(folder, 'stage'),
		sandbox: {
			fal: { jobMs: 400, pictureSize: { width: 120, height: 180 } },
			astria: { trainingMs: 600, generationMs: 400 },
		},
		env: outside.env,
		say: (line) => void process.stderr.write(`${line}\n`),
	}).catch(async (error: unknown) => {
		await outside.close();
		throw error;
	});
	const credentials: StoredCredential[] = [...stage.credentials];
	for (const credential of outside.credentials) {
		credentials.push(await stage.rest.createCredential(credential));
	}
	const install = async (workflow: WorkflowJson) =>
		await stage.rest.importWorkflow(workflow, credentials);
	const bed: Bed = {
		...stage,
		credentials,
		outside,
		install,
		async publish(workflow) {
			const stored = await install(workflow);
			await stage.rest.activate(stored);
			return stored;
		},
		async crash() {
			await stage.crash();
			bed.host = stage.host;
			bed.rest = stage.rest;
		},
		async close() {
			await stage.close();
			await outside.close();
			await rm(folder, { recursive: true, force: true });
		},
	};
	return bed;
}

/** Puts a drawn person on the web; another number, another person. */
export async function personUrl({ sandbox }: Bed, number: number): Promise<string> {
	return sandbox.media.publish(await samplePerson(number), 'image/jpeg');
}

/** Puts a drawn garment on the web. */
export async function garmentUrl({ sandbox }: Bed, number: number): Promise<string> {
	return sandbox.media.publish(await sampleGarment(number), 'image/png');
}

/** The type of a picture at an address, `undefined` when there is none. */
export async function pictureFormat(address: string): Promise<string | undefined> {
	const answer = await fetch(address);
	if (!answer.ok) return undefined;
	return (await sharp(Buffer.from(await answer.arrayBuffer())).metadata()).format;
}
