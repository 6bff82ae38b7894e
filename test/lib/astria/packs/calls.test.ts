import { AstriaClient } from '../../../../lib/astria/api/client';
import { listPacks } from '../../../../lib/astria/packs/calls';
import { TestClock } from '../../clock';
import { broken, fakeDoor } from '../fakeDoor';

test('a list that repeats what has no id comes to its end', async () => {
	const clock = new TestClock(0);
	const door = fakeDoor((_call, index) => {
		if (index > 5) throw broken();
		return { json: [{ id: 260 }, { slug: 'nameless' }, { id: 261 }] };
	});
	const client = new AstriaClient(door, 'https://astria.test', clock);
	const packs = await listPacks(client, { clock }, 'own', {});
	expect(packs).toEqual([{ id: 260 }, { id: 261 }]);
	expect(door.calls).toHaveLength(2);
});
