import { AstriaClient } from '../../../../lib/astria/api/client';
import { TuneDriver, TuneWatch } from '../../../../lib/astria/tunes/driver';
import type { TuneRequest } from '../../../../lib/astria/tunes/request';
import type { Door } from '../../../../lib/http';
import { TestClock } from '../../clock';
import { broken, fakeDoor } from '../fakeDoor';

const NOW = Date.parse('2026-01-01T00:00:00Z');

const TWO = [
	{ kind: 'address', address: 'https://a/1.png' },
	{ kind: 'address', address: 'https://a/2.png' },
] as const;

/** A driver that is answered so. */
function driverOn(door: Door, clock = new TestClock(NOW)): TuneDriver {
	const client = new AstriaClient(door, 'https://api.astria.ai', clock);
	return new TuneDriver({ client, watch: new TuneWatch(client, clock) });
}

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
	const driver = driverOn(door, clock);
	const jobs = ['Jane', 'Jane '].map(
		async (title) => await driver.submit(request(title), { clock }),
	);
	expect((await Promise.all(jobs)).map(({ tuneId }) => tuneId)).toEqual([1, 2]);
});

test('Stop does not end the call that makes a tune: its answer is worth the wait', async () => {
	const stop = new AbortController();
	const clock = new TestClock(NOW);
	const door = fakeDoor(({ signal }) => {
		stop.abort();
		expect(signal?.aborted ?? false).toBe(false);
		return { status: 201, json: { id: 7 } };
	});
	const job = await driverOn(door, clock).submit(request('Jane'), { clock, signal: stop.signal });
	expect(job).toEqual({ tuneId: 7, reused: false, recovered: false });
});

test('the tune of an earlier try is not the lost answer of another row', async () => {
	const clock = new TestClock(NOW);
	const there = { id: 7, title: 'Jane', name: 'woman', created_at: new Date(NOW).toISOString() };
	const door = fakeDoor(({ method }) => {
		if (method === 'POST') throw broken();
		return { json: [there] };
	});
	const driver = driverOn(door, clock);
	expect(
		driver.revive({ tuneId: 7, reused: false, recovered: true, callback: 'https://c' }),
	).toEqual({ tuneId: 7, reused: false, recovered: true, callback: 'https://c' });
	expect(driver.revive({ tuneId: 'seven' })).toBeUndefined();
	await expect(driver.submit(request('Jane'), { clock })).rejects.toMatchObject({
		details: { charged: 'unknown' },
	});
});

test.each<[string, Partial<TuneRequest>]>([
	['pictures', { pictures: [{ kind: 'address', address: 'https://a/2.png' }] }],
	['pictures in another order', { pictures: [...TWO].reverse() }],
	['fields', { fields: { ...request('Jane').fields, steps: 9 } }],
	['address', { path: '/p/headshots/tunes' }],
	['wish to reuse', { orReuse: true }],
])('another request by its %s is another purchase', (_name, more) => {
	const driver = driverOn(fakeDoor(() => ({})));
	const asked = { ...request('Jane'), pictures: TWO };
	expect(driver.fingerprint({ ...asked })).toBe(driver.fingerprint(asked));
	expect(driver.fingerprint({ ...asked, ...more })).not.toBe(driver.fingerprint(asked));
});
