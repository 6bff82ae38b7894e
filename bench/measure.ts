import { FalApi } from '../credentials/FalApi.credentials';
import { FashnTryOn } from '../nodes/Fal/FashnTryOn/FashnTryOn.node.ts';
import { type Sandbox, type SandboxOptions, startSandbox } from '../sandbox/index';
import { sampleGarment, samplePerson } from '../sandbox/pictures';
import { runNode } from '../test/engine/engine';

/** What a batch cost in time and calls. */
export interface Measured {
	/** Milliseconds from the start of the node to its end. */
	total: number;
	/** Milliseconds from the end of a job to the call that fetches its result, sorted. */
	noticed: number[];
	/** Calls to fal for one job, on average. */
	callsPerJob: number;
}

/** What is measured. */
export interface Load {
	rows: number;
	jobsInFlight: number;
	sandbox: SandboxOptions['fal'];
}

const RESULT = /^\/fal-ai\/fashn\/requests\/([\w-]+)$/;

function resultCalls(sandbox: Sandbox): Map<string, number> {
	const first = new Map<string, number>();
	for (const { method, path, at } of sandbox.calls) {
		const [, requestId] = method === 'GET' ? (RESULT.exec(path) ?? []) : [];
		if (requestId !== undefined && !first.has(requestId)) first.set(requestId, at);
	}
	return first;
}

/**
 * Runs the node in n8n's engine against a stand-in fal.
 *
 * @throws Error when a row does not come out
 */
export async function measure({ rows, jobsInFlight, sandbox: options }: Load): Promise<Measured> {
	// Small pictures: drawing large ones would keep the machine busy that is measured.
	const sandbox = await startSandbox({
		fal: { pictureSize: { width: 60, height: 90 }, ...options },
	});
	try {
		const person = sandbox.media.publish(await samplePerson(0), 'image/jpeg');
		const garment = sandbox.media.publish(await sampleGarment(0), 'image/png');
		const start = Date.now();
		const { outputs, error } = await runNode({
			nodeType: new FashnTryOn(),
			credential: {
				type: 'falApi',
				credentialType: new FalApi(),
				data: { apiKey: sandbox.fal.key, baseUrl: sandbox.fal.url },
			},
			parameters: { model_image: person, garment_image: garment, options: { jobsInFlight } },
			items: Array.from({ length: rows }, () => ({ json: {} })),
		});
		const total = Date.now() - start;
		if (error) throw new Error(error.message);
		if (outputs[0]?.length !== rows) throw new Error('Not every row came out');
		const fetched = resultCalls(sandbox);
		const noticed = sandbox.fal
			.submits()
			.map(({ requestId, completedAt = NaN }) => (fetched.get(requestId) ?? NaN) - completedAt)
			.sort((a, b) => a - b);
		const calls = sandbox.calls.filter(({ service }) => service === 'fal').length;
		return { total, noticed, callsPerJob: calls / rows };
	} finally {
		await sandbox.close();
	}
}

/** The value in the middle of a sorted list. */
export function median(sorted: number[]): number {
	return sorted[Math.floor(sorted.length / 2)] ?? NaN;
}
