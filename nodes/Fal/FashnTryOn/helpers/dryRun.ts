import type { IExecuteFunctions, INodeExecutionData } from 'n8n-workflow';

import type { FalRequest } from '../../../../lib/fal/driver';
import { FAL } from '../../../../lib/fal/errors';
import { type Price, readPrice } from '../../../../lib/fal/price';
import { numberOf } from '../../../../lib/json';
import { checkReachable } from '../../../../lib/media/reach';
import { costColumns, DRY_RUN, tellDryRun } from '../../../shared/dryRun';
import { eachRow } from '../../../shared/eachRow';
import type { Session } from '../../shared/session';
import { pictureRules, readRequest } from './request';

/** How many pictures a row asks for; FASHN bills each (fal.ai, FASHN Try-On v1.6). */
function picturesOf({ input }: FalRequest): number {
	return numberOf(input.num_samples) ?? 1;
}

/**
 * Checks every row as far as it can be without paying, and tells what the rows would cost.
 *
 * @param atOnce how many rows at once
 * @param rows which rows
 * @returns one item per row; nothing is uploaded or submitted
 * @throws NodeOperationError of the first bad row, unless n8n is to continue
 */
export async function dryRun(
	context: IExecuteFunctions,
	{ door, origins, timing }: Session,
	atOnce: number,
	rows: readonly number[],
): Promise<INodeExecutionData[]> {
	const prices = new Map<string, Promise<Price | undefined>>();
	const priceOf = async (endpointId: string) => {
		const price = prices.get(endpointId) ?? readPrice(door, origins, endpointId);
		prices.set(endpointId, price);
		return await price;
	};
	const items = await eachRow(
		context,
		FAL,
		atOnce,
		async (row) => {
			const request = await readRequest(context, row);
			for (const [name, picture] of Object.entries(request.pictures)) {
				await checkReachable(door, timing, pictureRules(request.endpointId, name), picture);
			}
			const pictures = picturesOf(request);
			const { endpointId: endpoint } = request;
			const price = await priceOf(endpoint);
			const cost = {
				...costColumns(price && { amount: price.unitPrice * pictures, currency: price.currency }),
				...(price && { unitPrice: price.unitPrice, unit: price.unit }),
			};
			return [
				{ json: { status: DRY_RUN, endpoint, pictures, ...cost }, pairedItem: { item: row } },
			];
		},
		rows,
	);
	tellDryRun(context, FAL, items);
	return items;
}
