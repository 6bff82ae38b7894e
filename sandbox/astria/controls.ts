import type { AstriaService } from './index';
import { payerOf } from './money';
import type { Settings } from './options';
import type { Creation, Prompt, SentCallback, Tune } from './store';

/** The stand-in for Astria as a test or the demo holds it. */
export interface AstriaControls {
	/** Origin of the API, without a slash at the end. */
	url: string;
	/** The only valid key. */
	readonly key: string;
	/** May be changed at any time: times, balance, idempotency, answer shapes. */
	options: Settings;
	/** The account's tunes, oldest first; without the gallery's. */
	tunes(): Tune[];
	/** Its prompts, oldest first. */
	prompts(): Prompt[];
	/** Accepted paid calls, oldest first, with what they sent and how it was encoded. */
	creations(): Creation[];
	/** Callbacks that were due, oldest first. */
	callbacks(): SentCallback[];
	/** Millicents that whoever pays for a workspace has left; without one, the account itself. */
	balanceMc(workspaceId?: number): number;
	/** Gives whoever pays for a workspace this balance; without one, the account itself. */
	setBalanceMc(balanceMc: number, workspaceId?: number): void;
	/** Lets a tune or prompt come to its end at once, callback included. */
	settle(id: number): Promise<void>;
}

/** What a sandbox shows of a stand-in that listens at `url`. */
export function astriaControls(
	url: string,
	{ settings, store, settle }: AstriaService,
): AstriaControls {
	const payer = (workspaceId: number | null = null) => payerOf({ settings }, workspaceId);
	return {
		url,
		get key() {
			return settings.key;
		},
		options: settings,
		tunes: () => [...store.tunes.values()].filter(({ gallery }) => gallery === undefined),
		prompts: () => [...store.prompts.values()],
		creations: () => [...store.creations],
		callbacks: () => [...store.callbacks],
		balanceMc: (workspaceId) => payer(workspaceId).usd_balance_mc,
		setBalanceMc: (balanceMc, workspaceId) => {
			payer(workspaceId).usd_balance_mc = balanceMc;
		},
		settle,
	};
}
