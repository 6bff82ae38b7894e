import fc from 'fast-check';

import type { Read } from '../../../../lib/astria/api/client';
import {
	addressesOf,
	costColumns,
	costOfEntity,
	dollarsOf,
	EntityList,
	idOf,
	type Selection,
	timeOf,
} from '../../../../lib/astria/api/entity';
import { isObject, type JsonObject } from '../../../../lib/json';

test.each([7, '7', 1])('an answer whose id is %p has it', (id) => {
	expect(idOf({ id })).toBe(Number(id));
});

test.each([[7], 7, null, undefined, {}])('%p has no id', (answer) => {
	expect(idOf(answer)).toBeUndefined();
});

test.each([
	'../../users',
	'7/../../users',
	'7?x=',
	'..',
	'',
	-7,
	0,
	1.5,
	1e21,
	Infinity,
	[7],
	{ id: 7 },
	null,
])('an answer whose id is %p has none', (id) => {
	expect(idOf({ id })).toBeUndefined();
});

test('whatever Astria calls an id is a number in an address, or none', () => {
	fc.assert(
		fc.property(fc.anything(), (id) => {
			const found = idOf({ id });
			return found === undefined || /^[1-9]\d*$/.test(`${found}`);
		}),
	);
});

test.each<[unknown, string[]]>([
	[
		['https://a', { url: 'https://b' }],
		['https://a', 'https://b'],
	],
	[['', ' ', null, 7, {}, { url: '' }, ['https://c']], []],
	['https://a', []],
	[undefined, []],
])('the addresses of %j are %j', (value, addresses) => {
	expect(addressesOf(value)).toEqual(addresses);
});

test.each<[unknown, number | undefined]>([
	['1970-01-01T00:00:01Z', 1_000],
	['yesterday', undefined],
	[1_000, undefined],
	[null, undefined],
])('the time %j is %p', (value, time) => {
	expect(timeOf(value)).toBe(time);
});

test('100,000 millicents are a dollar, and what costs nothing says so', () => {
	expect(dollarsOf(250_000)).toBe(2.5);
	expect(costOfEntity({ cost_mc: '250000' })).toBe(2.5);
	expect(costColumns({ cost_mc: 0 })).toEqual({ cost: 0, currency: 'USD' });
});

test('where Astria does not say what a thing costs there is no column', () => {
	expect(costOfEntity({})).toBeUndefined();
	expect(costColumns({ cost_mc: null })).toEqual({});
});

const LIST = new EntityList<JsonObject>(
	'/things',
	(answer) => (isObject(answer) ? answer : undefined),
	(entity) => entity,
);

interface Entity extends JsonObject {
	id?: number;
	created_at?: string;
}

const MINUTE_MS = 60_000;
const at = (ms: number) => new Date(ms).toISOString();

/** A list of Astria's, and which pages of it were asked for. */
function listOf(entities: readonly Entity[]) {
	const asked: Array<[limit: number, beforeId?: number]> = [];
	const read: Read = async ({ path, query }) => {
		expect(path).toBe('/things');
		const limit = Number(query?.limit);
		const beforeId = query?.before_id === undefined ? undefined : Number(query.before_id);
		asked.push(beforeId === undefined ? [limit] : [limit, beforeId]);
		const older = entities.filter(({ id }) => (id ?? 0) < (beforeId ?? Infinity));
		return older.sort((a, b) => (b.id ?? 0) - (a.id ?? 0)).slice(0, limit);
	};
	return { read, asked };
}

async function idsOf(entities: AsyncIterable<JsonObject>): Promise<unknown[]> {
	const ids: unknown[] = [];
	for await (const { id } of entities) ids.push(id);
	return ids;
}

const numbered = (count: number): Entity[] =>
	Array.from({ length: count }, (_, n) => ({ id: n + 1 }));

describe('a list read newest first', () => {
	test('is read page by page, each from the oldest of the one before, until one is empty', async () => {
		const { read, asked } = listOf(numbered(130));
		expect(await idsOf(LIST.each(read, {}))).toEqual(
			Array.from({ length: 130 }, (_, n) => 130 - n),
		);
		expect(asked).toEqual([[120], [120, 11], [120, 1]]);
	});

	test.each([
		[10, 10],
		[500, 120],
	])('begins with a page of %i, which is %i', async (firstPage, limit) => {
		const { read, asked } = listOf(numbered(11));
		await idsOf(LIST.each(read, {}, firstPage));
		expect(asked[0]).toEqual([limit]);
		expect(asked[1]?.[0]).toBe(120);
	});

	test('is read no further than it is looked at', async () => {
		const { read, asked } = listOf(numbered(300));
		for await (const { id } of LIST.each(read, {})) if (id === 250) break;
		expect(asked).toHaveLength(1);
	});

	test('ends, whatever its pages hold, and shows all of the first one', async () => {
		const entity = fc.record({
			id: fc.option(fc.integer({ min: 1, max: 50 }), { nil: undefined }),
		});
		const pages = fc.array(fc.array(entity, { maxLength: 8 }), { maxLength: 8 });
		await fc.assert(
			fc.asyncProperty(pages, async (list) => {
				const left = [...list];
				const ids = await idsOf(LIST.each(async () => left.shift() ?? [], {}));
				const first = list[0]?.map(({ id }) => id).filter((id) => id !== undefined) ?? [];
				expect(ids.slice(0, first.length)).toEqual(first);
				expect(ids).not.toContain(undefined);
			}),
		);
	});

	test('leaves out what a page repeats of the one before', async () => {
		const pages = [[{ id: 9 }, { id: 8 }], [{ id: 8 }, { id: 7 }], [{ id: 7 }]];
		const ids = await idsOf(LIST.each(async () => pages.shift() ?? [], {}));
		expect(ids).toEqual([9, 8, 7]);
	});
});

describe('what is wanted of a list', () => {
	const select = async (entities: readonly Entity[], selection: Omit<Selection, 'filters'>) => {
		const { read, asked } = listOf(entities);
		const list = await LIST.select(read, selection);
		return { ids: list.map(({ id }) => id), asked };
	};

	test.each<[Omit<Selection, 'filters'>, number[], number[][]]>([
		[{}, [3, 2, 1], [[120], [120, 1]]],
		[{ limit: 2 }, [3, 2], [[2]]],
		[{ limit: 0 }, [], []],
		// What was made in between is not known before it is read.
		[{ limit: 1, start: 0 }, [3], [[120]]],
		[{ limit: 1, end: 9e12 }, [3], [[120]]],
	])('%j of three: %j, asked for as %j', async (selection, ids, asked) => {
		expect(await select(numbered(3), selection)).toEqual({ ids, asked });
	});

	test('is what was made from the start on and before the end, or does not tell', async () => {
		const entities = [
			{ id: 5, created_at: at(5_000) },
			{ id: 4, created_at: at(4_000) },
			{ id: 3 },
			{ id: 2, created_at: at(2_000) },
			{ id: 1, created_at: at(1_000) },
		];
		const { ids } = await select(entities, { start: 2_000, end: 5_000 });
		expect(ids).toEqual([4, 3, 2]);
	});

	test.each([
		['is not read beyond what is older by more than a minute', MINUTE_MS + 1, [3]],
		['does not trust the order of times within a minute', MINUTE_MS, [3, 1]],
	])('%s', async (_name, early, ids) => {
		const start = 10 * MINUTE_MS;
		const entities = [
			{ id: 3, created_at: at(start) },
			{ id: 2, created_at: at(start - early) },
			{ id: 1, created_at: at(start) },
		];
		expect((await select(entities, { start })).ids).toEqual(ids);
	});
});
