import type { IDataObject, IExecuteFunctions, INodeExecutionData } from 'n8n-workflow';

import { FAL } from '../../../../lib/fal/errors';
import type { FalJob } from '../../../../lib/fal/job';
import type { FalImage } from '../../../../lib/fal/result';
import * as shared from '../../../shared/pictures';
import type { Session } from '../../shared/session';

export { outputProperties } from '../../../shared/pictures';

/**
 * Makes the items of a finished job: one per picture, or one for all.
 *
 * @param extra further columns, the same for all items of the job
 */
export async function pictureItems(
	context: IExecuteFunctions,
	session: Session,
	row: number,
	{ requestId, endpointId: endpoint }: FalJob,
	images: FalImage[],
	extra: IDataObject,
): Promise<INodeExecutionData[]> {
	return await shared.pictureItems(context, session, {
		service: FAL,
		row,
		pictures: images,
		stem: `try-on-${requestId.slice(0, 8)}`,
		common: { requestId, endpoint, status: 'COMPLETED', ...extra },
	});
}
