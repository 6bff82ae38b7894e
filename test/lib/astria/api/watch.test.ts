import fc from 'fast-check';

import type { ListSource } from '../../../../lib/astria/api/entity';
import { astriaAnswerError, AstriaAnswerError } from '../../../../lib/astria/api/errors';
import { Watch } from '../../../../lib/astria/api/watch';
import { JobFailedError, MaxWaitError, StoppedError } from '../../../../lib/errors';
import { TestClock } from '../../clock';
import { broken } from '../fakeDoor';

interface Thing {
	id: number;
	done: boolean;
}

const SCHEDULE = {
	firstMs: 1_000,
	intervalMs: 1_000,
	growAfterMs: 10_000,
	growth: 2,
	longestMs: 60_000,
};
const DETAILS = { service: 'Astria', stage: 'wait', retryable: false, charged: 'no' } as const;

/** A service with things that are done after a time. */
class Service implements ListSource<Thing> {
	readonly things = new Map<number, number>();
	readonly calls: Array<{ at: number; kind: 'list' | 'get' }> = [];
	/** Errors of the next calls. */
	readonly failures: Error[] = [];
	/** Ids that the list does not show. */
	readonly hidden = new Set<number>();
	/** Errors of each question for one. */
	readonly refused = new Map<number, Error>();

	constructor(readonly clock: TestClock) {}

	idOf({ id }: Thing): number {
		return id;
	}

	async list(beforeId: number, limit: number): Promise<Thing[]> {
		this.note('list');
		return [...this.things.keys()]
			.filter((id) => id < beforeId && !this.hidden.has(id))
			.sort((a, b) => b - a)
			.slice(0, limit)
			.map((id) => this.show(id));
	}

	async get(id: number): Promise<Thing> {
		this.note('get');
		const refusal = this.refused.get(id);
		if (refusal) throw refusal;
		if (!this.things.has(id)) throw astriaAnswerError({ status: 404, headers: {} }, '', 'wait');
		return this.show(id);
	}

	private show(id: number): Thing {
		return { id, done: (this.things.get(id) ?? 0) <= this.clock.now() };
	}

	private note(kind: 'list' | 'get'): void {
		this.calls.push({ at: this.clock.now(), kind });
		const failure = this.failures.shift();
		if (failure) throw failure;
	}
}

function setUp() {
	const clock = new TestClock(0);
	const service = new Service(clock);
	const watch = new Watch(clock, service, SCHEDULE);
	const until = async (id: number, maxWait = 3_600_000, signal?: AbortSignal) =>
		await watch.until({
			id,
			look: (thing) => (thing.done ? thing : undefined),
			deadline: clock.now() + maxWait,
			overdue: (last) => new MaxWaitError(`overdue ${String(last?.id)}`, 0),
			signal,
		});
	return { clock, service, watch, until };
}

test('one is asked for by its id, ever less often, until it is done', async () => {
	const { service, until } = setUp();
	service.things.set(5, 100_000);
	expect(await until(5)).toEqual({ id: 5, done: true });
	expect(service.calls.every(({ kind }) => kind === 'get')).toBe(true);
	const pauses = service.calls.map(({ at }, index) => at - (service.calls[index - 1]?.at ?? 0));
	expect(pauses.slice(0, 3)).toEqual([1_000, 1_000, 1_000]);
	expect(pauses.at(-1)).toBe(60_000);
	expect(Math.max(...pauses)).toBeLessThanOrEqual(60_000);
});

test('sixty are watched with one list call in each round', async () => {
	const { service, until } = setUp();
	const ids = Array.from({ length: 60 }, (_, index) => index + 1);
	for (const id of ids) service.things.set(id, id * 500);
	const results = await Promise.all(ids.map(async (id) => await until(id)));
	expect(results.map(({ id }) => id)).toEqual(ids);
	const rounds = new Map<number, number>();
	for (const { at } of service.calls) rounds.set(at, (rounds.get(at) ?? 0) + 1);
	expect(Math.max(...rounds.values())).toBe(1);
	expect(service.calls.filter(({ kind }) => kind === 'get').length).toBeLessThanOrEqual(2);
});

test('whichever are watched among whichever there are, all come back with at most two pages a round', async () => {
	const scene = fc.record({
		others: fc.uniqueArray(fc.integer({ min: 1, max: 2_000 }), { maxLength: 400 }),
		watched: fc.uniqueArray(fc.integer({ min: 1, max: 2_000 }), { minLength: 2, maxLength: 150 }),
		slowest: fc.integer({ min: 0, max: 200_000 }),
	});
	await fc.assert(
		fc.asyncProperty(scene, async ({ others, watched, slowest }) => {
			const { service, until } = setUp();
			for (const id of others) service.things.set(id, Infinity);
			watched.forEach((id, index) => service.things.set(id, (slowest * index) / watched.length));
			const results = await Promise.all(watched.map(async (id) => await until(id)));
			expect(results.map(({ id }) => id)).toEqual(watched);
			const pages = new Map<number, number>();
			for (const { at, kind } of service.calls) {
				if (kind === 'list') pages.set(at, (pages.get(at) ?? 0) + 1);
			}
			expect(Math.max(0, ...pages.values())).toBeLessThanOrEqual(2);
		}),
		{ numRuns: 60 },
	);
});

test('what the list does not show is asked for by its id', async () => {
	const { service, until } = setUp();
	for (const id of [1, 2, 3]) service.things.set(id, 3_000);
	service.hidden.add(2);
	const results = await Promise.all([1, 2, 3].map(async (id) => await until(id)));
	expect(results).toHaveLength(3);
	expect(service.calls.some(({ kind }) => kind === 'get')).toBe(true);
});

test('what is missing for a moment is not gone', async () => {
	const { service, until, clock } = setUp();
	const waiting = until(9);
	jest.spyOn(service, 'get').mockImplementationOnce(async () => {
		service.things.set(9, clock.now());
		throw astriaAnswerError({ status: 404, headers: {} }, '', 'wait');
	});
	expect(await waiting).toMatchObject({ id: 9 });
});

test('what stays missing is gone, and the others go on', async () => {
	const { service, until } = setUp();
	service.things.set(1, 60_000);
	const [there, gone] = await Promise.allSettled([until(1), until(2)]);
	expect(there).toMatchObject({ status: 'fulfilled' });
	expect(gone).toMatchObject({ status: 'rejected', reason: expect.any(AstriaAnswerError) });
});

test.each<[string, Error, number]>([
	['a lost connection', broken(), 1_000],
	['a 429', astriaAnswerError({ status: 429, headers: {} }, '', 'wait'), 5_000],
	[
		'a 429 with Retry-After',
		astriaAnswerError({ status: 429, headers: { 'retry-after': '9' } }, '', 'wait'),
		9_000,
	],
	['a 500', astriaAnswerError({ status: 500, headers: {} }, '', 'wait'), 30_000],
])('%s only makes the next pause longer', async (_name, error, pause) => {
	const { service, until } = setUp();
	service.things.set(1, 0);
	service.failures.push(error);
	expect(await until(1)).toMatchObject({ done: true });
	expect(service.calls.map(({ at }) => at)).toEqual([1_000, 1_000 + pause]);
});

test('an answer that will not change ends all waits, each with an error of its own', async () => {
	const { service, until } = setUp();
	for (const id of [1, 2]) service.things.set(id, 60_000);
	service.failures.push(astriaAnswerError({ status: 401, headers: {} }, 'Access denied', 'wait'));
	const [first, second] = await Promise.allSettled([until(1), until(2)]);
	expect(first).toMatchObject({ status: 'rejected', reason: { status: 401 } });
	const reasonOf = (outcome: PromiseSettledResult<Thing>): unknown =>
		outcome.status === 'rejected' ? outcome.reason : undefined;
	expect(reasonOf(second)).toBeInstanceOf(AstriaAnswerError);
	expect(reasonOf(first)).not.toBe(reasonOf(second));
});

test.each([400, 403, 422])('a %d for one of them ends its wait alone', async (status) => {
	const { service, until } = setUp();
	for (const id of [1, 2, 3]) service.things.set(id, 5_000);
	service.hidden.add(2).add(1);
	service.refused.set(2, astriaAnswerError({ status, headers: {} }, 'No', 'wait'));
	const ends = await Promise.allSettled([1, 2, 3].map(async (id) => await until(id)));
	expect(ends).toMatchObject([
		{ status: 'fulfilled' },
		{ status: 'rejected', reason: { status } },
		{ status: 'fulfilled' },
	]);
});

test('a 500 for one of them keeps none of the others waiting', async () => {
	const { service, until } = setUp();
	for (const id of [1, 2, 3]) service.things.set(id, 5_000);
	for (const id of [1, 2, 3]) service.hidden.add(id);
	service.refused.set(3, astriaAnswerError({ status: 500, headers: {} }, 'No', 'wait'));
	const ends = await Promise.allSettled([1, 2, 3].map(async (id) => await until(id, 100_000)));
	expect(ends.map(({ status }) => status)).toEqual(['fulfilled', 'fulfilled', 'rejected']);
	expect(ends[2]).toMatchObject({ reason: expect.any(MaxWaitError) });
});

test('a judgement that it can never be ends its wait alone', async () => {
	const { service, watch, until } = setUp();
	for (const id of [1, 2]) service.things.set(id, 5_000);
	const look = () => {
		throw new JobFailedError('failed', { ...DETAILS });
	};
	const bad = watch.until({
		id: 1,
		look,
		deadline: 1e9,
		overdue: () => new MaxWaitError('', 0),
	});
	const [failed, done] = await Promise.allSettled([bad, until(2)]);
	expect(failed).toMatchObject({ reason: expect.any(JobFailedError) });
	expect(done).toMatchObject({ status: 'fulfilled' });
});

test('the deadline ends a wait on time, with what was seen last', async () => {
	const { service, until, clock } = setUp();
	service.things.set(3, Infinity);
	await expect(until(3, 25_000)).rejects.toThrow('overdue 3');
	expect(clock.now()).toBe(25_000);
});

test('Stop ends a wait at once, also while a call is under way', async () => {
	const { service, until } = setUp();
	service.things.set(3, Infinity);
	const stop = new AbortController();
	jest.spyOn(service, 'get').mockImplementation(async () => {
		stop.abort('The execution was stopped.');
		return await new Promise(() => {});
	});
	await expect(until(3, undefined, stop.signal)).rejects.toThrow(StoppedError);
	const aborted = until(3, undefined, AbortSignal.abort('again'));
	await expect(aborted).rejects.toThrow('again');
});

test('two may wait for the same one, and a new wait can begin after the last one ended', async () => {
	const { service, until } = setUp();
	service.things.set(4, 5_000);
	expect(await Promise.all([until(4), until(4)])).toHaveLength(2);
	expect(await until(4)).toMatchObject({ id: 4 });
});
