import { astriaAnswerError } from '../../../../lib/astria/api/errors';
import { type PaidCall, EntityClaims } from '../../../../lib/astria/api/claims';
import { UndecidedError } from '../../../../lib/astria/api/purchase';
import { StoppedError } from '../../../../lib/errors';
import { idOf } from '../../../../lib/astria/api/json';
import { broken } from '../fakeDoor';

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
	await expect(claim).rejects.toMatchObject({
		message: 'The execution was stopped while Astria was asked.',
		details: { stage: 'submit', retryable: true, charged: 'unknown' },
	});
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

function refusal(status: number): Error {
	return astriaAnswerError({ status, headers: {} }, '', 'submit');
}
