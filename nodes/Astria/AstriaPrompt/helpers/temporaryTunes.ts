import type { INodeExecutionData } from 'n8n-workflow';
import pLimit from 'p-limit';

import { numberOf } from '../../../../lib/astria/api/json';
import { dropReference } from '../../../../lib/astria/tryOn/references';
import { type Bought, itemsOf } from '../../../shared/buyRows';
import type { AstriaSession } from '../../shared/session';

/** Where the ids are kept in the node's context, so that Retry On Fail does not lose them. */
const KEY = 'temporaryTunes';

/** The column that tells whether they are gone. */
const COLUMN = 'tunesDeleted';

/** How many are deleted at once. */
const AT_ONCE = 5;

/** References that this execution has registered, and that nobody else needs. */
export class TemporaryTunes {
	private readonly ids: Set<number>;

	constructor(private readonly session: AstriaSession) {
		const known: unknown = session.memory[KEY];
		const list: unknown[] = Array.isArray(known) ? known : [];
		this.ids = new Set(list.map(numberOf).filter((id) => id !== undefined));
	}

	/** Notes a tune that was just made. */
	add(tuneId: number): void {
		this.ids.add(tuneId);
		this.remember();
	}

	/**
	 * Deletes them when the pictures of all rows are downloaded. They stay when a row has failed or
	 * a picture could not be fetched: its prompt may still be running, or be made again.
	 *
	 * @returns the items of the rows, with a column that tells whether the tunes are gone
	 */
	async deleteAfter(bought: readonly Bought[]): Promise<INodeExecutionData[]> {
		const items = itemsOf(bought);
		const complete =
			bought.every(({ failed }) => !failed) &&
			items.every(({ binary }) => binary !== undefined) &&
			items.every(({ json }) => json.downloadError === undefined);
		const deleted = complete && (await this.deleteAll());
		return items.map((item) =>
			'error' in item.json ? item : { ...item, json: { ...item.json, [COLUMN]: deleted } },
		);
	}

	private remember(): void {
		this.session.memory[KEY] = [...this.ids];
	}

	private async deleteAll(): Promise<boolean> {
		const limit = pLimit(AT_ONCE);
		const results = await Promise.all(
			[...this.ids].map(async (id) => await limit(async () => await this.delete(id))),
		);
		this.remember();
		return results.every(Boolean);
	}

	private async delete(id: number): Promise<boolean> {
		const { client, timing } = this.session;
		const gone = await dropReference(client, timing, id);
		if (gone) this.ids.delete(id);
		return gone;
	}
}
