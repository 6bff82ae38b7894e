import { createFalClient } from '@fal-ai/client';

import type { Door } from '../http';
import { falFetch, type FalOrigins } from './fetch';

/** The parts of @fal-ai/client that are used here. */
export type FalClient = Pick<ReturnType<typeof createFalClient>, 'queue' | 'storage'>;

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
	return createFalClient({
		credentials: () => undefined,
		suppressLocalCredentialsWarning: true,
		fetch: falFetch(door, origins),
		retry: { maxRetries: 0 },
		...(onAnswer && {
			responseHandler: async (response: Response) => onAnswer(await response.json()),
		}),
	});
}
