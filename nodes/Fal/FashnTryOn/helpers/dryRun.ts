import type { IExecuteFunctions, INodeExecutionData } from 'n8n-workflow';

import type { FalRequest } from '../../../../lib/fal/driver';
import { TRYON_FIELDS } from '../../../../lib/fal/fields/fashn';
import { type Price, readPrice } from '../../../../lib/fal/price';
import { readField } from '../../../../lib/fields/coerce';
import { checkReachable } from '../../../../lib/media/reach';
import { costColumns, DRY_RUN, tellDryRun } from '../../../shared/dryRun';
import { eachRow } from '../../../shared/eachRow';
import type { Output } from '../../../shared/operation';
import type { FalSession } from '../../shared/session';
import { JOB_COLUMNS } from './output';
import { pictureRules, readRequest } from './request';

/** What comes out of a dry run. */
export const dryRunOutput = (): Output => ({
	when: 'with *Dry Run*',
	columns: {
		status: { meaning: '`DRY_RUN`' },
		endpoint: JOB_COLUMNS.endpoint,
		pictures: { meaning: 'How many pictures the row asks for' },
		estimatedCost: { meaning: 'What they cost, or null when fal does not tell' },
		currency: { meaning: 'Of the cost', optional: true },
		unitPrice: { meaning: "fal's price of one unit", optional: true },
		unit: { meaning: 'What the unit is', optional: true },
	},
});

/** How many pictures a row asks for; FASHN bills each (fal.ai, FASHN Try-On v1.6). */
function picturesOf({ input }: FalRequest): number {
	return readField(TRYON_FIELDS.num_samples, input.num_samples) ?? TRYON_FIELDS.num_samples.default;
}

/** What so many pictures cost where a unit is a picture; other units do not tell it. */
function costOf(price: Price | undefined, pictures: number) {
	const perPicture = price !== undefined && /^(image|picture|generation)s?$/i.test(price.unit);
	return perPicture ? { amount: price.unitPrice * pictures, currency: price.currency } : undefined;
}

/**
 * Checks rows as far as it can be without paying, and tells what they would cost.
 *
 * @returns one item per row; nothing is uploaded or submitted
 * @throws NodeOperationError of the first bad row, unless n8n is to continue
 */
export async function dryRun(
	context: IExecuteFunctions,
	session: FalSession,
	rows: readonly number[],
): Promise<INodeExecutionData[]> {
	const { door, origins, timing } = session;
	const prices = new Map<string, Promise<Price | undefined>>();
	const priceOf = async (endpointId: string) => {
		const price = prices.get(endpointId) ?? readPrice(door, origins, endpointId);
		prices.set(endpointId, price);
		return await price;
	};
	const items = await eachRow(
		context,
		session,
		async (row) => {
			const request = await readRequest(context, row);
			for (const [name, picture] of Object.entries(request.pictures)) {
				await checkReachable(door, timing, pictureRules(request.endpointId, name), picture);
			}
			const pictures = picturesOf(request);
			const { endpointId: endpoint } = request;
			const price = await priceOf(endpoint);
			const json = {
				status: DRY_RUN,
				endpoint,
				pictures,
				...costColumns(costOf(price, pictures)),
				...(price && { unitPrice: price.unitPrice, unit: price.unit }),
			};
			return [{ json }];
		},
		{ rows },
	);
	tellDryRun(context, session, items);
	return items;
}
