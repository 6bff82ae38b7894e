import {
	AstriaClient,
	balanceOf,
	readAccount,
	readBalance,
} from '../../../../lib/astria/api/client';
import { ConnectionError } from '../../../../lib/errors';
import { TestClock } from '../../clock';
import { fakeDoor, type Reply } from '../fakeDoor';

function answering(reply: Reply) {
	const clock = new TestClock();
	const door = fakeDoor(() => reply);
	return { door, clock, client: new AstriaClient(door, 'https://api.astria.ai', clock) };
}

test.each<[string, object, number | undefined]>([
	['of the account', { usd_balance_mc: 250_000 }, 2.5],
	['written as text', { usd_balance_mc: '250000' }, 2.5],
	['of who pays for a workspace', { usd_balance_mc: 1, payer: { usd_balance_mc: 100_000 } }, 1],
	['of the account where the payer has none', { usd_balance_mc: 100_000, payer: {} }, 1],
	['that is used up', { usd_balance_mc: 0 }, 0],
	['that is not told', { payer: 'me' }, undefined],
])('a balance %s', (_name, account, amount) => {
	expect(balanceOf({ ...account })).toEqual(
		amount === undefined ? undefined : { amount, currency: 'USD' },
	);
});

test('an account is read at /users', async () => {
	const { client, clock, door } = answering({ json: { id: 1, usd_balance_mc: 100_000 } });
	expect(await readAccount(client, { clock })).toEqual({ id: 1, usd_balance_mc: 100_000 });
	expect(door.calls[0]).toMatchObject({ url: 'https://api.astria.ai/users', stage: 'result' });
	expect(await readBalance(client, { clock })).toEqual({ amount: 1, currency: 'USD' });
});

test('what is no account is an answer that may be better next time, and no balance', async () => {
	const { client, clock } = answering({ json: [] });
	const reading = readAccount(client, { clock });
	await expect(reading).rejects.toThrow(ConnectionError);
	await expect(reading).rejects.toMatchObject({
		message: "Astria's answer holds no account.",
		sent: true,
		details: { stage: 'result', retryable: true, charged: 'no' },
	});
	expect(await readBalance(client, { clock })).toBeUndefined();
});
