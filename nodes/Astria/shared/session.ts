import type { IExecuteFunctions, ILoadOptionsFunctions } from 'n8n-workflow';

import { ASTRIA_BASE_URL, AstriaClient } from '../../../lib/astria/api/client';
import { ASTRIA } from '../../../lib/astria/api/errors';
import { readBaseUrl } from '../../../lib/url';
import { type DoorContext, openDoor } from '../../../lib/http';
import { systemClock } from '../../../lib/time';
import type { Session } from '../../shared/session';

/** Name of the credential type. */
export const CREDENTIAL = 'astriaApi';

/** What is needed to ask Astria something. */
export interface AstriaApi extends Omit<Session, 'timing' | 'memory'> {
	client: AstriaClient;
	/** Astria's own address. */
	baseUrl: string;
}

/** What every operation needs to talk to Astria. */
export type AstriaSession = AstriaApi & Session;

/**
 * @throws InputError when the credential's Base URL may not get the key
 */
export async function openApi(context: DoorContext): Promise<AstriaApi> {
	const credentials = await context.getCredentials(CREDENTIAL);
	const baseUrl = readBaseUrl(credentials.baseUrl, ASTRIA_BASE_URL);
	const door = openDoor(context, {
		service: ASTRIA,
		credentialType: CREDENTIAL,
		apiOrigins: [baseUrl],
	});
	const client = new AstriaClient(door, baseUrl, systemClock);
	return { service: ASTRIA, door, client, baseUrl };
}

/**
 * @throws InputError when the credential's Base URL may not get the key
 */
export async function openSession(context: IExecuteFunctions): Promise<AstriaSession> {
	return {
		...(await openApi(context)),
		timing: { clock: systemClock, signal: context.getExecutionCancelSignal() },
		memory: context.getContext('node'),
	};
}

/** The client for what the editor asks, such as a list to pick from. */
export async function openEditorClient(context: ILoadOptionsFunctions): Promise<AstriaClient> {
	const { client } = await openApi(context);
	return client;
}
