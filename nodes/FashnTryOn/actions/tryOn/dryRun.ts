import type { IExecuteFunctions, INodeExecutionData } from 'n8n-workflow';

import type { FalRequest } from '../../../../lib/fal/driver';
import { FAL } from '../../../../lib/fal/errors';
import { type Price, readPrice } from '../../../../lib/fal/price';
import { textOf } from '../../../../lib/json';
import { checkReachable } from '../../../../lib/media/reach';
import { eachRow } from '../../../shared/eachRow';
import type { Session } from '../../session';
import { pictureRules, readRequest } from './request';

/** How many pictures a row asks for; FASHN bills each (fal.ai, FASHN Try-On v1.6). */
function picturesOf({ input }: FalRequest): number {
	const samples = input.num_samples;
	return typeof samples === 'number' ? samples : 1;
}

const rounded = (amount: number) => Math.round(amount * 1e6) / 1e6;

function costColumns(price: Price | undefined, pictures: number) {
	return price === undefined
		? { estimatedCost: null }
		: {
				estimatedCost: rounded(price.unitPrice * pictures),
				currency: price.currency,
				unitPrice: price.unitPrice,
				unit: price.unit,
			};
}

/** What the good rows cost together, as a sentence. */
function total(items: INodeExecutionData[]): string {
	const sums = new Map<string, number>();
	for (const { json } of items) {
		if (typeof json.estimatedCost !== 'number') continue;
		const currency = textOf(json.currency) ?? '';
		sums.set(currency, (sums.get(currency) ?? 0) + json.estimatedCost);
	}
	const parts = [...sums].map(([currency, sum]) => `${rounded(sum)} ${currency}`);
	if (parts.length === 0) return 'fal does not tell the price.';
	return `Running them costs about ${parts.join(' and ')}.`;
}

/**
 * Checks every row as far as it can be without paying, and tells what the rows would cost.
 *
 * @param atOnce how many rows at once
 * @returns one item per row; nothing is uploaded or submitted
 * @throws NodeOperationError of the first bad row, unless n8n is to continue
 */
export async function dryRun(
	context: IExecuteFunctions,
	{ door, origins, timing }: Session,
	atOnce: number,
): Promise<INodeExecutionData[]> {
	const prices = new Map<string, Promise<Price | undefined>>();
	const priceOf = async (endpointId: string) => {
		const price = prices.get(endpointId) ?? readPrice(door, origins, endpointId);
		prices.set(endpointId, price);
		return await price;
	};
	const items = await eachRow(context, FAL, atOnce, async (row) => {
		const request = await readRequest(context, row);
		for (const [name, picture] of Object.entries(request.pictures)) {
			await checkReachable(door, timing, pictureRules(request.endpointId, name), picture);
		}
		const pictures = picturesOf(request);
		const { endpointId: endpoint } = request;
		const cost = costColumns(await priceOf(endpoint), pictures);
		return [
			{ json: { status: 'DRY_RUN', endpoint, pictures, ...cost }, pairedItem: { item: row } },
		];
	});
	const good = items.filter(({ json }) => json.status === 'DRY_RUN');
	const allGood = good.length === items.length;
	const rows = items.length === 1 ? 'row is' : 'rows are';
	context.addExecutionHints({
		type: allGood ? 'info' : 'warning',
		location: 'outputPane',
		message: `Dry run: ${good.length} of ${items.length} ${rows} fine. ${total(good)} Nothing was submitted.`,
	});
	return items;
}
