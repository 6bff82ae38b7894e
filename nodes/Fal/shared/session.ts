import type { IExecuteFunctions } from 'n8n-workflow';

import { FalClient, falOrigins } from '../../../lib/fal/client';
import { FAL } from '../../../lib/fal/errors';
import { type Prices, pricesOf } from '../../../lib/fal/price';
import { type DoorContext, openDoor } from '../../../lib/http';
import type { Timing } from '../../../lib/jobs/retry';
import { systemClock } from '../../../lib/time';
import { readBaseUrl } from '../../../lib/url';
import type { Operation, Session } from '../../shared/operation';

const FAL_CREDENTIAL = 'falApi';

/** fal's queue (fal.ai docs, Queue). */
const FAL_BASE_URL = 'https://queue.fal.run';

/** What is needed to ask fal something. */
export interface FalAccess extends Omit<Session, 'timing' | 'memory'> {
	client: FalClient;
	/** Of this run, each asked for once. */
	prices: Prices;
}

/** What every operation needs to talk to fal. */
export type FalSession = FalAccess & Session;

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

/**
 * @throws InputError when the credential's Base URL may not get the key
 */
export async function openFal(
	context: DoorContext,
	timing: Timing = { clock: systemClock },
): Promise<FalAccess> {
	const origins = falOrigins(await falAddress(context));
	const door = openDoor(context, {
		service: FAL,
		credentialType: FAL_CREDENTIAL,
		apiOrigins: Object.values(origins),
	});
	const client = new FalClient(door, origins);
	return { service: FAL, door, client, prices: pricesOf(client, timing) };
}

/**
 * @throws InputError when the credential's Base URL may not get the key
 */
export async function openFalSession(context: IExecuteFunctions): Promise<FalSession> {
	const timing = { clock: systemClock, signal: context.getExecutionCancelSignal() };
	return {
		...(await openFal(context, timing)),
		timing,
		memory: context.getContext('node'),
	};
}
