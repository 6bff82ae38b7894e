import type { IDataObject } from 'n8n-workflow';

import { FashnTryOn } from '../../nodes/Fal/FashnTryOn/FashnTryOn.node.ts';
import { isRecord } from '../../sandbox/json';
import { storeFile } from '../engine/engine';
import type { Parameters } from '../engine/items';
import type { MatrixBed } from './bed';
import { type MatrixCall, type Purchase, rowsOf } from './calls';

/** Seconds that a row may last: also as long as a lost submit is looked for. */
const MAX_WAIT_S = 120;

/** A Generate or a Submit from two addresses; the number of the row is its seed. */
export function tryOn({ address }: MatrixBed, more: Parameters = {}): Parameters {
	return {
		resource: 'tryOn',
		operation: 'generate',
		model_image_source: 'address',
		model_image: address,
		garment_image_source: 'address',
		// The media host looks at the path alone.
		garment_image: `${address}?garment`,
		additionalFields: { seed: '={{ $json.number }}' },
		download: false,
		options: { maxWait: MAX_WAIT_S },
		...more,
	};
}

/** What fal has taken since the sandbox began. */
export function falPurchases({ sandbox }: MatrixBed): Purchase[] {
	return sandbox.fal.submits().map(({ requestId, input }) => ({
		id: requestId,
		number: Number(isRecord(input) ? input.seed : NaN),
	}));
}

/** Submits without the node. @returns the ids, once the jobs are as they shall be */
async function jobs(
	bed: MatrixBed,
	count: number,
	state: 'finished' | 'queued',
): Promise<string[]> {
	const { fal } = bed.sandbox;
	const { outcome } = fal.options;
	if (state === 'queued') fal.options.outcome = () => ({ kind: 'stuck', state: 'IN_QUEUE' });
	const ids: string[] = [];
	for (let job = 0; job < count; job += 1) {
		const answer = await fetch(`${fal.url}/fal-ai/fashn/tryon/v1.6`, {
			method: 'POST',
			headers: { Authorization: `Key ${fal.key}`, 'Content-Type': 'application/json' },
			body: JSON.stringify({ model_image: bed.address, garment_image: bed.address }),
		});
		const body: unknown = await answer.json();
		ids.push(String(isRecord(body) ? body.request_id : ''));
	}
	fal.options.outcome = outcome;
	while (bed.sandbox.isAtWork()) await new Promise((resolve) => setTimeout(resolve, 1));
	return ids;
}

function withIds(numbers: readonly number[], ids: readonly string[]) {
	return numbers.map((number, index) => ({ json: { number, id: ids[index] ?? '' } }));
}

const FAL = { service: 'fal', nodeType: FashnTryOn } as const;

const GENERATE: Pick<
	MatrixCall,
	'operation' | 'service' | 'nodeType' | 'buys' | 'changes' | 'give'
> = {
	...FAL,
	operation: 'Try-On: Generate',
	buys: true,
	changes: false,
	give: async (bed, numbers) => ({ items: rowsOf(numbers), parameters: tryOn(bed) }),
};

const AS_JOB: IDataObject = { resource: 'job', requestId: '={{ $json.id }}' };

/** An operation on a job that is there. */
function onJob(operation: string, state: 'finished' | 'queued'): MatrixCall['give'] {
	return async (bed, numbers) => ({
		items: withIds(numbers, await jobs(bed, numbers.length, state)),
		parameters: { ...AS_JOB, operation, download: false },
	});
}

const withFile: MatrixCall['give'] = async (bed, numbers) => ({
	items: await Promise.all(
		rowsOf(numbers).map(async (item) => ({
			...item,
			// Other bytes in each, or the rows would share one upload.
			binary: {
				data: await storeFile(
					Buffer.concat([bed.picture, Buffer.from(String(item.json.number))]),
					'a.png',
					'image/png',
				),
			},
		})),
	),
	parameters: tryOn(bed, { model_image_source: 'binary' }),
});

const SUBMIT = /^POST \/fal-ai\/fashn\/tryon/;
const STREAM = /^GET \/fal-ai\/fashn\/requests\/[\w-]+\/status\/stream/;
const STATUS = /^GET \/fal-ai\/fashn\/requests\/[\w-]+\/status(\?|$)/;
const RESULT = /^GET \/fal-ai\/fashn\/requests\/[\w-]+(\?|$)/;
const HISTORY = /^GET \/v1\/models\/requests/;
const PRICE = /^GET \/v1\/models\/pricing/;

/** Every call to fal. */
export const FAL_CALLS: readonly MatrixCall[] = [
	{ ...GENERATE, name: 'submit', on: SUBMIT, changes: true },
	{ ...GENERATE, name: 'status stream', on: STREAM },
	{
		...GENERATE,
		name: 'status',
		on: STATUS,
		provoke: ({ sandbox }) => {
			sandbox.fal.options.stream = false;
		},
	},
	{ ...GENERATE, name: 'result', on: RESULT },
	{
		...GENERATE,
		name: 'history, for a lost answer',
		on: HISTORY,
		provoke: ({ sandbox }) =>
			sandbox.faults.add({ on: SUBMIT, fault: { kind: 'resetAfter' }, times: 1_000 }),
	},
	{
		...GENERATE,
		name: 'price, for Max Cost',
		on: PRICE,
		give: async (bed, numbers) => ({
			items: rowsOf(numbers),
			parameters: tryOn(bed, { options: { maxWait: MAX_WAIT_S, maxCost: 100 } }),
		}),
	},
	{ ...GENERATE, name: 'upload, announced', on: /^POST \/storage\/upload\//, give: withFile },
	{ ...GENERATE, name: 'upload, sent', on: /^PUT \/upload\//, give: withFile },
	{
		...GENERATE,
		name: 'download',
		on: /^GET \/files\//,
		give: async (bed, numbers) => ({
			items: rowsOf(numbers),
			parameters: tryOn(bed, { download: true }),
		}),
	},
	{
		...FAL,
		name: 'status, by Get',
		operation: 'Job: Get',
		on: STATUS,
		buys: false,
		changes: false,
		give: onJob('get', 'finished'),
	},
	{
		...FAL,
		name: 'result, by Get',
		operation: 'Job: Get',
		on: RESULT,
		buys: false,
		changes: false,
		give: onJob('get', 'finished'),
	},
	{
		...FAL,
		name: 'cancel',
		operation: 'Job: Cancel',
		on: /^PUT .*\/cancel/,
		buys: false,
		changes: true,
		give: onJob('cancel', 'queued'),
	},
	{
		...FAL,
		name: 'history',
		operation: 'Job: Get Many',
		on: HISTORY,
		buys: false,
		changes: false,
		give: async (bed, numbers) => {
			await jobs(bed, 1, 'finished');
			return {
				items: rowsOf(numbers),
				parameters: { resource: 'job', operation: 'getAll', limit: 1 },
			};
		},
	},
	{
		...FAL,
		name: 'price',
		operation: 'Try-On: Estimate',
		on: PRICE,
		buys: false,
		changes: false,
		give: async (bed, numbers) => ({
			items: rowsOf(numbers),
			parameters: tryOn(bed, { operation: 'estimate' }),
		}),
	},
];
