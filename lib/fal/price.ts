import { jsonOf } from '../http';
import { isObject } from '../json';
import { type Cost, rounded } from '../money';
import { mayPass, oncePer, type Timing, withRetries } from '../time';
import { type FalClient, PLATFORM_TIMEOUT_MS } from './client';

/** What one unit costs, in fal's words. */
export interface Price {
	unitPrice: number;
	/** Such as `images`. */
	unit: string;
	/** Such as `USD`. */
	currency: string;
}

/** Milliseconds between tries: a finished picture waits for its price. */
const PAUSES_MS = [500, 1_500];

/** Units of which a picture is one (fal.ai docs, Platform APIs, Pricing). */
const PICTURE_UNIT = /^(image|picture|generation)s?$/i;

/** The first price of an answer. @throws FalAnswerError, ConnectionError */
async function askPrice(
	client: FalClient,
	{ signal }: Pick<Timing, 'signal'>,
	endpointId: string,
): Promise<Price | undefined> {
	const query = new URLSearchParams({ endpoint_id: endpointId });
	const answer = await client.platform('pricing', query, { stage: 'input', signal });
	const body = jsonOf(answer);
	const price: unknown = isObject(body) && Array.isArray(body.prices) ? body.prices[0] : undefined;
	if (!isObject(price)) return undefined;
	const { unit_price: unitPrice, unit, currency } = price;
	return typeof unitPrice === 'number' && typeof unit === 'string' && typeof currency === 'string'
		? { unitPrice, unit, currency }
		: undefined;
}

/**
 * Asks fal for the price of an endpoint (fal.ai docs, Platform APIs, Pricing). A price is a help
 * and no promise, so that not getting one is no failure.
 *
 * @returns `undefined` when fal does not tell
 */
async function readPrice(
	client: FalClient,
	timing: Timing,
	endpointId: string,
): Promise<Price | undefined> {
	const end = timing.clock.now() + PLATFORM_TIMEOUT_MS;
	// One that was waited for in vain is not waited for again.
	const again = (error: unknown) => mayPass(error) && timing.clock.now() < end;
	try {
		return await withRetries(timing, { pausesMs: PAUSES_MS, again }, async () =>
			askPrice(client, timing, endpointId),
		);
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

/** Tells the price of an endpoint, which is asked for once; `undefined` when fal does not tell. */
export type Prices = (endpointId: string) => Promise<Price | undefined>;

/** The prices of a run, asked for when they are wanted; that does not throw. */
export function pricesOf(client: FalClient, timing: Timing): Prices {
	return oncePer(async (endpointId) => await readPrice(client, timing, endpointId));
}
