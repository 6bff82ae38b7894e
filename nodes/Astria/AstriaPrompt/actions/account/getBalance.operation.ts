import { balanceOf, readAccount } from '../../../../../lib/astria/api/client';
import { numberOf, textOf, withoutUndefined as known } from '../../../../../lib/json';
import { eachRow } from '../../../../shared/eachRow';
import type { OperationPage } from '../../../../shared/operation';
import { INPUT_OUTPUT, inputFieldsProperty } from '../../../../shared/row';
import { astriaLink } from '../../../shared/links';
import type { AstriaOperation } from '../../../shared/session';

/** Tells what the account of the credential holds. */
export const getBalance: AstriaOperation = {
	name: 'Get Balance',
	value: 'getBalance',
	action: 'Get balance of account',
	description: 'Tell how much is left to spend',
	properties: [inputFieldsProperty],
	async execute(context, session) {
		return await eachRow(context, session, async () => {
			const account = await readAccount(session.client, session.timing);
			const balance = balanceOf(account);
			const json = known<string | number | null>({
				balance: balance?.amount ?? null,
				currency: balance?.currency,
				accountId: numberOf(account.id),
				name: textOf(account.name),
			});
			return [{ json }];
		});
	},
};

export const getBalancePage: OperationPage = () => ({
	outputs: [
		{
			columns: {
				balance: { meaning: 'What is left; in a workspace, of who pays for it' },
				currency: { meaning: 'Of the balance', optional: true },
				accountId: { meaning: "The account's id at Astria", optional: true },
				name: { meaning: 'Who it belongs to', optional: true },
			},
		},
		INPUT_OUTPUT,
	],
	links: [astriaLink('API overview', 'api/overview')],
});
