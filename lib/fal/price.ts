import { type Door, isOk, jsonOf } from '../http';
import { isObject } from '../json';
import type { FalOrigins } from './fetch';

/** What one unit costs, in fal's words. */
export interface Price {
	unitPrice: number;
	/** Such as `images`. */
	unit: string;
	/** Such as `USD`. */
	currency: string;
}

/** Milliseconds. */
const TIMEOUT = 30_000;

/**
 * Asks fal for the price of an endpoint (fal.ai docs, Platform APIs, Pricing). A price is a help
 * and no promise, so that not getting one is no failure.
 *
 * @returns `undefined` when fal does not tell
 */
export async function readPrice(
	door: Door,
	origins: FalOrigins,
	endpointId: string,
): Promise<Price | undefined> {
	try {
		const answer = await door.api({
			method: 'GET',
			url: `${origins.platform}/v1/models/pricing?endpoint_id=${encodeURIComponent(endpointId)}`,
			headers: { Accept: 'application/json' },
			timeoutMs: TIMEOUT,
			stage: 'input',
		});
		const body = jsonOf(answer);
		if (!isOk(answer) || !isObject(body) || !Array.isArray(body.prices)) return undefined;
		const price: unknown = body.prices[0];
		if (!isObject(price)) return undefined;
		const { unit_price: unitPrice, unit, currency } = price;
		return typeof unitPrice === 'number' && typeof unit === 'string' && typeof currency === 'string'
			? { unitPrice, unit, currency }
			: undefined;
	} catch {
		return undefined;
	}
}
