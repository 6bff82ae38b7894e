import { parseJson } from '../../../sandbox/json';
import type { Route } from '../../../sandbox/types';

/** What was posted to the shop. */
export interface Delivery {
	path: string;
	body: unknown;
	/** Milliseconds since the epoch. */
	at: number;
}

/** A shop or CMS that takes JSON from who knows its key. */
export class StandInShop {
	readonly header = { name: 'X-Shop-Key', value: 'shop-secret' };
	readonly deliveries: Delivery[] = [];

	routes(): Route[] {
		return [
			{
				method: 'POST',
				path: /\/.+/,
				handle: ({ path, headers, body }) => {
					if (headers[this.header.name.toLowerCase()] !== this.header.value) {
						return { status: 401, body: { message: 'Wrong key' } };
					}
					this.deliveries.push({ path, body: parseJson(body.toString()), at: Date.now() });
					return { status: 201, body: { id: this.deliveries.length } };
				},
			},
		];
	}
}
