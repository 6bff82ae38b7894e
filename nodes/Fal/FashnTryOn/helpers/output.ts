import type { IDataObject, IExecuteFunctions } from 'n8n-workflow';

import type { FalJob } from '../../../../lib/fal/job';
import type { FalImage } from '../../../../lib/fal/result';
import type { FalSession } from '../../shared/session';
import type { RowItem } from '../../../shared/errorRow';
import type { Columns } from '../../../shared/operation';
import { pictureItems } from '../../../shared/pictures';

/** What tells a job, in every operation. */
export const JOB_COLUMNS = {
	requestId: { meaning: "The job's id at fal: Get and Cancel take it" },
	endpoint: { meaning: 'Id of the endpoint' },
} as const satisfies Columns;

/** How many signs of a job's id are in the names of its files. */
const ID_SIGNS = 8;

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
	images: FalImage[],
	extra: IDataObject,
): Promise<RowItem[]> {
	return await pictureItems(context, session, {
		row,
		pictures: images,
		stem: `try-on-${requestId.slice(0, ID_SIGNS)}`,
		common: { requestId, endpoint, status: 'COMPLETED', ...extra },
	});
}
