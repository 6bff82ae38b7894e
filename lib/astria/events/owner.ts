import { hashOf, numberOf, objectOf } from '../../json';
import type { AstriaClient } from '../api/client';
import { AstriaAnswerError } from '../api/errors';

/** What says whose lists a trigger looks at. */
export interface Credential {
	/** Its id in n8n, which stands for the account where Astria tells of none. */
	id: string;
	apiKey: string;
	workspace: string;
}

/** How many accounts are remembered; one n8n has a few. */
const MOST_REMEMBERED = 200;

/** As much of a hash as tells accounts apart; it is written down with each look. */
const MARK_SIGNS = 16;

/** Whose key it is, by a hash of address and key, which never leaves the process. */
const owners = new Map<string, string>();

/** Forgets what only the process knows, as a start of n8n does. */
export function forgetOwners(): void {
	owners.clear();
}

/** Answers of a gateway that has no such address; any other refusal may be of a moment. */
const HAS_NONE = [404, 405];

/**
 * @returns `undefined` when nobody tells
 * @throws AstriaAnswerError, ConnectionError when it may be told later: to take one account for
 * another would tell all of its history, or miss some; rather no look for now
 */
async function readOwner(
	client: AstriaClient,
	signal: AbortSignal | undefined,
): Promise<string | undefined> {
	try {
		const account = await client.readOnce({ path: '/users' }, 'result', signal);
		const id = numberOf(objectOf(account).id);
		return id === undefined ? undefined : `account ${id}`;
	} catch (error) {
		if (error instanceof AstriaAnswerError && HAS_NONE.includes(error.status)) return undefined;
		throw error;
	}
}

/**
 * A mark of whose lists a trigger looks at: of Astria's address, the account and its workspace. One
 * account can have several keys, and one credential can get another account's key; so neither of them
 * is in it.
 *
 * @returns a hash, the same for as long as the lists are
 * @throws AstriaAnswerError, ConnectionError when Astria cannot be asked now
 */
export async function ownerOf(
	client: AstriaClient,
	signal: AbortSignal | undefined,
	credential: Credential,
): Promise<string> {
	const { apiKey, workspace } = credential;
	const asked = hashOf([client.baseUrl, apiKey]);
	const owner =
		owners.get(asked) ?? (await readOwner(client, signal)) ?? `credential ${credential.id}`;
	owners.set(asked, owner);
	for (const [oldest] of owners) if (owners.size > MOST_REMEMBERED) owners.delete(oldest);
	return hashOf([client.baseUrl, owner, workspace]).slice(0, MARK_SIGNS);
}
