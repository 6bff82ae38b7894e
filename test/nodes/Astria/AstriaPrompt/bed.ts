import type { IDataObject, INodeExecutionData } from 'n8n-workflow';

import { AstriaApi } from '../../../../credentials/AstriaApi.credentials';
import { AstriaPrompt } from '../../../../nodes/Astria/AstriaPrompt/AstriaPrompt.node';
import type { Creation } from '../../../../sandbox/astria/index';
import { isRecord } from '../../../../sandbox/json';
import { startSandbox } from '../../../../sandbox/index';
import { sampleGarment, samplePerson } from '../../../../sandbox/pictures';
import { editorContext } from '../../../engine/editor';
import { type NodeRun, runNode, startNode } from '../../../engine/engine';
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
	/** Calls Astria without the node, as another workflow would. @returns the answer's id */
	call(method: string, path: string, body?: unknown): Promise<number>;
	/** Trains a tune of one picture to its end. @returns its id */
	trained(fields: Record<string, unknown>): Promise<number>;
	/** Makes a prompt without the node. @returns its id */
	made(tuneId: number, fields: Record<string, unknown>): Promise<number>;
}

/** Waits for something that other calls bring about. */
export async function until(condition: () => boolean): Promise<void> {
	const deadline = Date.now() + 20_000;
	while (!condition()) {
		if (Date.now() > deadline) throw new Error('It did not happen within 20 s');
		await new Promise((resolve) => setTimeout(resolve, 20));
	}
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
	const call: Bed['call'] = async (method, path, body) => {
		const { url, key } = sandbox.astria;
		const answer = await fetch(url + path, {
			method,
			headers: {
				Authorization: `Bearer ${key}`,
				'Content-Type': 'application/json',
				'User-Agent': 'another-workflow/1',
			},
			...(body !== undefined && { body: JSON.stringify(body) }),
		});
		const text = await answer.text();
		if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${text}`);
		return Number(Reflect.get(Object(text === '' ? {} : JSON.parse(text)), 'id') ?? 0);
	};
	const prompts = () => sandbox.astria.creations().filter(({ kind }) => kind === 'prompt');
	return {
		sandbox,
		person,
		garment,
		prompts,
		sent: () => prompts().map(rootOf),
		call,
		trained: async (fields) => {
			const tune = { title: 'Jane', name: 'woman', image_urls: [person], ...fields };
			const id = await call('POST', '/tunes', { tune });
			await sandbox.astria.settle(id);
			return id;
		},
		made: async (tuneId, prompt) => await call('POST', `/tunes/${tuneId}/prompts`, { prompt }),
		run: async (...run) => await runNode(nodeRun(...run)),
		start: (...run) => startNode(nodeRun(...run)),
		editor: () => editorContext(nodeRun([])),
		calls: (pattern = /./) =>
			sandbox.calls.filter(
				({ service, method, path }) => service === 'astria' && pattern.test(`${method} ${path}`),
			),
	};
}
