import { ASTRIA_BASE_URL, AstriaClient } from '../../../lib/astria/api/client';
import { ASTRIA } from '../../../lib/astria/api/errors';
import { InputError } from '../../../lib/errors';
import { isUnset } from '../../../lib/fields/values';
import { type DoorContext, openDoor } from '../../../lib/http';
import { checkCallback, readBaseUrl } from '../../../lib/url';
import { type Operation, type Session, timingOf } from '../../shared/operation';

/** Name of the credential type. */
export const ASTRIA_CREDENTIAL = 'astriaApi';

/** What is needed to talk to Astria. */
export interface AstriaSession extends Session {
	client: AstriaClient;
}

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

/** @throws InputError when the credential's Base URL may not get the key */
export async function openAstria(context: DoorContext): Promise<AstriaSession> {
	const address = await astriaAddress(context);
	const door = openDoor(context, {
		service: ASTRIA,
		credentialType: ASTRIA_CREDENTIAL,
		apiOrigins: [address],
	});
	const timing = timingOf(context);
	const client = new AstriaClient(door, address, timing.clock);
	return { service: ASTRIA, address, door, timing, client };
}

/**
 * Checks an address that was filled in for Astria to call.
 *
 * @param isSuspended whether the node itself has to be called: Astria calls one address
 * @throws InputError
 */
export function checkOwnCallback(
	{ address: service }: Session,
	label: string,
	address: unknown,
	isSuspended: boolean,
): void {
	checkCallback(label, address, service);
	if (!isSuspended || isUnset(address)) return;
	throw new InputError(
		label,
		'is set, while the node itself waits by callback, and Astria calls one address only',
		"Remove it, or set 'Wait' to In the Node.",
	);
}
