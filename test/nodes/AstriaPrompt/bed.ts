import type { IDataObject, INodeExecutionData } from 'n8n-workflow';

import { AstriaApi } from '../../../credentials/AstriaApi.credentials';
import { AstriaPrompt } from '../../../nodes/AstriaPrompt/AstriaPrompt.node';
import type { Creation } from '../../../sandbox/astria/index';
import { isRecord } from '../../../sandbox/json';
import { startSandbox } from '../../../sandbox/index';
import { sampleGarment, samplePerson } from '../../../sandbox/pictures';
import { editorContext } from '../../engine/editor';
import { type NodeRun, runNode, startNode } from '../../engine/engine';
import {
	type Bed as TuneBed,
	type BedOptions,
	type Parameters,
	picked,
	type Rows,
} from '../AstriaTune/bed';

/** Nano Banana 2, Astria's default of the day. */
export const PARTNER = 4180298;

/** Flux1.dev. */
export const FLUX = 1504944;

/** Realistic Vision V5.1, of Stable Diffusion 1.5. */
export const SD15 = 690204;

/** Short prompts, so that many tests stay quick. */
const QUICK = { generationMs: 100, trainingMs: 100 };

/** A sandbox, and the node that works with it. */
export interface Bed extends TuneBed {
	/** Address of a picture of a garment. */
	garment: string;
	/** Prompts that were bought, oldest first. */
	prompts(): Creation[];
	/** What each of them has sent, without its root key. */
	sent(): Array<Record<string, unknown>>;
}

/** A Create of one picture on a partner model. */
export function createPrompt(): Parameters {
	return {
		resource: 'prompt',
		operation: 'create',
		tuneId: picked(PARTNER),
		text: '={{ $json.text ?? "a photo" }}',
		download: false,
	};
}

function isItem(row: IDataObject | INodeExecutionData): row is INodeExecutionData {
	return typeof row.json === 'object';
}

function rootOf({ params }: Creation): Record<string, unknown> {
	return isRecord(params.prompt) ? { ...params.prompt } : {};
}

/** Starts a sandbox with two pictures, and a node on it. */
export async function makeBed({ credential, astria, ...options }: BedOptions = {}): Promise<Bed> {
	const sandbox = await startSandbox({ ...options, astria: { ...QUICK, ...astria } });
	const person = sandbox.media.publish(await samplePerson(0), 'image/jpeg');
	const garment = sandbox.media.publish(await sampleGarment(0), 'image/png');
	const nodeRun = (
		rows: Rows,
		parameters: Parameters = {},
		settings: NodeRun['settings'] = {},
	): NodeRun => ({
		nodeType: new AstriaPrompt(),
		credential: {
			type: 'astriaApi',
			credentialType: new AstriaApi(),
			data: { apiKey: sandbox.astria.key, baseUrl: sandbox.astria.url, ...credential },
		},
		parameters: { ...createPrompt(), ...parameters },
		items: rows.map((row) => (isItem(row) ? row : { json: row })),
		settings,
	});
	const prompts = () => sandbox.astria.creations().filter(({ kind }) => kind === 'prompt');
	return {
		sandbox,
		person,
		garment,
		prompts,
		sent: () => prompts().map(rootOf),
		run: async (...run) => await runNode(nodeRun(...run)),
		start: (...run) => startNode(nodeRun(...run)),
		editor: () => editorContext(nodeRun([])),
		calls: (pattern = /./) =>
			sandbox.calls.filter(
				({ service, method, path }) => service === 'astria' && pattern.test(`${method} ${path}`),
			),
	};
}
