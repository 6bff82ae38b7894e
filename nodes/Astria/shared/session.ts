import type { IDataObject, IExecuteFunctions, ILoadOptionsFunctions } from 'n8n-workflow';

import { ASTRIA_BASE_URL, AstriaClient } from '../../../lib/astria/api/client';
import { ASTRIA } from '../../../lib/astria/api/errors';
import { readBaseUrl } from '../../../lib/baseUrl';
import { type Door, openDoor } from '../../../lib/http';
import type { Timing } from '../../../lib/jobs/retry';
import { systemClock } from '../../../lib/time';

/** Name of the credential type. */
export const CREDENTIAL = 'astriaApi';

/** What every operation needs to talk to Astria. */
export interface Session {
	/** For pictures, which are fetched without the key. */
	door: Door;
	client: AstriaClient;
	timing: Timing;
	/** Kept by n8n with the execution. */
	memory: IDataObject;
}

async function openClient(
	context: IExecuteFunctions | ILoadOptionsFunctions,
): Promise<Pick<Session, 'door' | 'client'>> {
	const credentials = await context.getCredentials(CREDENTIAL);
	const baseUrl = readBaseUrl(ASTRIA, credentials.baseUrl, ASTRIA_BASE_URL);
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
export async function openSession(context: IExecuteFunctions): Promise<Session> {
	return {
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
