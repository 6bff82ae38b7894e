import type { Timing } from '../../jobs/retry';
import { isObject, type JsonObject, numberOf } from '../../json';
import type { Cost } from '../../money';
import type { AstriaClient } from './client';
import { unreadableAnswer } from './errors';
import { dollarsOf, inDollars } from './body';

/**
 * What Astria tells of the account of the key (Astria's command line, `whoami`).
 *
 * @throws AstriaAnswerError; ConnectionError, also when the answer is no account
 */
export async function readAccount(client: AstriaClient, timing: Timing): Promise<JsonObject> {
	const answer = await client.read({ path: '/users', stage: 'result' }, timing);
	if (!isObject(answer)) throw unreadableAnswer('account');
	return answer;
}

/** What is left to spend; in a workspace that of who pays for it. */
export function balanceOf(account: JsonObject): Cost | undefined {
	const payer = isObject(account.payer) ? account.payer : account;
	const millicents = numberOf(payer.usd_balance_mc) ?? numberOf(account.usd_balance_mc);
	return inDollars(millicents === undefined ? undefined : dollarsOf(millicents));
}

/** What is left to spend. A balance is a help, so that not getting one is no failure. */
export async function readBalance(client: AstriaClient, timing: Timing): Promise<Cost | undefined> {
	return await readAccount(client, timing).then(balanceOf, () => undefined);
}
