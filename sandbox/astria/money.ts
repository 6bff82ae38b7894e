import { Refused } from './door';
import type { World } from './world';

/**
 * Prices in millicents. Astria's real ones depend on the model and change; these only have to be
 * unlike each other, and a picture costs what Astria's plugin wants to see on the account.
 */
export const PRICES = {
	picture: 4_000,
	video: 50_000,
	description: 1_000,
	reference: 10_000,
	training: 150_000,
};

interface Purse {
	usd_balance_mc: number;
}

function purseOf(world: World, workspaceId: number | null): Purse {
	const workspace = world.settings.workspaces.find(({ id }) => id === workspaceId);
	return workspace?.payer ?? world.settings.account;
}

/**
 * Takes money from whoever pays for the workspace.
 * @throws {Refused} 422 when there is less than that; nothing is taken then
 */
export function charge(world: World, workspaceId: number | null, costMc: number): void {
	const purse = purseOf(world, workspaceId);
	if (purse.usd_balance_mc < costMc) {
		throw new Refused({
			status: 422,
			// Rails writes its messages for its own pages, links included.
			body: { base: ['Not enough balance. <a href="/users/edit#billing">Top up</a>'] },
		});
	}
	purse.usd_balance_mc -= costMc;
}
