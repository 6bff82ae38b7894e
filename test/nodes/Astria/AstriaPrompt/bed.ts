import { AstriaPrompt } from '../../../../nodes/Astria/AstriaPrompt/AstriaPrompt.node';
import type { Creation } from '../../../../sandbox/astria/index';
import { isRecord } from '../../../../sandbox/json';
import { type Parameters, picked } from '../../../engine/items';
import { smallGarment } from '../../../engine/pictures';
import { type BedOptions, makeAstriaBed, type Bed as TuneBed } from '../AstriaTune/bed';

/** Nano Banana 2, Astria's default of the day. */
export const PARTNER = 4180298;

/** Flux1.dev. */
export const FLUX = 1504944;

/** Realistic Vision V5.1, of Stable Diffusion 1.5. */
export const SD15 = 690204;

/** Short prompts, so that many tests stay quick. */
const QUICK = { generationMs: 50, trainingMs: 50 };

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

function rootOf({ params }: Creation): Record<string, unknown> {
	return isRecord(params.prompt) ? { ...params.prompt } : {};
}

/** Starts a sandbox with two pictures, and a node on it. */
export async function makeBed({ astria, ...options }: BedOptions = {}): Promise<Bed> {
	const bed = await makeAstriaBed(
		{ ...options, astria: { ...QUICK, ...astria } },
		AstriaPrompt,
		createPrompt,
	);
	const { sandbox, person } = bed;
	const garment = sandbox.media.publish(await smallGarment(0), 'image/png');
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
		...bed,
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
	};
}
