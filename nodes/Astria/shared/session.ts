import type { IExecuteFunctions, ILoadOptionsFunctions } from 'n8n-workflow';

import { ASTRIA_BASE_URL, AstriaClient } from '../../../lib/astria/api/client';
import { ASTRIA } from '../../../lib/astria/api/errors';
import { readBaseUrl } from '../../../lib/baseUrl';
import { type DoorContext, openDoor } from '../../../lib/http';
import { systemClock } from '../../../lib/time';
import type { Session } from '../../shared/session';

/** Name of the credential type. */
export const CREDENTIAL = 'astriaApi';

/** What every operation needs to talk to Astria. */
export interface AstriaSession extends Session {
	client: AstriaClient;
}

/** @throws InputError when the credential's Base URL may not get the key */
export async function openClient(
	context: DoorContext,
): Promise<Pick<AstriaSession, 'door' | 'client'>> {
	const credentials = await context.getCredentials(CREDENTIAL);
	const baseUrl = readBaseUrl(credentials.baseUrl, ASTRIA_BASE_URL);
	const door = openDoor(context, {
		service: ASTRIA,
		credentialType: CREDENTIAL,
		apiOrigins: [baseUrl],
	});
	return { door, client: new AstriaClient(door, baseUrl, systemClock) };
}

/**
 * @throws InputError when the credential's Base URL may not get the key
 */
export async function openSession(context: IExecuteFunctions): Promise<AstriaSession> {
	return {
		service: ASTRIA,
		...(await openClient(context)),
		timing: { clock: systemClock, signal: context.getExecutionCancelSignal() },
		memory: context.getContext('node'),
	};
}

/** The client for what the editor asks, such as a list to pick from. */
export async function openEditorClient(context: ILoadOptionsFunctions): Promise<AstriaClient> {
	const { client } = await openClient(context);
	return client;
}
