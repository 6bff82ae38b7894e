import fc from 'fast-check';

import { JobClaims, requestKey } from '../../../lib/fal/claims';
import { ENDPOINT } from './fakeFal';

const INPUT = { model_image: 'https://a.example/1', seed: 7 };

describe('requestKey', () => {
	const key = (input: unknown) => requestKey(ENDPOINT, input);

	test('is the same for the same JSON, whatever the order of its names', () => {
		fc.assert(
			fc.property(fc.dictionary(fc.string(), fc.jsonValue(), { maxKeys: 8 }), (input) => {
				const back = Object.fromEntries(Object.entries(input).reverse());
				expect(key(back)).toBe(key(input));
				// What is undefined is not sent.
				expect(key({ ...back, '\u0000never': undefined })).toBe(key(input));
			}),
		);
	});

	test('is another one for any other JSON', () => {
		fc.assert(
			fc.property(fc.jsonValue(), fc.jsonValue(), (one, other) => {
				const same = isSame(JSON.parse(JSON.stringify(one)), JSON.parse(JSON.stringify(other)));
				expect(key({ field: one }) === key({ field: other })).toBe(same);
			}),
		);
	});

	test.each([
		[{ a: 1, b: { c: [1, 2], d: 1.5 } }, '{ "b": { "d": 15e-1, "c": [1.0, 2] }, "a": 1.0 }', true],
		[{ a: '1' }, '{ "a": 1 }', false],
		[{ a: [1, 2] }, '{ "a": [2, 1] }', false],
		[{ a: [['b', 1]] }, '{ "a": { "b": 1 } }', false],
		[{ a: 1 }, '{ "a": 1, "b": null }', false],
		[{ a: 1 }, '{ "a": 1, "seed": 3 }', false],
	])('%j and %s', (sent, stored, same) => {
		expect(key(JSON.parse(stored)) === key(sent)).toBe(same);
	});

	test('is another one for another endpoint', () => {
		expect(requestKey('fal-ai/fashn/tryon/v1.5', INPUT)).not.toBe(key(INPUT));
	});
});

/** Equality of JSON, in other words than those of the key. */
function isSame(one: unknown, other: unknown): boolean {
	try {
		expect(one).toStrictEqual(other);
		return true;
	} catch {
		return false;
	}
}

describe('Claims', () => {
	test('forgets the oldest of very many', () => {
		const claims = new JobClaims();
		for (let n = 0; n <= 10_000; n++) claims.take(`job-${n}`);
		expect(claims.has('job-0')).toBe(false);
		expect(claims.has('job-1')).toBe(true);
		expect(claims.has('job-10000')).toBe(true);
	});

	test('knows a call as under way until the last of equal ones has ended, well or badly', async () => {
		const claims = new JobClaims();
		const ends: Array<(error?: Error) => void> = [];
		const call = async () =>
			await claims.during('key', async () => {
				await new Promise<void>((resolve, reject) =>
					ends.push((error) => (error ? reject(error) : resolve())),
				);
				return 'answer';
			});
		expect(claims.isUnderWay('key')).toBe(false);
		const calls = [call(), call(), call()];
		ends[0]?.();
		expect(await calls[0]).toBe('answer');
		ends[1]?.(new Error('It broke'));
		await expect(calls[1]).rejects.toThrow('It broke');
		expect(claims.isUnderWay('key')).toBe(true);
		expect(claims.isUnderWay('another')).toBe(false);
		ends[2]?.();
		await calls[2];
		expect(claims.isUnderWay('key')).toBe(false);
	});
});
