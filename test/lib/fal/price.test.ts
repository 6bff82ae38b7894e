import fc from 'fast-check';

import { costOfPictures, costOfUnits, pricesOf } from '../../../lib/fal/result';
import { broken, type Reply } from '../astria/fakeDoor';
import { TestClock } from '../clock';
import { clientOf, ENDPOINT, fakeFal } from './fakeFal';

const PRICE = { unitPrice: 0.075, unit: 'images', currency: 'USD' };
const listed = { endpoint_id: ENDPOINT, unit_price: 0.075, unit: 'images', currency: 'USD' };

const lookUp = (door: ReturnType<typeof fakeFal>) =>
	pricesOf(clientOf(door), { clock: new TestClock() });

async function priceIn(reply: Reply | Error) {
	const door = fakeFal({
		api: () => {
			if (reply instanceof Error) throw reply;
			return reply;
		},
	});
	return await lookUp(door)(ENDPOINT);
}

test("a price is asked for at fal's platform, with the key", async () => {
	const door = fakeFal({ api: () => ({ json: { prices: [listed, { ...listed, unit: 'x' }] } }) });
	expect(await lookUp(door)(ENDPOINT)).toEqual(PRICE);
	const endpoint = 'fal-ai%2Ffashn%2Ftryon%2Fv1.6';
	const url = `https://api.fal.ai/v1/models/pricing?endpoint_id=${endpoint}`;
	const headers = { Accept: 'application/json' };
	expect(door.calls).toMatchObject([{ method: 'GET', url, headers }]);
});

test.each<[string, Reply | Error]>([
	['a refusal', { status: 403, json: { prices: [listed] } }],
	['no connection', broken()],
	['a web page', { text: '<html>' }],
	['nothing', { json: null }],
	['no list', { json: { prices: listed } }],
	['an empty list', { json: { prices: [] } }],
	['a list of numbers', { json: { prices: [0.075] } }],
	['a price in words', { json: { prices: [{ ...listed, unit_price: '0.075' }] } }],
	['no unit', { json: { prices: [{ ...listed, unit: undefined }] } }],
	['no currency', { json: { prices: [{ ...listed, currency: null }] } }],
])('%s tells no price, and is no failure', async (_, reply) => {
	expect(await priceIn(reply)).toBeUndefined();
});

test('any JSON is a price or none', async () => {
	const price = fc.record({ unit_price: fc.jsonValue(), unit: fc.string(), currency: fc.string() });
	const said = fc.oneof(fc.jsonValue(), fc.record({ prices: fc.array(price) }));
	await fc.assert(
		fc.asyncProperty(said, async (json) => {
			const read = await priceIn({ json });
			expect([undefined, 'number']).toContain(read && typeof read.unitPrice);
		}),
	);
});

test('a price is asked for again after a passing fault', async () => {
	const replies: Reply[] = [{ status: 500 }, { json: { prices: [listed] } }];
	const door = fakeFal({ api: () => replies.shift() ?? { status: 500 } });
	expect(await lookUp(door)(ENDPOINT)).toEqual(PRICE);
	expect(door.calls).toHaveLength(2);
});

test('a run asks for each price once', async () => {
	const door = fakeFal({ api: () => ({ json: { prices: [listed] } }) });
	const prices = lookUp(door);
	const asked = [ENDPOINT, ENDPOINT, 'fal-ai/other'].map(async (id) => await prices(id));
	expect(await Promise.all(asked)).toEqual([PRICE, PRICE, PRICE]);
	expect(await prices(ENDPOINT)).toEqual(PRICE);
	expect(door.calls).toHaveLength(2);
});

test('units are billed at their price, without what binary numbers add', () => {
	expect(costOfUnits({ ...PRICE, unitPrice: 0.1 }, 3)).toEqual({ amount: 0.3, currency: 'USD' });
});

test.each([
	['images', 0.15],
	['image', 0.15],
	['Pictures', 0.15],
	['generation', 0.15],
	['megapixels', undefined],
	['images per second', undefined],
	['processed images', undefined],
])('a price per %s tells what two pictures cost: %s', (unit, amount) => {
	const cost = costOfPictures({ ...PRICE, unit }, 2);
	expect(cost).toEqual(amount === undefined ? undefined : { amount, currency: 'USD' });
});

test('without a price nobody knows what pictures cost', () => {
	expect(costOfPictures(undefined, 2)).toBeUndefined();
});
