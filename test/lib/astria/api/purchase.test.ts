import fc from 'fast-check';

import { answerError } from '../../../../lib/astria/api/errors';
import { buyOnce, type Purchase } from '../../../../lib/astria/api/purchase';
import { ConnectionError, TryOnError, UnknownOutcomeError } from '../../../../lib/errors';
import { TestClock } from '../../clock';
import { broken } from '../fakeDoor';
import { saidBy } from '../../said';

type Thing = { id: number };

const refusal = (status: number, headers: Record<string, string> = {}) =>
	answerError({ status, headers }, { error: 'no' }, 'submit');

function purchaseWith(
	sends: Array<Thing | Error | undefined>,
	finds: Array<Thing | Error | undefined>,
) {
	const counts = { sent: 0, asked: 0 };
	const next = (list: Array<Thing | Error | undefined>, index: number) => {
		const step = list[Math.min(index, list.length - 1)];
		if (step instanceof Error) throw step;
		return step;
	};
	const purchase: Purchase<Thing> = {
		what: 'thing "x"',
		send: async () => next(sends, counts.sent++),
		read: (answer) =>
			typeof answer === 'object' &&
			answer !== null &&
			'id' in answer &&
			typeof answer.id === 'number'
				? { id: answer.id }
				: undefined,
		find: async () => next(finds, counts.asked++),
		cure: 'Look for it.',
	};
	return { purchase, counts, clock: new TestClock() };
}

test('an answer with an id ends it', async () => {
	const { purchase, counts, clock } = purchaseWith([{ id: 1 }], []);
	expect(await buyOnce({ clock }, purchase)).toEqual({ thing: { id: 1 }, recovered: false });
	expect(counts).toEqual({ sent: 1, asked: 0 });
});

test.each<[string, Error, number[]]>([
	['429', refusal(429), [5_000]],
	['429 with Retry-After', refusal(429, { 'retry-after': '2' }), [2_000]],
	['503 with Retry-After', refusal(503, { 'retry-after': '2' }), [2_000]],
	['a connection that was never made', broken(false), [1_000]],
])('%s is sent again', async (_name, error, waits) => {
	const { purchase, counts, clock } = purchaseWith([error, { id: 1 }], []);
	expect(await buyOnce({ clock }, purchase)).toEqual({ thing: { id: 1 }, recovered: false });
	expect(counts.sent).toBe(2);
	expect(clock.waits).toEqual(waits);
});

test.each([
	[429, {}],
	[503, { 'retry-after': '2' }],
])('%i to the end costs nothing: Astria says that it did not take it', async (status, headers) => {
	const { purchase, counts, clock } = purchaseWith([refusal(status, headers)], []);
	const details = expect.objectContaining({ charged: 'no', statusCode: status });
	await expect(buyOnce({ clock }, purchase)).rejects.toMatchObject({ details });
	expect(counts).toEqual({ sent: 6, asked: 0 });
});

test.each([400, 401, 402, 403, 404, 413, 422, 302])(
	'%i is a no, and costs nothing',
	async (status) => {
		const { purchase, counts, clock } = purchaseWith([refusal(status)], []);
		const details = expect.objectContaining({ charged: 'no', statusCode: status });
		await expect(buyOnce({ clock }, purchase)).rejects.toMatchObject({ details });
		expect(counts).toEqual({ sent: 1, asked: 0 });
	},
);

describe.each<[string, Thing | Error | undefined]>([
	['500', refusal(500)],
	['502', refusal(502)],
	['503 without a hint', refusal(503)],
	['504', refusal(504)],
	['a reset', broken()],
	['an answer without an id', undefined],
])('after %s', (_name, outcome) => {
	test('it is asked for, and handed back when it is there', async () => {
		const { purchase, counts, clock } = purchaseWith([outcome], [{ id: 7 }]);
		expect(await buyOnce({ clock }, purchase)).toEqual({ thing: { id: 7 }, recovered: true });
		expect(counts).toEqual({ sent: 1, asked: 1 });
		expect(clock.waits).toEqual([]);
	});

	test('it is asked for some times more, since it may be on its way', async () => {
		const finds = [undefined, broken(), { id: 7 }];
		const { purchase, counts, clock } = purchaseWith([outcome], finds);
		expect(await buyOnce({ clock }, purchase)).toEqual({ thing: { id: 7 }, recovered: true });
		expect(counts).toEqual({ sent: 1, asked: 3 });
		expect(clock.waits).toEqual([5_000, 15_000]);
	});

	test('nobody knows when it is not there', async () => {
		const { purchase, counts, clock } = purchaseWith([outcome], [undefined]);
		const bought = buyOnce({ clock }, purchase);
		await expect(bought).rejects.toThrow(UnknownOutcomeError);
		expect(await saidBy(() => bought)).toMatch(
			/does not show the thing "x" so far.* Look for it\./,
		);
		await expect(bought).rejects.toMatchObject({ details: { charged: 'unknown' } });
		expect(counts).toEqual({ sent: 1, asked: 5 });
		// Astria wants at least a minute to pass before the same is sent again.
		expect(clock.waits.reduce((sum, wait) => sum + wait, 0)).toBeGreaterThan(60_000);
	});

	test('nobody knows when Astria cannot be asked', async () => {
		const { purchase, clock } = purchaseWith([outcome], [broken()]);
		await expect(buyOnce({ clock }, purchase)).rejects.toThrow(/could not be asked/);
	});

	test('after Stop it is still asked for once', async () => {
		const { purchase, counts, clock } = purchaseWith([outcome], [undefined]);
		const stop = new AbortController();
		const { signal } = stop;
		const send = async () => {
			stop.abort();
			return await purchase.send();
		};
		const bought = buyOnce({ clock, signal }, { ...purchase, send });
		await expect(bought).rejects.toThrow(UnknownOutcomeError);
		expect(counts).toEqual({ sent: 1, asked: 1 });
	});
});

test('after Stop nothing is sent', async () => {
	const { purchase, counts, clock } = purchaseWith([{ id: 1 }], []);
	const signal = AbortSignal.abort('Stopped.');
	await expect(buyOnce({ clock, signal }, purchase)).rejects.toMatchObject({
		message: 'Stopped.',
		details: { charged: 'no' },
	});
	expect(counts).toEqual({ sent: 0, asked: 0 });
});

test('whatever happens, no call whose outcome is unknown is followed by another', async () => {
	const outcome = fc.oneof(
		fc
			.integer({ min: 300, max: 599 })
			.chain((status) =>
				fc.boolean().map((hint) => refusal(status, hint ? { 'retry-after': '1' } : {})),
			),
		fc.boolean().map((sent) => broken(sent)),
		fc.constant<Thing>({ id: 3 }),
		fc.constant(undefined),
	);
	const mayFollow = (step: Thing | Error | undefined) =>
		(step instanceof ConnectionError && !step.sent) ||
		(step instanceof TryOnError &&
			(step.details.statusCode === 429 ||
				(step.details.statusCode === 503 &&
					'headers' in step &&
					JSON.stringify(step.headers) !== '{}')));
	await fc.assert(
		fc.asyncProperty(fc.array(outcome, { minLength: 1, maxLength: 8 }), async (steps) => {
			const { purchase, counts, clock } = purchaseWith(steps, [undefined]);
			await buyOnce({ clock }, purchase).catch(() => {});
			const before = Array.from(
				{ length: counts.sent - 1 },
				(_, index) => steps[Math.min(index, steps.length - 1)],
			);
			expect(before.every(mayFollow)).toBe(true);
		}),
		{ numRuns: 500 },
	);
});
