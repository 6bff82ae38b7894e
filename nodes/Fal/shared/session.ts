import type { IExecuteFunctions } from 'n8n-workflow';

import { readBaseUrl } from '../../../lib/url';
import { FAL } from '../../../lib/fal/errors';
import { falOrigins, type FalOrigins } from '../../../lib/fal/fetch';
import { Prices } from '../../../lib/fal/price';
import { type DoorContext, openDoor } from '../../../lib/http';
import { systemClock } from '../../../lib/time';
import type { Session } from '../../shared/session';

/** Name of the credential type. */
export const CREDENTIAL = 'falApi';

/** fal's queue (fal.ai docs, Queue). */
const FAL_BASE_URL = 'https://queue.fal.run';

/** What is needed to ask fal something. */
export interface FalApi extends Omit<Session, 'timing' | 'memory'> {
	origins: FalOrigins;
	/** Of this run, each asked for once. */
	prices: Prices;
}

/** What every operation needs to talk to fal. */
export type FalSession = FalApi & Session;

/**
 * @throws InputError when the credential's Base URL may not get the key
 */
export async function openApi(context: DoorContext): Promise<FalApi> {
	const { baseUrl } = await context.getCredentials(CREDENTIAL);
	const origins = falOrigins(readBaseUrl(baseUrl, FAL_BASE_URL));
	const door = openDoor(context, {
		service: FAL,
		credentialType: CREDENTIAL,
		apiOrigins: Object.values(origins),
	});
	return { service: FAL, door, origins, prices: new Prices(door, origins) };
}

/**
 * @throws InputError when the credential's Base URL may not get the key
 */
export async function openSession(context: IExecuteFunctions): Promise<FalSession> {
	return {
		...(await openApi(context)),
		timing: { clock: systemClock, signal: context.getExecutionCancelSignal() },
		memory: context.getContext('node'),
	};
}
