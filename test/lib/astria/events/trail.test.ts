import fc from 'fast-check';

import { AstriaClient } from '../../../../lib/astria/api/client';
import { namedIn } from '../../../../lib/astria/events/event';
import {
	follow,
	type FollowedList,
	keeping,
	readTrail,
	type Trail,
} from '../../../../lib/astria/events/trail';
import { isRecord } from '../../../../sandbox/json';
import { systemClock } from '../../../../lib/time';
import { broken, fakeDoor } from '../fakeDoor';

interface Thing {
	id: number;
	ended: boolean;
}

function isThing(value: unknown): value is Thing {
	return isRecord(value) && typeof value.id === 'number' && typeof value.ended === 'boolean';
}

const LIST: FollowedList<Thing> = {
	page: (limit, beforeId) => ({ path: '/things', query: { limit, before_id: beforeId } }),
	one: (id) => ({ path: `/things/${id}` }),
	readPage: (answer) => (Array.isArray(answer) ? answer.filter(isThing) : []),
	readOne: (answer) => (isThing(answer) ? answer : { id: 0, ended: false }),
	idOf: ({ id }) => id,
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
