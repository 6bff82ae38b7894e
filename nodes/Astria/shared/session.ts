import type { IExecuteFunctions, ILoadOptionsFunctions } from 'n8n-workflow';

import { ASTRIA_BASE_URL, AstriaClient } from '../../../lib/astria/api/client';
import { ASTRIA } from '../../../lib/astria/api/errors';
import { InputError } from '../../../lib/errors';
import { isUnset } from '../../../lib/fields/values';
import { type DoorContext, openDoor } from '../../../lib/http';
import { systemClock } from '../../../lib/time';
import { checkCallback, readBaseUrl } from '../../../lib/url';
import type { Operation, Session } from '../../shared/operation';

/** Name of the credential type. */
const ASTRIA_CREDENTIAL = 'astriaApi';

/** What is needed to ask Astria something. */
export interface AstriaAccess extends Omit<Session, 'timing' | 'memory'> {
	client: AstriaClient;
	/** Astria's own address. */
	baseUrl: string;
}

/** What every operation needs to talk to Astria. */
export type AstriaSession = AstriaAccess & Session;

/** What a node of Astria can do. */
export type AstriaOperation = Operation<AstriaSession>;

/**
 * The address that the credential names, or Astria's own.
 *
 * @throws InputError when it may not get the key
 */
export async function astriaAddress(context: Pick<DoorContext, 'getCredentials'>): Promise<string> {
	const { baseUrl } = await context.getCredentials(ASTRIA_CREDENTIAL);
	return readBaseUrl(baseUrl, ASTRIA_BASE_URL);
}

/**
 * @throws InputError when the credential's Base URL may not get the key
 */
export async function openAstria(context: DoorContext): Promise<AstriaAccess> {
	const baseUrl = await astriaAddress(context);
	const door = openDoor(context, {
		service: ASTRIA,
		credentialType: ASTRIA_CREDENTIAL,
		apiOrigins: [baseUrl],
	});
	const client = new AstriaClient(door, baseUrl, systemClock);
	return { service: ASTRIA, door, client, baseUrl };
}

/**
 * @throws InputError when the credential's Base URL may not get the key
 */
export async function openAstriaSession(context: IExecuteFunctions): Promise<AstriaSession> {
	return {
		...(await openAstria(context)),
		timing: { clock: systemClock, signal: context.getExecutionCancelSignal() },
		memory: context.getContext('node'),
	};
}

/** The client for what the editor asks, such as a list to pick from. */
export async function openEditorClient(context: ILoadOptionsFunctions): Promise<AstriaClient> {
	const { client } = await openAstria(context);
	return client;
}

/**
 * Checks an address that was filled in for Astria to call.
 *
 * @param baseUrl Astria's own address
 * @param isSuspended whether the node itself has to be called: Astria calls one address
 * @throws InputError
 */
export function checkOwnCallback(
	label: string,
	address: unknown,
	baseUrl: string,
	isSuspended: boolean,
): void {
	checkCallback(label, address, baseUrl);
	if (!isSuspended || isUnset(address)) return;
	throw new InputError(
		label,
		'is set, while the node itself waits by callback, and Astria calls one address only',
		"Remove it, or set 'Wait' to In the Node.",
	);
}
