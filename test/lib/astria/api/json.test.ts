import fc from 'fast-check';

import { idOf } from '../../../../lib/astria/api/json';

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
