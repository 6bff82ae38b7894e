import { FalClient, falOrigins } from '../../../lib/fal/client';
import { FAL } from '../../../lib/fal/errors';
import { type Prices, pricesOf } from '../../../lib/fal/result';
import { type DoorContext, openDoor } from '../../../lib/http';
import { readBaseUrl } from '../../../lib/url';
import { type Operation, type Session, timingOf } from '../../shared/operation';

const FAL_CREDENTIAL = 'falApi';

/** fal's queue (fal.ai docs, Queue). */
const FAL_BASE_URL = 'https://queue.fal.run';

/** What is needed to talk to fal. */
export interface FalSession extends Session {
	client: FalClient;
	prices: Prices;
}

/** What a node of fal can do. */
export type FalOperation = Operation<FalSession>;

/**
 * The address that the credential names, or fal's own.
 *
 * @throws InputError when it may not get the key
 */
export async function falAddress(context: Pick<DoorContext, 'getCredentials'>): Promise<string> {
	const { baseUrl } = await context.getCredentials(FAL_CREDENTIAL);
	return readBaseUrl(baseUrl, FAL_BASE_URL);
}

/** @throws InputError when the credential's Base URL may not get the key */
export async function openFal(context: DoorContext): Promise<FalSession> {
	const origins = falOrigins(await falAddress(context));
	const door = openDoor(context, {
		service: FAL,
		credentialType: FAL_CREDENTIAL,
		apiOrigins: Object.values(origins),
	});
	const client = new FalClient(door, origins);
	const timing = timingOf(context);
	const prices = pricesOf(client, timing);
	return { service: FAL, address: origins.queue, door, timing, client, prices };
}
