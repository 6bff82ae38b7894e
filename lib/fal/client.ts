import { createFalClient } from '@fal-ai/client';

import type { AnswerHead, Door } from '../http';
import { falFetch, type FalOrigins } from './fetch';

/** The parts of @fal-ai/client that are used here, and what it drops. */
export interface FalClient extends Pick<ReturnType<typeof createFalClient>, 'queue' | 'storage'> {
	/** How many units fal has billed, once the result is read; `undefined` where it does not tell. */
	billedUnits(requestId: string): number | undefined;
}

/** Told with a result, in the unit of the endpoint's price (fal.ai docs, Marketplace). */
const BILLED_UNITS = 'x-fal-billable-units';

const RESULT_PATH = /\/requests\/([^/]+)$/;

/**
 * fal's own client, over the door.
 *
 * The credentials are a function that knows none: given nothing, the client would look for a key
 * in the environment of the n8n host and bill whoever owns it.
 *
 * @param onAnswer sees the body of every answer; the client itself drops that of a cancel
 */
export function createClient(
	door: Door,
	origins: FalOrigins,
	onAnswer?: (body: unknown) => void,
): FalClient {
	const billed = new Map<string, number>();
	const noteUnits = (path: string, { headers }: AnswerHead) => {
		const [, requestId] = RESULT_PATH.exec(path) ?? [];
		const units = Number(headers[BILLED_UNITS]);
		if (requestId !== undefined && units > 0) billed.set(requestId, units);
	};
	const { queue, storage } = createFalClient({
		credentials: () => undefined,
		suppressLocalCredentialsWarning: true,
		fetch: falFetch(door, origins, noteUnits),
		retry: { maxRetries: 0 },
		...(onAnswer && {
			responseHandler: async (response: Response) => onAnswer(await response.json()),
		}),
	});
	return { queue, storage, billedUnits: (requestId) => billed.get(requestId) };
}
