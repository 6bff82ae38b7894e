import type { IDataObject, IExecuteFunctions } from 'n8n-workflow';

import type { FalJob } from '../../../../lib/fal/job';
import { costOfUnits } from '../../../../lib/fal/price';
import type { FalOutput } from '../../../../lib/fal/result';
import type { FalSession } from '../../shared/session';
import type { RowItem } from '../../../shared/errorRow';
import type { Columns } from '../../../shared/operation';
import { pictureItems } from '../../../shared/pictures';

/** What tells a job, in every operation. */
export const JOB_COLUMNS = {
	requestId: { meaning: "The job's id at fal: Get and Cancel take it" },
	endpoint: { meaning: 'Id of the endpoint' },
} as const satisfies Columns;

/** What fal has billed for a job. */
export const COST_COLUMNS = {
	cost: {
		meaning: 'What the job cost: the units that fal billed times its price, where fal tells both',
		optional: true,
	},
	currency: { meaning: 'Of the cost', optional: true },
} as const satisfies Columns;

/** How many signs of a job's id are in the names of its files. */
const ID_SIGNS = 8;

/** A price that cannot be learned costs nothing but the columns. */
async function costColumns(
	{ prices }: FalSession,
	endpointId: string,
	units: number | undefined,
): Promise<IDataObject> {
	const price = units === undefined ? undefined : await prices.of(endpointId);
	if (units === undefined || price === undefined) return {};
	const { amount: cost, currency } = costOfUnits(price, units);
	return { cost, currency };
}

/**
 * Makes the items of a finished job: one per picture, or one for all.
 *
 * @param extra further columns, the same for all items of the job
 */
export async function jobItems(
	context: IExecuteFunctions,
	session: FalSession,
	row: number,
	{ requestId, endpointId: endpoint }: FalJob,
	{ images, units }: FalOutput,
	extra: IDataObject = {},
): Promise<RowItem[]> {
	const cost = await costColumns(session, endpoint, units);
	return await pictureItems(context, session, {
		row,
		pictures: images,
		stem: `try-on-${requestId.slice(0, ID_SIGNS)}`,
		common: { requestId, endpoint, status: 'COMPLETED', ...cost, ...extra },
	});
}
