import fc from 'fast-check';

import {
	addressesOf,
	costColumns,
	costOfEntity,
	dollarsOf,
	idOf,
	timeOf,
} from '../../../../lib/astria/api/json';

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
