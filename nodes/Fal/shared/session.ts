import type { IDataObject, IExecuteFunctions } from 'n8n-workflow';

import { readBaseUrl } from '../../../lib/baseUrl';
import { FAL } from '../../../lib/fal/errors';
import { falOrigins, type FalOrigins } from '../../../lib/fal/fetch';
import { type Door, openDoor } from '../../../lib/http';
import type { Timing } from '../../../lib/jobs/retry';
import { systemClock } from '../../../lib/time';

/** Name of the credential type. */
export const CREDENTIAL = 'falApi';

/** fal's queue (fal.ai docs, Queue). */
const FAL_BASE_URL = 'https://queue.fal.run';

/** What every operation needs to talk to fal. */
export interface Session {
	door: Door;
	origins: FalOrigins;
	timing: Timing;
	/** Kept by n8n with the execution. */
	memory: IDataObject;
}

/**
 * @throws InputError when the credential's Base URL may not get the key
 */
export async function openSession(context: IExecuteFunctions): Promise<Session> {
	const { baseUrl } = await context.getCredentials(CREDENTIAL);
	const origins = falOrigins(readBaseUrl(FAL, baseUrl, FAL_BASE_URL));
	const door = openDoor(context, {
		service: FAL,
		credentialType: CREDENTIAL,
		apiOrigins: Object.values(origins),
	});
	return {
		door,
		origins,
		timing: { clock: systemClock, signal: context.getExecutionCancelSignal() },
		memory: context.getContext('node'),
	};
}
