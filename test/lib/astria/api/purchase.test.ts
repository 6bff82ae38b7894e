import fc from 'fast-check';

import { idOf } from '../../../../lib/astria/api/entity';
import { astriaAnswerError } from '../../../../lib/astria/api/errors';
import {
	buyOnce,
	EntityClaims,
	givenAt,
	isInDoubt,
	type PaidCall,
	type Purchase,
	UndecidedError,
} from '../../../../lib/astria/api/purchase';
import {
	ConnectionError,
	StoppedError,
	TryOnError,
	UnknownOutcomeError,
	wholeMessage,
} from '../../../../lib/errors';
import { TestClock } from '../../clock';
import { saidBy } from '../../said';
import { broken } from '../fakeDoor';

type Thing = { id: number };

const answer = (status: number, headers: Record<string, string> = {}) => ({ status, headers });

const refusal = (...of: Parameters<typeof answer>) =>
	astriaAnswerError(answer(...of), { error: 'no' }, 'submit');

/** What a purchase fails with. */
async function failureOf(pending: Promise<unknown>): Promise<TryOnError> {
	try {
		await pending;
	} catch (error) {
		if (error instanceof TryOnError) return error;
		throw error;
	}
	throw new Error('It did not fail');
}

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

describe('of a purchase whose outcome nobody knows', () => {
	const taken =
		'It is unknown whether Astria took it, so it was not sent again and may be charged. Look for it.';

	const lostIn = (statusCode: number) =>
		new ConnectionError(
			'The answer was cut off.',
			{ stage: 'submit', retryable: true, charged: 'no', statusCode },
			true,
		);

	test.each<[string, Error | undefined, string, number | undefined]>([
		['a 500', refusal(500), 'The answer was status 500: no.', 500],
		[
			'a 500 without words',
			astriaAnswerError(answer(500), '', 'submit'),
			'The answer was status 500.',
			500,
		],
		[
			'words with full stops',
			astriaAnswerError(answer(502), 'Bad 1.5.', 'submit'),
			'The answer was status 502: Bad 1.5.',
			502,
		],
		['a reset', broken(), 'The connection broke.', undefined],
		['a success that cannot be read', lostIn(200), 'The answer was cut off.', 200],
		['an answer without an id', undefined, 'It held no id.', undefined],
	])('it is said why: %s', async (_name, outcome, reason, statusCode) => {
		const { purchase, clock } = purchaseWith([outcome], [undefined]);
		const error = await failureOf(buyOnce({ clock }, purchase));
		expect(error).toBeInstanceOf(UnknownOutcomeError);
		expect(wholeMessage(error)).toBe(
			`The request was sent, but its answer was lost: ${reason} Astria does not show the thing "x" so far. ${taken}`,
		);
		expect(error.details).toEqual({
			stage: 'submit',
			retryable: false,
			cure: 'Look for it.',
			charged: 'unknown',
			statusCode,
		});
	});

	test('it is said when Astria could not be asked', async () => {
		const { purchase, clock } = purchaseWith([broken()], [broken()]);
		expect(wholeMessage(await failureOf(buyOnce({ clock }, purchase)))).toBe(
			`The request was sent, but its answer was lost: The connection broke. Astria could not be asked for it either. ${taken}`,
		);
	});

	test.each([
		['first', [undefined, broken()]],
		['last', [broken(), broken(), broken(), broken(), undefined]],
	])('one answer is enough to say that Astria does not show it: the %s', async (_name, finds) => {
		const { purchase, clock } = purchaseWith([broken()], finds);
		expect((await failureOf(buyOnce({ clock }, purchase))).message).toContain('does not show');
	});

	test('it is said which candidates there are, where nobody can say whose they are', async () => {
		const undecided = new UndecidedError('Astria has 7, 8.', {
			stage: 'submit',
			retryable: false,
			charged: 'unknown',
			candidateIds: ['7', '8'],
		});
		const { purchase, counts, clock } = purchaseWith([refusal(504)], [undecided]);
		const error = await failureOf(buyOnce({ clock }, purchase));
		expect(error.message).toContain(' Astria has 7, 8. It is unknown');
		expect(error.details).toMatchObject({ candidateIds: ['7', '8'], statusCode: 504 });
		// Asking again would not help.
		expect(counts.asked).toBe(1);
	});
});

test('what nobody foresaw while Astria was asked is no answer', async () => {
	const { purchase, clock } = purchaseWith([broken()], [new TypeError('x is no function')]);
	await expect(buyOnce({ clock }, purchase)).rejects.toThrow(TypeError);
});

test('Astria is asked for what was sent since the last call went out', async () => {
	const { purchase, clock } = purchaseWith([refusal(429), broken()], [{ id: 7 }]);
	const sentAt: number[] = [];
	const find = async (since: number) => {
		sentAt.push(since);
		return await Promise.resolve({ id: 7 });
	};
	const before = clock.now();
	await buyOnce({ clock }, { ...purchase, find });
	expect(sentAt).toEqual([before + 5_000]);
});

describe('after Stop, what was sent', () => {
	/** A purchase whose run is stopped when Astria is asked for it the first time. */
	function stoppedAt(question: number, finds: Array<Thing | Error | undefined>) {
		const { purchase, counts, clock } = purchaseWith([broken()], finds);
		const stop = new AbortController();
		/** Whether each question could be asked when it was. */
		const open: boolean[] = [];
		const find: typeof purchase.find = async (since, timing) => {
			open.push(timing.signal?.aborted === false);
			if (open.length === question) stop.abort();
			return await purchase.find(since, timing);
		};
		const bought = buyOnce({ clock, signal: stop.signal }, { ...purchase, find });
		return { bought, counts, clock, open };
	}

	test('is asked for once more, by a question that Stop does not end', async () => {
		const { bought, open } = stoppedAt(1, [undefined, { id: 7 }]);
		expect(await bought).toEqual({ thing: { id: 7 }, recovered: true });
		expect(open).toEqual([true, true]);
	});

	test.each<[string, Array<Thing | Error | undefined>, string]>([
		['and Astria showed nothing', [undefined, broken()], 'does not show'],
		['and Astria could not be asked before', [broken(), undefined], 'does not show'],
		['and Astria could never be asked', [broken()], 'could not be asked'],
	])('is unknown: %s', async (_name, finds, said) => {
		expect((await failureOf(stoppedAt(1, finds).bought)).message).toContain(said);
	});

	test('is not waited for longer than 10 s', async () => {
		const { bought, clock } = stoppedAt(1, [undefined]);
		await failureOf(bought);
		// A pause that Stop has ended is none.
		expect(clock.waits).toEqual([10_000]);
	});
});

test.each<[string, unknown, boolean]>([
	['a 429', refusal(429), false],
	['a 503 with a Retry-After', refusal(503, { 'retry-after': '1' }), false],
	['a 503', refusal(503), true],
	['a 500', refusal(500), true],
	['a 499', refusal(499), false],
	['a connection that was never made', broken(false), false],
	['a reset', broken(), true],
	['what nobody foresaw', new TypeError('x'), false],
])('%s leaves a purchase in doubt: %p', (_name, error, inDoubt) => {
	expect(isInDoubt(error)).toBe(inDoubt);
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

const SHIRT: PaidCall = { likeness: 'a shirt', content: 'a shirt, red' };
const OTHER_SHIRT: PaidCall = { likeness: 'a shirt', content: 'a shirt, blue' };
const SHOE: PaidCall = { likeness: 'a shoe', content: 'a shoe' };

/** What a list shows, the likeliest first. */
const listed = (...ids: number[]) => ids.map((id) => ({ id }));

/** A paid call whose answer is lost. */
async function lose(claims: EntityClaims, asked: PaidCall): Promise<void> {
	const sending = claims.sending(asked, async () => await Promise.reject(broken()), idOf);
	await expect(sending).rejects.toThrow('The connection broke.');
}

test('what an answer names belongs to its call, and to no other', async () => {
	const claims = new EntityClaims();
	const answer = { id: 7 };
	expect(await claims.sending(SHIRT, async () => answer, idOf)).toBe(answer);
	expect(claims.ownerOf(7)).toBe(SHIRT.content);
	expect(claims.ownerOf(8)).toBeUndefined();
	expect(claims.take(7, 'another')).toBe(false);
	expect(claims.ownerOf(7)).toBe(SHIRT.content);
	expect(await claims.claim(SHIRT, listed(7), undefined)).toBeUndefined();
});

test('what is taken is had once', () => {
	const claims = new EntityClaims();
	expect(claims.take(7, SHOE.content)).toBe(true);
	expect(claims.take(7, SHOE.content)).toBe(false);
});

test('the likeliest that nobody has is found for a lost answer, and taken', async () => {
	const claims = new EntityClaims();
	claims.take(9, 'another');
	await lose(claims, SHIRT);
	expect(await claims.claim(SHIRT, listed(9, 8, 7), undefined)).toEqual({ id: 8 });
	expect(claims.ownerOf(8)).toBe(SHIRT.content);
	expect(claims.ownerOf(7)).toBeUndefined();
	expect(await claims.claim(SHIRT, listed(), undefined)).toBeUndefined();
});

test('answers that are under way are waited for: theirs may be among the candidates', async () => {
	const claims = new EntityClaims();
	await lose(claims, SHIRT);
	let answer: (value: unknown) => void = () => {};
	const pending = new Promise((resolve) => {
		answer = resolve;
	});
	const sending = claims.sending(OTHER_SHIRT, async () => await pending, idOf);
	const claim = claims.claim(SHIRT, listed(8, 7), undefined);
	answer({ id: 8 });
	expect(await claim).toEqual({ id: 7 });
	await sending;
});

test('an answer that was waited for once is not waited for again', async () => {
	const claims = new EntityClaims();
	await lose(claims, SHIRT);
	const waited: unknown[] = [];
	const all = jest.spyOn(Promise, 'allSettled').mockImplementation(async (pending) => {
		waited.push(...pending);
		return await Promise.resolve([]);
	});
	await claims.claim(SHIRT, listed(7), undefined);
	all.mockRestore();
	expect(waited).toEqual([]);
});

test('Stop ends the wait for the others, and nobody knows', async () => {
	const claims = new EntityClaims();
	const stop = new AbortController();
	void claims.sending(OTHER_SHIRT, async () => await new Promise(() => {}), idOf);
	const claim = claims.claim(SHIRT, listed(7), stop.signal);
	stop.abort();
	await expect(claim).rejects.toThrow(StoppedError);
	expect(claims.ownerOf(7)).toBeUndefined();
});

describe('where another answer was lost', () => {
	test('that looks the same in a list and asked for something else, nobody can say whose it is', async () => {
		const claims = new EntityClaims();
		for (const asked of [SHIRT, OTHER_SHIRT]) await lose(claims, asked);
		claims.take(9, 'another');
		const claim = claims.claim(SHIRT, listed(9, 8, 7), undefined);
		await expect(claim).rejects.toThrow(UndecidedError);
		await expect(claim).rejects.toMatchObject({
			message:
				'Astria has 8, 7: they look alike, answers of several rows were lost, and nobody can say which is whose.',
			details: {
				stage: 'submit',
				retryable: false,
				charged: 'unknown',
				candidateIds: ['8', '7'],
			},
		});
		expect(claims.ownerOf(8)).toBeUndefined();
	});

	test.each<[string, PaidCall[]]>([
		['that asked for the same, either may be had', [SHIRT, SHIRT]],
		['of another likeness, they are told apart', [SHIRT, SHOE]],
	])('%s', async (_name, lost) => {
		const claims = new EntityClaims();
		for (const asked of lost) await lose(claims, asked);
		expect(await claims.claim(SHIRT, listed(8, 7), undefined)).toEqual({ id: 8 });
	});

	test('and has been found since, that alone is no rival any more', async () => {
		const claims = new EntityClaims();
		for (const asked of [SHOE, SHIRT]) await lose(claims, asked);
		await claims.claim(SHIRT, listed(9), undefined);
		expect(await claims.claim(OTHER_SHIRT, listed(8), undefined)).toEqual({ id: 8 });
		const otherShoe = { ...SHOE, content: 'a shoe, left' };
		await expect(claims.claim(otherShoe, listed(7), undefined)).rejects.toThrow(UndecidedError);
	});

	test('only one of two equal ones is found at a time, and the other one stays a rival', async () => {
		const claims = new EntityClaims();
		for (const asked of [SHOE, SHIRT, SHIRT]) await lose(claims, asked);
		await claims.claim(SHIRT, listed(8), undefined);
		await lose(claims, OTHER_SHIRT);
		await expect(claims.claim(OTHER_SHIRT, listed(7), undefined)).rejects.toThrow(UndecidedError);
	});

	test('what is found for a call whose answer was not lost leaves the rivals as they are', async () => {
		const claims = new EntityClaims();
		await lose(claims, SHOE);
		expect(await claims.claim(SHIRT, listed(8), undefined)).toEqual({ id: 8 });
		await expect(
			claims.claim({ ...SHOE, content: 'a shoe, left' }, listed(7), undefined),
		).rejects.toThrow(UndecidedError);
	});
});

test.each<[string, () => Promise<unknown>, boolean]>([
	['holds no id', async () => ({}), true],
	['is a 504', async () => await Promise.reject(refusal(504)), true],
	['is a refusal', async () => await Promise.reject(refusal(422)), false],
	['is a 429', async () => await Promise.reject(refusal(429)), false],
])('a call whose answer %s counts as lost: %p', async (_name, send, isLost) => {
	const claims = new EntityClaims();
	await claims.sending(OTHER_SHIRT, send, idOf).catch(() => {});
	const claim = claims.claim(SHIRT, listed(7), undefined);
	if (isLost) await expect(claim).rejects.toThrow(UndecidedError);
	else expect(await claim).toEqual({ id: 7 });
});

test('an account is known by its address, and a kind by its name', () => {
	givenAt('https://a.test', 'prompt').take(1);
	expect(givenAt('https://a.test', 'prompt').has(1)).toBe(true);
	expect(givenAt('https://a.test', 'tune').has(1)).toBe(false);
	expect(givenAt('https://b.test', 'prompt').has(1)).toBe(false);
});
