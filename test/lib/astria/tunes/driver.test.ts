import { AstriaClient } from '../../../../lib/astria/api/client';
import { TuneDriver } from '../../../../lib/astria/tunes/driver';
import type { TuneRequest } from '../../../../lib/astria/tunes/request';
import { TuneWatch } from '../../../../lib/astria/tunes/watch';
import { TestClock } from '../../clock';
import { broken, fakeDoor } from '../fakeDoor';

const NOW = Date.parse('2026-01-01T00:00:00Z');

const request = (title: string): TuneRequest => ({
	path: '/tunes',
	title,
	fields: { title, name: 'woman', model_type: 'faceid' },
	pictures: [{ kind: 'address', address: 'https://a/1.png' }],
	orReuse: false,
});

test('rows whose titles differ in blanks alone each keep their own tune when answers are lost', async () => {
	const clock = new TestClock(NOW);
	const made: Array<Record<string, unknown>> = [];
	const door = fakeDoor(async ({ method }) => {
		if (method === 'GET') return { json: [...made].reverse() };
		const id = made.length + 1;
		made.push({ id, title: 'Jane', name: 'woman', created_at: new Date(NOW).toISOString() });
		if (id === 1) throw broken();
		// This answer is slower than the question for the other one.
		await new Promise((resolve) => setImmediate(() => setImmediate(resolve)));
		return { status: 201, json: { id } };
	});
	const client = new AstriaClient(door, 'https://api.astria.ai', clock);
	const driver = new TuneDriver({ client, watch: new TuneWatch(client, clock) });
	const jobs = ['Jane', 'Jane '].map(
		async (title) => await driver.submit(request(title), { clock }),
	);
	expect((await Promise.all(jobs)).map(({ tuneId }) => tuneId)).toEqual([1, 2]);
});
