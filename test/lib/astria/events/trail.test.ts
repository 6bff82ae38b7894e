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

	test('asks for a few at a time', async () => {
		const { client, asked, most } = emptied(() => GONE);
		const found = await follow(client, { clock: systemClock }, LIST, trail);
		expect(found).toEqual({ ended: [], trail: { newest: 500, open: [] } });
		expect(asked).toHaveLength(500);
		expect(most.atOnce).toBe(5);
	});

	test('that has no time for all of them is gone on with by the next one', async () => {
		const time = new AbortController();
		const isEnded = (id: number) => id % 100 === 0;
		const { client, asked } = emptied((id) => {
			if (asked.length === 200) time.abort();
			return isEnded(id) ? { json: { id, ended: true } } : GONE;
		});
		const first = await follow(client, { clock: systemClock, signal: time.signal }, LIST, trail);
		expect(first.trouble).toBeDefined();
		expect(first.ended.map(({ id }) => id)).toEqual([400, 500]);
		expect(first.trail.newest).toBe(500);
		expect(first.trail.open).toHaveLength(300);
		const next = await follow(client, { clock: systemClock }, LIST, first.trail);
		expect(next.trouble).toBeUndefined();
		expect(next.ended.map(({ id }) => id)).toEqual([100, 200, 300]);
		expect(next.trail).toEqual({ newest: 500, open: [] });
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
	const { trail } = await follow(client, { clock: systemClock }, LIST, { newest: 0, open: [] });
	expect([trail.open.length, trail.open[0], trail.newest]).toEqual([2_000, 2_500, 2_500]);
});

test.each([[undefined], [{}], ['x'], [{ newest: '1', open: [] }], [{ newest: 1 }]])(
	'%j is no trail',
	(stored) => {
		expect(readTrail(stored)).toBeUndefined();
	},
);

test('whatever a callback holds, ids are numbers, each once, and not too many', () => {
	fc.assert(
		fc.property(fc.anything(), (body) => {
			for (const { id } of namedIn(body)) expect(Number.isSafeInteger(id) && id > 0).toBe(true);
		}),
	);
	const many = Array.from({ length: 1_000 }, (_, id) => ({ id: id + 1, tune_id: 1 }));
	expect(namedIn([...many.slice(0, 3), ...many])).toHaveLength(197);
	const trail: Trail = { newest: 1, open: [2] };
	expect(keeping(trail, [3])).toEqual({ newest: 1, open: [3, 2] });
});
