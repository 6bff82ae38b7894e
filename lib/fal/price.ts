import { type Door, isOk, jsonOf } from '../http';
import { isObject } from '../json';
import { type Cost, rounded } from '../money';
import type { FalOrigins } from './fetch';

/** What one unit costs, in fal's words. */
export interface Price {
	unitPrice: number;
	/** Such as `images`. */
	unit: string;
	/** Such as `USD`. */
	currency: string;
}

const TIMEOUT_MS = 30_000;

/** Units of which a picture is one (fal.ai docs, Platform APIs, Pricing). */
const PICTURE_UNIT = /^(image|picture|generation)s?$/i;

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
			timeoutMs: TIMEOUT_MS,
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

/** What so many units cost. */
export function costOfUnits({ unitPrice, currency }: Price, units: number): Cost {
	return { amount: rounded(unitPrice * units), currency };
}

/** What so many pictures cost where a unit is a picture; another unit does not tell it. */
export function costOfPictures(price: Price | undefined, pictures: number): Cost | undefined {
	return price && PICTURE_UNIT.test(price.unit) ? costOfUnits(price, pictures) : undefined;
}

/** The prices of a run, each asked for once. */
export class Prices {
	private readonly asked = new Map<string, Promise<Price | undefined>>();

	constructor(
		private readonly door: Door,
		private readonly origins: FalOrigins,
	) {}

	/** @returns `undefined` when fal does not tell */
	async of(endpointId: string): Promise<Price | undefined> {
		const price = this.asked.get(endpointId) ?? readPrice(this.door, this.origins, endpointId);
		this.asked.set(endpointId, price);
		return await price;
	}
}
