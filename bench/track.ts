import path from 'node:path';
import { mkdir } from 'node:fs/promises';

import { startTlsFront, makeCertificate, type TlsFront } from './tlsFront';
import { usageOf } from '../test/host/processes';
import { ROOT } from '../build/project';
import { pack } from '../build/tarball';
import { raiseStage, type Stage } from '../demo/stage';
import { sampleGarment, samplePerson } from '../sandbox/pictures';
import { nodeRun, outputItems } from '../test/host/execution';
import type { StoredCredential } from '../test/host/rest';
import { callWebhook } from '../test/host/webhook';
import type { WorkflowJson } from '../test/host/workflow';

/** Who works: this package, the calls alone, or a node as its peers are. */
export type Runner = 'fashnTryOn' | 'bareTryOn' | 'naiveTryOn';

/** What is to be done, and what the stand-in service is like. */
export interface Load {
	runner: Runner;
	rows: number;
	/** How many jobs the node has at the service at once; the naive one knows no such thing. */
	inFlight: number;
	/** How many the service runs at once. */
	slots: number;
	/** Milliseconds of a job. */
	jobMs: number | (() => number);
	/** Whether the pictures are fetched too. */
	download: boolean;
	/** Bytes of a picture, in and out; absent: small ones, and by address. */
	pictureBytes?: number;
	/** Whether the service streams the status of a job; default true. */
	stream?: boolean;
	/** What the workflow says of a row that fails; default: n8n's own, that it ends the run. */
	onError?: 'continueErrorOutput';
}

/** What a load took. */
export interface Figures {
	/** Milliseconds of the node, as n8n has noted them. */
	ms: number;
	/** Milliseconds of computing in n8n for each row, from the webhook's call to its answer. */
	cpuMsPerRow: number;
	/** Calls to fal for each row; pictures are fetched from elsewhere. */
	callsPerRow: number;
	/** Milliseconds from the end of a job to the call that reads its result, sorted. */
	noticed: number[];
}

/** Milliseconds that no load may exceed. */
const LIMIT_MS = 180_000;

const RESULT = /^\/fal-ai\/fashn\/requests\/([\w-]+)$/;

/** The nodes that are measured beside this package's own. */
export const PEERS = path.join(ROOT, 'bench', 'peers');

const BENCH_TYPES = 'n8n-nodes-bench-peers';

/** Types of their nodes. */
export const TYPES: Record<Runner, string> = {
	fashnTryOn: 'n8n-nodes-virtual-try-on.fashnTryOn',
	bareTryOn: `${BENCH_TYPES}.bareTryOn`,
	naiveTryOn: `${BENCH_TYPES}.naiveTryOn`,
};

const ADDRESSES = { model_image: '={{ $json.model }}', garment_image: '={{ $json.garment }}' };

function parametersOf({ runner, inFlight, download, pictureBytes }: Load): object {
	if (runner !== 'fashnTryOn') return { ...ADDRESSES, atOnce: inFlight, download };
	const options = { jobsInFlight: inFlight };
	if (pictureBytes === undefined) return { ...ADDRESSES, download, options };
	return { ...ADDRESSES, download, options, model_image_source: 'binary' };
}

/** A real n8n with the package and its peers, and the stand-in service over TLS. */
export class Track {
	private runs = 0;

	private constructor(
		readonly stage: Stage,
		private readonly credential: StoredCredential,
		private readonly fronts: readonly TlsFront[],
		private readonly addresses: Record<'model' | 'garment', string>,
	) {}

	/** @param folder for n8n and the packages; emptied first */
	static async open(folder: string, say: (line: string) => void): Promise<Track> {
		const files = `${folder}-files`;
		await mkdir(files, { recursive: true });
		const certificate = await makeCertificate(files);
		const stage = await raiseStage({
			folder,
			say,
			packages: [(await pack(files, PEERS)).file],
			env: { NODE_EXTRA_CA_CERTS: certificate.certificate },
		});
		const { sandbox, rest } = stage;
		const fal = await startTlsFront(sandbox.fal.url, certificate);
		const media = await startTlsFront(sandbox.media.url, certificate);
		const credential = await rest.createCredential({
			name: 'fal.ai over TLS',
			type: 'falApi',
			data: { apiKey: sandbox.fal.key, baseUrl: fal.url },
		});
		const publish = async (bytes: Promise<Buffer>, type: string) =>
			new URL(new URL(sandbox.media.publish(await bytes, type)).pathname, media.url).href;
		const addresses = {
			model: await publish(samplePerson(0), 'image/jpeg'),
			garment: await publish(sampleGarment(0), 'image/png'),
		};
		return new Track(stage, credential, [fal, media], addresses);
	}

	async close(): Promise<void> {
		for (const front of this.fronts) front.close();
		await this.stage.close();
	}

	/** Where finished pictures are: not drawn, or the machine would measure its own drawing. */
	private pictureOf({ pictureBytes }: Load): string {
		if (pictureBytes === undefined) return this.addresses.garment;
		const { media } = this.stage.sandbox;
		const bytes = Buffer.alloc(pictureBytes);
		bytes.set([0xff, 0xd8, 0xff, 0xe0]);
		return media.publish(bytes, 'image/jpeg');
	}

	private setService(load: Load): void {
		const { options } = this.stage.sandbox.fal;
		const { jobMs, slots, stream = true } = load;
		const url = this.pictureOf(load);
		Object.assign(options, { jobMs, slots, stream, pickUpMs: 0 });
		options.outcome = () => ({ kind: 'output', body: { images: [{ url }] }, units: 1 });
	}

	private workflow(load: Load): WorkflowJson {
		this.runs += 1;
		const name = `bench-${this.runs}`;
		const to = (node: string) => ({ main: [[{ node, type: 'main', index: 0 }]] });
		const { rows: count, pictureBytes: bytes = 0, runner, onError } = load;
		return {
			name,
			nodes: [
				{
					...{ id: 'hook', name: 'Webhook', type: 'n8n-nodes-base.webhook', typeVersion: 2 },
					...{ position: [0, 0], webhookId: name },
					parameters: {
						...{ httpMethod: 'POST', path: name },
						...{ responseMode: 'lastNode', responseData: 'noData' },
					},
				},
				{
					...{ id: 'rows', name: 'Rows', type: `${BENCH_TYPES}.rows`, typeVersion: 1 },
					...{ position: [200, 0], parameters: { count, bytes } },
				},
				{
					...{ id: 'node', name: 'Try-On', type: TYPES[runner], typeVersion: 1 },
					...{ position: [400, 0], parameters: parametersOf(load), ...(onError && { onError }) },
					credentials: { falApi: { id: '', name: '' } },
				},
			],
			connections: { Webhook: to('Rows'), Rows: to('Try-On') },
		};
	}

	/**
	 * Does a load once.
	 *
	 * @throws Error when a row does not come out as it should
	 */
	async run(load: Load): Promise<Figures> {
		const { sandbox, rest, host } = this.stage;
		this.setService(load);
		const workflow = await rest.importWorkflow(this.workflow(load), [this.credential]);
		await rest.activate(workflow);
		const bought = sandbox.fal.submits().length;
		// What came before would only be in the way; with its bodies it is large.
		sandbox.calls.length = 0;
		const before = usageOf(host.group);
		const call = { body: this.addresses, limitMs: LIMIT_MS };
		const { status } = await callWebhook(host, workflow, call);
		const { cpuMs } = usageOf(host.group);
		if (status !== 200) throw new Error(`${load.runner}: the webhook answered ${status}`);

		const [id = ''] = await rest.executionIds(workflow);
		const execution = await rest.waitForExecution(id);
		const items = outputItems(execution, 'Try-On');
		const whole = items.filter(({ binary }) => !load.download || binary.data !== undefined);
		if (whole.length !== load.rows) throw new Error(`${load.runner}: not every row came out`);
		const toFal = sandbox.calls.filter(({ service }) => service === 'fal');
		this.forgetUploads();
		return {
			ms: nodeRun(execution, 'Try-On').executionTime,
			cpuMsPerRow: (cpuMs - before.cpuMs) / load.rows,
			callsPerRow: toFal.length / load.rows,
			noticed: this.noticedSince(bought),
		};
	}

	/** Hundreds of large pictures are nothing to keep. */
	private forgetUploads(): void {
		for (const file of this.stage.sandbox.media.files()) {
			if (file.lifecycle !== undefined) file.bytes = undefined;
		}
	}

	private noticedSince(submits: number): number[] {
		const { calls, fal } = this.stage.sandbox;
		const read = new Map<string, number>();
		for (const { method, path: called, at } of calls) {
			const [, id] = method === 'GET' ? (RESULT.exec(called) ?? []) : [];
			if (id !== undefined && !read.has(id)) read.set(id, at);
		}
		return fal
			.submits()
			.slice(submits)
			.map(({ requestId, completedAt = NaN }) => (read.get(requestId) ?? NaN) - completedAt)
			.sort((a, b) => a - b);
	}
}
