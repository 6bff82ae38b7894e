import { AstriaPrompt } from '../../nodes/Astria/AstriaPrompt/AstriaPrompt.node.ts';
import { AstriaTune } from '../../nodes/Astria/AstriaTune/AstriaTune.node.ts';
import { isRecord } from '../../sandbox/json';
import { storeFile } from '../engine/engine';
import { type Parameters, picked } from '../engine/items';
import type { MatrixBed } from './bed';
import { type MatrixCall, type Purchase, rowsOf } from './calls';

/** Seconds that a row may last. */
const MAX_WAIT_S = 600;

/** A reference's model: it is there at once, without a training. */
const FLUX = 1504944;

/** What Astria has sold since the sandbox began; the number is in its title or text. */
export function astriaPurchases({ sandbox }: MatrixBed): Purchase[] {
	return sandbox.astria.creations().map(({ id, params }) => {
		const words = JSON.stringify([params.tune, params.prompt]);
		return { id: String(id), number: Number(/\bRow (\d+)\b/.exec(words)?.[1]) };
	});
}

async function call(
	{ sandbox }: MatrixBed,
	path: string,
	root: Record<string, unknown>,
): Promise<string> {
	const { url, key } = sandbox.astria;
	const answer = await fetch(`${url}${path}`, {
		method: 'POST',
		headers: {
			Authorization: `Bearer ${key}`,
			'Content-Type': 'application/json',
			'User-Agent': 'another-workflow/1',
		},
		body: JSON.stringify(root),
	});
	const body: unknown = await answer.json();
	const id = String(isRecord(body) ? body.id : '');
	await sandbox.astria.settle(Number(id));
	return id;
}

/** Trains a tune without the node, a mock one: its pictures are there at once. @returns its id */
export async function trainedTune(bed: MatrixBed): Promise<string> {
	const tune = { title: 'Trained', name: 'woman', image_urls: [bed.address], branch: 'fast' };
	return await call(bed, '/tunes', { tune });
}

async function madePrompt(bed: MatrixBed, tuneId: string): Promise<string> {
	return await call(bed, `/tunes/${tuneId}/prompts`, { prompt: { text: 'a photo' } });
}

function withIds(numbers: readonly number[], ids: readonly string[]) {
	return numbers.map((number, index) => ({ json: { number, id: ids[index] ?? '' } }));
}

/** A Create of a tune that is to be trained; its title has the number of the row. */
export function tuneOf({ address }: Pick<MatrixBed, 'address'>, more: Parameters = {}): Parameters {
	return {
		resource: 'tune',
		operation: 'create',
		title: '={{ "Row " + $json.number }}',
		name: 'woman',
		images_source: 'address',
		images: address,
		base_tune_id: picked(FLUX),
		model_type: 'lora',
		options: { maxWait: MAX_WAIT_S },
		...more,
	};
}

/** A Create of a prompt; its text has the number of the row. */
export function promptOf(tuneId: string, more: Parameters = {}): Parameters {
	return {
		resource: 'prompt',
		operation: 'create',
		tuneId: picked(tuneId),
		text: '={{ "Row " + $json.number }}',
		download: false,
		options: { maxWait: MAX_WAIT_S },
		...more,
	};
}

const TUNE = { service: 'astria', nodeType: AstriaTune } as const;
const PROMPT = { service: 'astria', nodeType: AstriaPrompt } as const;

type Operation = Pick<
	MatrixCall,
	'operation' | 'service' | 'nodeType' | 'buys' | 'changes' | 'give'
>;

const MAKE_TUNE: Operation = {
	...TUNE,
	operation: 'Tune: Create',
	buys: true,
	changes: false,
	give: async (bed, numbers) => ({ items: rowsOf(numbers), parameters: tuneOf(bed) }),
};

const MAKE_PROMPT: Operation = {
	...PROMPT,
	operation: 'Prompt: Create',
	buys: true,
	changes: false,
	give: async (bed, numbers) => ({
		items: rowsOf(numbers),
		parameters: promptOf(await trainedTune(bed)),
	}),
};

const withFile: MatrixCall['give'] = async (bed, numbers) => ({
	items: await Promise.all(
		rowsOf(numbers).map(async (item) => ({
			...item,
			binary: { data: await storeFile(bed.picture, 'a.png', 'image/png') },
		})),
	),
	parameters: tuneOf(bed, { images_source: 'binary', images_binary: 'data' }),
});

const FREE = { buys: false, changes: false } as const;

/** An operation on prompts that are there. */
function onPrompt(operation: string, more: Parameters = {}): MatrixCall['give'] {
	return async (bed, numbers) => {
		const tuneId = await trainedTune(bed);
		const ids: string[] = [];
		for (const _ of numbers) ids.push(await madePrompt(bed, tuneId));
		const promptId = picked('={{ $json.id }}');
		return {
			items: withIds(numbers, ids),
			parameters: { resource: 'prompt', operation, promptId, text: '', download: false, ...more },
		};
	};
}

/** An operation on tunes that are there. */
function onTune(operation: string, more: Parameters = {}): MatrixCall['give'] {
	return async (bed, numbers) => {
		const ids: string[] = [];
		for (const _ of numbers) ids.push(await trainedTune(bed));
		return {
			items: withIds(numbers, ids),
			parameters: { resource: 'tune', operation, tuneId: picked('={{ $json.id }}'), ...more },
		};
	};
}

const PACK: Parameters = { resource: 'pack', packId: picked('260') };

/** With a person and a garment of its own, or the references of another cell would be used. */
const dress: MatrixCall['give'] = async (bed, numbers) => {
	const publish = (n: number) =>
		bed.sandbox.media.publish(Buffer.concat([bed.picture, Buffer.from(String(n))]), 'image/png');
	return {
		items: rowsOf(numbers),
		parameters: {
			resource: 'tryOn',
			operation: 'dressPerson',
			scene: '={{ "Row " + $json.number }}',
			person_source: 'address',
			person: publish(bed.nextNumber()),
			garments: { garment: [{ garment_source: 'address', garment: publish(bed.nextNumber()) }] },
			download: false,
			options: { maxWait: MAX_WAIT_S },
		},
	};
};

const DRESS = {
	operation: 'Try-On: Dress a Person',
	changes: true,
	shared: 2,
	give: dress,
} as const;

const CREATE_TUNE = /^POST \/tunes(\?|$)/;
const READ_TUNE = /^GET \/tunes/;
const CREATE_PROMPT = /^POST \/tunes\/\d+\/prompts/;
const READ_PROMPT = /^GET \/(tunes\/\d+\/)?prompts/;
const RUN_PACK = /^POST \/p\/260\/tunes/;

/** Every call to Astria. */
export const ASTRIA_CALLS: readonly MatrixCall[] = [
	{ ...MAKE_TUNE, name: 'create tune', on: CREATE_TUNE, changes: true },
	{
		...MAKE_TUNE,
		name: 'create tune, with a file',
		on: CREATE_TUNE,
		changes: true,
		give: withFile,
	},
	{ ...MAKE_TUNE, name: 'tune, while waiting', on: READ_TUNE },
	{
		...MAKE_TUNE,
		name: 'tunes, for a lost answer',
		on: READ_TUNE,
		provoke: ({ sandbox }) =>
			sandbox.faults.add({ on: CREATE_TUNE, fault: { kind: 'resetAfter' }, times: 1_000 }),
		give: async (bed, numbers) => ({
			items: rowsOf(numbers),
			parameters: tuneOf(bed, { model_type: 'faceid' }),
		}),
	},
	{
		...MAKE_TUNE,
		name: 'tunes, for Create or Reuse',
		operation: 'Tune: Create or Reuse',
		on: READ_TUNE,
		give: async (bed, numbers) => ({
			items: rowsOf(numbers),
			parameters: tuneOf(bed, { model_type: 'faceid', operation: 'createOrReuse' }),
		}),
	},
	{ ...MAKE_PROMPT, name: 'create prompt', on: CREATE_PROMPT, changes: true },
	{ ...MAKE_PROMPT, name: 'prompt, while waiting', on: READ_PROMPT },
	{
		...MAKE_PROMPT,
		name: 'prompts, for a lost answer',
		on: READ_PROMPT,
		provoke: ({ sandbox }) =>
			sandbox.faults.add({ on: CREATE_PROMPT, fault: { kind: 'resetAfter' }, times: 1_000 }),
	},
	{
		...MAKE_PROMPT,
		name: 'download',
		on: /^GET \/files\//,
		give: async (bed, numbers) => ({
			items: rowsOf(numbers),
			parameters: promptOf(await trainedTune(bed), { download: true }),
		}),
	},
	{
		...MAKE_PROMPT,
		...DRESS,
		name: 'create prompt, to dress',
		on: CREATE_PROMPT,
	},
	{
		...MAKE_PROMPT,
		...DRESS,
		name: 'create reference, to dress',
		on: CREATE_TUNE,
	},
	{
		...TUNE,
		name: 'create tune from pack',
		operation: 'Pack: Create Tune',
		buys: true,
		changes: true,
		on: RUN_PACK,
		give: async ({ address }, numbers) => ({
			items: rowsOf(numbers),
			parameters: {
				...PACK,
				operation: 'createTune',
				mode: 'train',
				title: '={{ "Row " + $json.number }}',
				name: 'woman',
				images_source: 'address',
				images: address,
				wait: false,
			},
		}),
	},
	{
		...TUNE,
		...FREE,
		name: 'get tune',
		operation: 'Tune: Get',
		on: READ_TUNE,
		give: onTune('get'),
	},
	{
		...TUNE,
		...FREE,
		name: 'list tunes',
		operation: 'Tune: Get Many',
		on: READ_TUNE,
		give: onTune('getAll', { limit: 1 }),
	},
	{
		...TUNE,
		...FREE,
		name: 'update tune',
		operation: 'Tune: Update',
		on: /^PATCH \/tunes/,
		changes: true,
		give: onTune('update', { updateFields: { title: 'Another' } }),
	},
	{
		...TUNE,
		...FREE,
		name: 'delete tune',
		operation: 'Tune: Delete',
		on: /^DELETE \/tunes/,
		changes: true,
		give: onTune('delete'),
	},
	{
		...TUNE,
		...FREE,
		name: 'get pack',
		operation: 'Pack: Get',
		on: /^GET \/p\//,
		give: async (_bed, numbers) => ({
			items: rowsOf(numbers),
			parameters: { ...PACK, operation: 'get' },
		}),
	},
	{
		...TUNE,
		...FREE,
		name: 'inspect image',
		operation: 'Image: Inspect',
		on: /^POST \/images\/inspect/,
		changes: true,
		give: async ({ address }, numbers) => ({
			items: rowsOf(numbers),
			parameters: {
				resource: 'image',
				operation: 'inspect',
				image_source: 'address',
				image: address,
			},
		}),
	},
	{
		...PROMPT,
		...FREE,
		name: 'get prompt',
		operation: 'Prompt: Get',
		on: READ_PROMPT,
		give: onPrompt('get'),
	},
	{
		...PROMPT,
		...FREE,
		name: 'list prompts',
		operation: 'Prompt: Get Many',
		on: READ_PROMPT,
		give: onPrompt('getAll', { limit: 1 }),
	},
	{
		...PROMPT,
		...FREE,
		name: 'update prompt',
		operation: 'Prompt: Update',
		on: /^PATCH \/prompts/,
		changes: true,
		give: onPrompt('update', { updateFields: { base_pack_id: '260' } }),
	},
	{
		...PROMPT,
		...FREE,
		name: 'like prompt',
		operation: 'Prompt: Like',
		on: /^POST \/prompts\/\d+\/likes/,
		changes: true,
		give: onPrompt('like'),
	},
	{
		...PROMPT,
		...FREE,
		name: 'delete prompt',
		operation: 'Prompt: Delete',
		on: /^DELETE \/prompts/,
		changes: true,
		give: onPrompt('delete'),
	},
	{
		...PROMPT,
		...FREE,
		name: 'models, for Estimate',
		operation: 'Try-On: Estimate',
		on: /^GET \/cli\/models/,
		give: async (bed, numbers) => {
			const { parameters, ...given } = await dress(bed, numbers);
			return { ...given, parameters: { ...parameters, operation: 'estimate' } };
		},
	},
	{
		...PROMPT,
		...FREE,
		name: 'prompts, for Estimate',
		operation: 'Prompt: Estimate',
		on: READ_PROMPT,
		give: async (bed, numbers) => ({
			items: rowsOf(numbers),
			parameters: promptOf(await trainedTune(bed), { operation: 'estimate' }),
		}),
	},
	{
		...PROMPT,
		...FREE,
		name: 'balance',
		operation: 'Account: Get Balance',
		on: /^GET \/users/,
		give: async (_bed, numbers) => ({
			items: rowsOf(numbers),
			parameters: { resource: 'account', operation: 'getBalance' },
		}),
	},
];
