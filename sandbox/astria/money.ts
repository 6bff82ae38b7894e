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

/** What is to be paid for one thing, and for which workspace; null is the personal scope. */
export interface Bill {
	workspaceId: number | null;
	/** Millicents. */
	costMc: number;
}

/** Who pays, as `/users` shows it; the balance is in millicents. */
export interface Payer {
	id: number;
	name: string;
	usd_balance_mc: number;
}

/** Who pays for a workspace: its payer, one and the same for all workspaces of that payer, or else the account. */
export function payerOf({ settings }: Pick<World, 'settings'>, workspaceId: number | null): Payer {
	const { account, workspaces } = settings;
	const payer = workspaces.find(({ id }) => id === workspaceId)?.payer;
	if (payer === undefined || payer.id === account.id) return account;
	return workspaces.find((workspace) => workspace.payer?.id === payer.id)?.payer ?? payer;
}

/**
 * Takes the money for all bills, or for none.
 *
 * Where Astria draws the line is not documented: it speaks of a balance that "becomes negative"
 * (https://docs.astria.ai/docs/api/overview, 2023), so that it may let the last call through that
 * is not covered. Here the whole price must be there.
 * @returns the sum in millicents
 * @throws {Refused} 422 when a payer has less than that; nothing is taken from anybody then
 */
export function charge(world: World, bills: readonly Bill[]): number {
	const sums = new Map<Payer, number>();
	for (const { workspaceId, costMc } of bills) {
		const payer = payerOf(world, workspaceId);
		sums.set(payer, (sums.get(payer) ?? 0) + costMc);
	}
	// What costs nothing is had without money, also below zero.
	if ([...sums].some(([payer, sum]) => sum > 0 && payer.usd_balance_mc < sum)) {
		throw new Refused({
			status: 422,
			// Rails writes its messages for its own pages, links included.
			body: { base: ['Not enough balance. <a href="/users/edit#billing">Top up</a>'] },
		});
	}
	for (const [payer, sum] of sums) payer.usd_balance_mc -= sum;
	return [...sums.values()].reduce((total, sum) => total + sum, 0);
}

/** Gives money back for something that was not delivered. */
export function giveBack(world: World, { workspaceId, costMc }: Bill): void {
	payerOf(world, workspaceId).usd_balance_mc += costMc;
}
