import type { FalRequest } from '../../../../lib/fal/driver';
import { TRYON_FIELDS } from '../../../../lib/fal/fields/fashn';
import { costOfPictures } from '../../../../lib/fal/price';
import { readField } from '../../../../lib/fields/coerce';
import type { Cost } from '../../../../lib/money';
import type { FalSession } from '../../shared/session';

/** How many pictures a row asks for; FASHN bills each (fal.ai, FASHN Try-On v1.6). */
export function picturesOf({ input }: FalRequest): number {
	return readField(TRYON_FIELDS.num_samples, input.num_samples) ?? TRYON_FIELDS.num_samples.default;
}

/** What a row will cost; `undefined` where fal does not tell. */
export async function costOf(
	{ prices }: FalSession,
	request: FalRequest,
): Promise<Cost | undefined> {
	return costOfPictures(await prices.of(request.endpointId), picturesOf(request));
}
