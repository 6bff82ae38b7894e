import type { IDataObject } from 'n8n-workflow';

import type { JobId } from '../../../lib/fal/client';
import type { PastRequest } from '../../../lib/fal/history';
import { costOfUnits, type FalOutput } from '../../../lib/fal/result';
import { withoutUndefined } from '../../../lib/json';
import type { FileStore } from '../../../lib/media/download';
import type { RowItem } from '../../shared/errorRow';
import type { Columns } from '../../shared/operation';
import { itemsOfPictures, type OutputOptions } from '../../shared/pictures';
import type { FalSession } from './session';

/** What tells a job, in every operation. */
export const JOB_COLUMNS = {
	requestId: { meaning: "The job's id at fal: Get and Cancel take it" },
	endpoint: { meaning: 'Id of the endpoint' },
} as const satisfies Columns;

/** What fal has billed for a job. */
export const BILLED_COLUMNS = {
	cost: {
		meaning:
			'What the job cost: the units that fal billed times its price, where fal tells both. The same in each of its pictures: count it once per `requestId`',
		optional: true,
	},
	currency: { meaning: 'Of the cost', optional: true },
} as const satisfies Columns;

/** The pictures that a job was given. */
export const GIVEN_COLUMNS = {
	modelImage: {
		meaning: 'Address of the person that was given, where fal shows it',
		optional: true,
	},
	garmentImage: {
		meaning: 'Address of the garment that was given, where fal shows it',
		optional: true,
	},
} as const satisfies Columns;

/** How many signs of a job's id are in the names of its files. */
const ID_SIGNS = 8;

/** The names of the pictures in any endpoint of FASHN. */
export function picturesGiven({ input = {} }: PastRequest): IDataObject {
	const { model_image: modelImage, garment_image: garmentImage } = input;
	return withoutUndefined({
		modelImage: typeof modelImage === 'string' ? modelImage : undefined,
		garmentImage: typeof garmentImage === 'string' ? garmentImage : undefined,
	});
}

/** A price that cannot be learned costs nothing but the columns. */
async function costColumns(
	{ prices }: Pick<FalSession, 'prices'>,
	endpointId: string,
	units: number | undefined,
): Promise<IDataObject> {
	const price = units === undefined ? undefined : await prices(endpointId);
	if (units === undefined || price === undefined) return {};
	const { amount: cost, currency } = costOfUnits(price, units);
	return { cost, currency };
}

/**
 * Makes the items of a finished job, as they are wanted: one per picture, or one for all.
 *
 * @param extra further columns, the same for all items of the job
 */
export async function itemsOfJob(
	store: FileStore,
	session: Pick<FalSession, 'door' | 'timing' | 'prices'>,
	options: OutputOptions,
	{ requestId, endpointId: endpoint }: JobId,
	{ images, units }: FalOutput,
	extra: IDataObject = {},
): Promise<RowItem[]> {
	const cost = await costColumns(session, endpoint, units);
	return await itemsOfPictures(store, session, options, {
		pictures: images,
		stem: `try-on-${requestId.slice(0, ID_SIGNS)}`,
		common: { requestId, endpoint, status: 'COMPLETED', ...cost, ...extra },
	});
}
