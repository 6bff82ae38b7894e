import fc from 'fast-check';

import { AstriaClient } from '../../../../lib/astria/api/client';
import { EntityList } from '../../../../lib/astria/api/entity';
import { namedIn } from '../../../../lib/astria/events/event';
import {
	follow,
	type FollowedList,
	keeping,
	readTrail,
	type Trail,
} from '../../../../lib/astria/events/trail';
import { systemClock } from '../../../../lib/time';
import { isRecord } from '../../../../sandbox/json';
import { broken, fakeDoor, type Reply } from '../fakeDoor';

interface Thing {
	id: number;
	ended: boolean;
}

function thingOf(value: unknown): Thing | undefined {
	if (!isRecord(value) || typeof value.id !== 'number') return undefined;
	return { id: value.id, ended: value.ended === true };
}

const LIST: FollowedList<Thing> = {
	list: new EntityList('/things', thingOf, (thing) => ({ ...thing })),
	isWanted: () => true,
	hasEnded: ({ ended }) => ended,
};

/** An account whose list holds things, of which the call with this number breaks. */
function account(things: Map<number, Thing>, breaksAt: () => number) {
	let call = 0;
	const door = fakeDoor(({ url }) => {
		call += 1;
		if (call === breaksAt()) throw broken();
		const { pathname, searchParams } = new URL(url);
		const [, one] = /\/things\/(\d+)$/.exec(pathname) ?? [];
		const thing = things.get(Number(one));
		if (one !== undefined)
			return thing ? { json: thing } : { status: 404, json: { error: 'gone' } };
		const before = Number(searchParams.get('before_id') ?? Infinity);
		const newest = [...things.values()].filter(({ id }) => id < before).sort((a, b) => b.id - a.id);
		return { json: newest.slice(0, Number(searchParams.get('limit'))) };
	});
	return {
		client: new AstriaClient(door, 'https://astria.test', systemClock),
		start: () => (call = 0),
	};
}

const steps = fc.array(
	fc.oneof(
		fc.record({ do: fc.constant('make' as const), count: fc.integer({ min: 1, max: 60 }) }),
		fc.record({
			do: fc.constant('end' as const),
			seed: fc.nat(),
			share: fc.double({ min: 0, max: 1, noNaN: true }),
		}),
		fc.record({
			do: fc.constant('look' as const),
			breaksAt: fc.integer({ min: 0, max: 6 }),
			tell: fc.nat(80),
		}),
	),
	{ maxLength: 25 },
);

test('whatever ends, in whatever order and while looks fail, is told once', async () => {
	await fc.assert(
		fc.asyncProperty(steps, async (all) => {
			const things = new Map<number, Thing>();
			let breaks = 0;
			const { client, start } = account(things, () => breaks);
			const timing = { clock: systemClock };
			let stored: string | undefined;
			const told: number[] = [];
			const look = async (most: number) => {
				start();
				const trail = readTrail(stored === undefined ? undefined : JSON.parse(stored));
				const found = await follow(client, timing, LIST, trail);
				const ids = found.ended.map(({ id }) => id);
				told.push(...ids.slice(0, most));
				stored = JSON.stringify(keeping(found.trail, ids.slice(most)));
			};
			await look(0);
			for (const step of all) {
				if (step.do === 'make') {
					for (let n = 0; n < step.count; n += 1) {
						things.set(things.size + 1, { id: things.size + 1, ended: false });
					}
				} else if (step.do === 'end') {
					for (const thing of things.values()) {
						const chance = ((thing.id * 2654435761 + step.seed) % 1000) / 1000;
						if (chance < step.share) thing.ended = true;
					}
				} else {
					breaks = step.breaksAt;
					await look(step.tell).catch(() => undefined);
					breaks = 0;
				}
			}
			await look(Infinity);
			const ended = [...things.values()].filter((thing) => thing.ended).map(({ id }) => id);
			expect([...told].sort((a, b) => a - b)).toEqual(ended);
		}),
		{ numRuns: 60 },
	);
});

describe('a look at what is not listed any more', () => {
	const OPEN = Array.from({ length: 500 }, (_, n) => n + 1);

	/** An account whose list shows nothing. @param one answers for one of the open things */
	function emptied(one: (id: number) => Reply) {
		const asked: number[] = [];
		let now = 0;
		const most = { atOnce: 0 };
		const door = fakeDoor(async ({ url, signal }) => {
			const [, id] = /\/things\/(\d+)$/.exec(url) ?? [];
			if (signal?.aborted) throw broken();
			if (id === undefined) return { json: [] };
			asked.push(Number(id));
			now += 1;
			most.atOnce = Math.max(most.atOnce, now);
			await new Promise((resolve) => setImmediate(resolve));
			now -= 1;
			return one(Number(id));
		});
		return { asked, most, client: new AstriaClient(door, 'https://astria.test', systemClock) };
	}

	const GONE = { status: 404, json: { error: 'gone' } };
	const trail = { newest: 500, open: OPEN };

	test('asks for a few at a time, and forgets what three looks in a row have not found', async () => {
		const { client, asked, most } = emptied(() => GONE);
		let next: Trail = trail;
		for (const left of [500, 500, 0]) {
			asked.length = 0;
			const found = await follow(client, { clock: systemClock }, LIST, next);
			expect(found.ended).toEqual([]);
			next = readTrail(JSON.parse(JSON.stringify(found.trail))) ?? next;
			expect(next.open).toHaveLength(left);
			expect(asked).toHaveLength(500);
		}
		expect(next).toEqual({ newest: 500, open: [] });
		expect(most.atOnce).toBe(5);
	});

	test('counts the looks in a row: one that was there in between is not forgotten', async () => {
		const answers = [GONE, GONE, { json: { id: 7, ended: false } }, GONE, GONE];
		const { client } = emptied(() => answers.shift() ?? { json: { id: 7, ended: true } });
		let next: Trail = { newest: 9, open: [7] };
		for (let look = 0; look < 5; look += 1) {
			({ trail: next } = await follow(client, { clock: systemClock }, LIST, next));
			expect(next.open).toEqual([7]);
		}
		const { ended } = await follow(client, { clock: systemClock }, LIST, next);
		expect(ended.map(({ id }) => id)).toEqual([7]);
	});

	test('that has no time for all of them is gone on with by the next one', async () => {
		const time = new AbortController();
		const isEnded = (id: number) => id % 100 === 0;
		const { client, asked } = emptied((id) => {
			if (asked.length === 200) time.abort();
			return { json: { id, ended: isEnded(id) } };
		});
		const first = await follow(client, { clock: systemClock, signal: time.signal }, LIST, trail);
		expect(first.trouble).toBeDefined();
		expect(first.ended.map(({ id }) => id)).toEqual([400, 500]);
		expect(first.trail.newest).toBe(500);
		expect(first.trail.open).toHaveLength(498);
		const next = await follow(client, { clock: systemClock }, LIST, first.trail);
		expect(next.trouble).toBeUndefined();
		expect(next.ended.map(({ id }) => id)).toEqual([100, 200, 300]);
		expect(next.trail.newest).toBe(500);
		expect(next.trail.open).toHaveLength(495);
	});

	test.each([403, 500])('tells of the others where one keeps answering %d', async (status) => {
		const answers = { json: { error: 'no' }, status };
		const { client } = emptied((id) => (id === 499 ? answers : { json: { id, ended: true } }));
		for (const open of [OPEN, [499]]) {
			const found = await follow(client, { clock: systemClock }, LIST, { newest: 500, open });
			expect(found.ended.map(({ id }) => id)).toEqual(open.filter((id) => id !== 499));
			expect(found.trail).toEqual({ newest: 500, open: [499] });
			expect(found.trouble).toMatchObject({ status });
		}
	});

	test('keeps one whose answer cannot be read', async () => {
		const { client } = emptied(() => ({ json: {} }));
		const found = await follow(client, { clock: systemClock }, LIST, { newest: 9, open: [7] });
		expect(found).toMatchObject({ ended: [], trail: { newest: 9, open: [7] } });
	});

	test('fails where Astria does not accept the key', async () => {
		const { client } = emptied(() => ({ status: 401, text: 'HTTP Token: Access denied.' }));
		await expect(follow(client, { clock: systemClock }, LIST, trail)).rejects.toThrow(/key/);
	});
});

test('no more than n8n can well write down is waited for, the newest', async () => {
	const things = new Map<number, Thing>();
	for (let id = 1; id <= 2_500; id += 1) things.set(id, { id, ended: false });
	const { client } = account(things, () => 0);
	const look = await follow(client, { clock: systemClock }, LIST, { newest: 0, open: [] });
	const { trail, dropped } = look;
	expect([trail.open.length, trail.open[0], trail.newest]).toEqual([2_000, 2_500, 2_500]);
	expect(dropped).toBe(500);
});

/** An account of ended things, of which each look reads so many pages before its time is up. */
function slow(count: number) {
	const things = new Map<number, Thing>();
	for (let id = 1; id <= count; id += 1) things.set(id, { id, ended: true });
	let pages = 0;
	const { client, start } = account(things, () => pages + 1);
	return {
		things,
		async look(trail: Trail, most: number) {
			start();
			pages = most;
			return await follow(client, { clock: systemClock }, LIST, trail);
		},
	};
}

test('what had ended and could not be told is never dropped, however many and however slow', async () => {
	const { look } = slow(4_000);
	let trail: Trail = { newest: 0, open: [] };
	const told: number[] = [];
	for (let n = 0; n < 200; n += 1) {
		const found = await look(trail, n === 0 ? Infinity : 10);
		const ids = found.ended.map(({ id }) => id);
		told.push(...ids.slice(0, 60));
		trail = keeping(found.trail, ids.slice(60));
		if (!trail.untold) break;
	}
	expect(told).toHaveLength(4_000);
	expect(new Set(told).size).toBe(4_000);
});

test('a reading that is broken off is gone on with, and hands out what it has found', async () => {
	const { look, things } = slow(500);
	let trail: Trail = { newest: 0, open: [] };
	const told: number[] = [];
	for (let n = 0; n < 5; n += 1) {
		const found = await look(trail, 1);
		expect(found.ended.length).toBeGreaterThan(0);
		expect(found.trouble).toBeDefined();
		told.push(...found.ended.map(({ id }) => id));
		trail = readTrail(JSON.parse(JSON.stringify(found.trail))) ?? trail;
		// What is made meanwhile comes last.
		if (n < 3) things.set(501 + n, { id: 501 + n, ended: true });
	}
	const last = await look(trail, Infinity);
	told.push(...last.ended.map(({ id }) => id));
	expect([...told].sort((a, b) => a - b)).toEqual([...things.keys()]);
	expect(last.trail).toEqual({ newest: 503, open: [] });
});

test('a look that can read nothing at all fails, and changes nothing', async () => {
	const { look } = slow(500);
	const trail = { newest: 0, open: [], halfRead: { from: 500, downTo: 300 } };
	await expect(look(trail, 0)).rejects.toThrow();
	await expect(look({ newest: 0, open: [] }, 0)).rejects.toThrow();
});

describe('a first look', () => {
	const HOUR_MS = 3_600_000;

	/** Things of which some are still open, made some hours ago. */
	function aged(ages: ReadonlyArray<{ hours: number; ended?: boolean }>) {
		const things = ages.map(({ hours, ended = false }, index) => ({
			id: ages.length - index,
			ended,
			created_at: new Date(Date.now() - hours * HOUR_MS).toISOString(),
		}));
		let pages = 0;
		const door = fakeDoor(({ url }) => {
			pages += 1;
			const { searchParams } = new URL(url);
			const before = Number(searchParams.get('before_id') ?? Infinity);
			const older = things.filter(({ id }) => id < before);
			return { json: older.slice(0, Number(searchParams.get('limit'))) };
		});
		const dated = new EntityList<Thing>('/things', thingOf, ({ id }) => ({
			...things.find((thing) => thing.id === id),
		}));
		return {
			pages: () => pages,
			async look() {
				const client = new AstriaClient(door, 'https://astria.test', systemClock);
				return await follow(client, { clock: systemClock }, { ...LIST, list: dated }, undefined);
			},
		};
	}

	const many = (count: number, thing: { hours: number; ended?: boolean }) =>
		Array.from({ length: count }, () => thing);

	test('waits for all that runs, beyond the first page', async () => {
		const { trail } = await aged(many(300, { hours: 30 })).look();
		expect(trail.open).toHaveLength(300);
	});

	test('finds what runs below a page of what has just been made', async () => {
		const young = many(200, { hours: 1, ended: true });
		const { trail } = await aged([...young, { hours: 2 }]).look();
		expect(trail).toEqual({ newest: 201, open: [1] });
	});

	test('ends at a page of what is hours old, and has ended', async () => {
		const { look, pages } = aged([...many(2_000, { hours: 25, ended: true }), { hours: 26 }]);
		const { trail, unseenBelow } = await look();
		expect(trail).toEqual({ newest: 2_001, open: [] });
		expect(unseenBelow).toBeUndefined();
		expect(pages()).toBe(2);
	});

	test('ends where more could not be kept, and says so', async () => {
		const { look, pages } = aged(many(3_000, { hours: 1 }));
		const { trail, unseenBelow, dropped } = await look();
		expect([trail.open.length, trail.open[0], dropped]).toEqual([2_000, 3_000, 120]);
		expect(unseenBelow).toBe(881);
		expect(pages()).toBe(18);
	});
});

test('another account is begun anew with; a trail that does not say whose it is counts as the same', async () => {
	const things = new Map([
		[7, { id: 7, ended: true }],
		[8, { id: 8, ended: false }],
	]);
	const { client } = account(things, () => 0);
	const timing = { clock: systemClock };
	const look = async (trail: Trail) => await follow(client, timing, LIST, trail, 'mine');
	const theirs = await look({ newest: 3, open: [2], owner: 'theirs' });
	expect(theirs).toMatchObject({ ended: [], isAnew: true });
	expect(theirs.trail).toEqual({ newest: 8, open: [8], owner: 'mine' });
	const unsaid = await look({ newest: 3, open: [] });
	expect(unsaid).toMatchObject({ ended: [{ id: 7 }], isAnew: false });
	expect(unsaid.trail).toEqual({ newest: 8, open: [8], owner: 'mine' });
});

test('what is not wanted any more is neither told nor waited for', async () => {
	const things = new Map([
		[7, { id: 7, ended: true }],
		[8, { id: 8, ended: false }],
	]);
	const { client } = account(things, () => 0);
	const picky = { ...LIST, isWanted: () => false };
	const found = await follow(client, { clock: systemClock }, picky, { newest: 8, open: [7, 8] });
	expect(found).toMatchObject({ ended: [], trail: { newest: 8, open: [] } });
});

test.each([[undefined], [{}], ['x'], [{ newest: '1', open: [] }], [{ newest: 1 }]])(
	'%j is no trail',
	(stored) => {
		expect(readTrail(stored)).toBeUndefined();
	},
);

test('a tune that comes bare is told by its own id, whatever prompts it lists', () => {
	const tune = { id: 5, title: 'Jane', name: 'woman', trained_at: '2026-11-26T00:00:00Z' };
	for (const prompts of [[], [{ id: 7, tune_id: 5 }]]) {
		expect(namedIn({ ...tune, prompts })).toEqual([{ kind: 'tune', id: 5 }]);
	}
	expect(namedIn({ prompts: [{ id: 7, tune_id: 5 }] })).toEqual([{ kind: 'prompt', id: 7 }]);
});

test('whatever a callback holds, ids are numbers, each once, and not too many', () => {
	fc.assert(
		fc.property(fc.anything(), (body) => {
			for (const { id } of namedIn(body)) expect(Number.isSafeInteger(id) && id > 0).toBe(true);
		}),
	);
	const many = Array.from({ length: 1_000 }, (_, id) => ({ id: id + 1, tune_id: 1 }));
	expect(namedIn([...many.slice(0, 3), ...many])).toHaveLength(197);
	const trail: Trail = { newest: 1, open: [2] };
	expect(keeping(trail, [3])).toEqual({ newest: 1, open: [2], untold: [3] });
	expect(keeping(keeping(trail, [3]), [3, 4])).toEqual({ newest: 1, open: [2], untold: [3, 4] });
	expect(keeping(trail, [])).toBe(trail);
});
