import fc from 'fast-check';

import { AstriaClient } from '../../../../lib/astria/api/client';
import { characteristicsOf, inspect, objectionsTo } from '../../../../lib/astria/tunes/inspect';
import { TestClock } from '../../clock';
import { fakeDoor } from '../fakeDoor';

test('the characteristics are what most pictures say', () => {
	const eyes = ['brown eyes', 'blue eyes', 'brown eyes'];
	expect(characteristicsOf(eyes.map((eye_color) => ({ eye_color, name: 'woman' })))).toEqual({
		eye_color: 'brown eyes',
	});
});

test('what most pictures do not show is not a characteristic', () => {
	const glasses = ['', 'NONE', 'none', 'glasses', 'glasses'];
	expect(characteristicsOf(glasses.map((given) => ({ glasses: given })))).toEqual({});
});

test('pictures that are no good have no vote, unless none is good', () => {
	const bad = { hair_color: 'blonde hair', blurry: true };
	expect(characteristicsOf([bad, bad, { hair_color: 'black hair' }])).toEqual({
		hair_color: 'black hair',
	});
	expect(characteristicsOf([bad, bad])).toEqual({ hair_color: 'blonde hair' });
	expect(characteristicsOf([])).toEqual({});
});

test('a characteristic that all pictures tell is told, and none is made up', () => {
	const word = fc.stringMatching(/^[a-z]{1,8}$/).filter((text) => text !== 'none');
	fc.assert(
		fc.property(fc.array(word, { minLength: 1, maxLength: 9 }), (ages) => {
			const { age } = characteristicsOf(ages.map((own) => ({ age: own })));
			expect(ages).toContain(age);
			const count = (wanted: string) => ages.filter((own) => own === wanted).length;
			expect(ages.every((own) => count(own) <= count(String(age)))).toBe(true);
		}),
	);
});

test('what speaks against a picture is told', () => {
	expect(objectionsTo({ blurry: true, includes_multiple_people: true, selfie: true })).toEqual([
		'is blurry',
		'shows several people',
	]);
	expect(objectionsTo({ blurry: false, low_quality: null, wearing_hat: 'yes' })).toEqual([]);
});

test('an address is sent in a form, as it is, and again after a lost connection', async () => {
	const door = fakeDoor((_call, index) =>
		index === 0 ? { status: 502 } : { json: { age: '20 yo' } },
	);
	const clock = new TestClock();
	const client = new AstriaClient(door, 'https://api.astria.ai', clock);
	const picture = { kind: 'address', address: 'https://example.com/gr%C3%BC%C3%9Fe.jpg' } as const;
	expect(await inspect(client, { clock }, 'woman', picture)).toEqual({ age: '20 yo' });
	const body = door.calls[1]?.body;
	expect(body instanceof FormData ? [...body] : []).toEqual([
		['name', 'woman'],
		['file_url', 'https://example.com/gr%C3%BC%C3%9Fe.jpg'],
	]);
});
