import { AstriaClient } from '../../../../lib/astria/api/client';
import { TuneDriver, TuneWatch } from '../../../../lib/astria/tunes/driver';
import type { TuneRequest } from '../../../../lib/astria/tunes/request';
import type { Door } from '../../../../lib/http';
import { TestClock } from '../../clock';
import { broken, fakeDoor, type Reply } from '../fakeDoor';

const NOW = Date.parse('2026-01-01T00:00:00Z');

const TWO = [
	{ kind: 'address', address: 'https://a/1.png' },
	{ kind: 'address', address: 'https://a/2.png' },
] as const;

/** An address for each test: what this process remembers of one account is nothing to another. */
let accounts = 0;
const newAccount = () => `https://astria-${(accounts += 1)}.test`;

/** A driver that is answered so. */
function driverOn(
	door: Door,
	clock = new TestClock(NOW),
	baseUrl: string = newAccount(),
): TuneDriver {
	const client = new AstriaClient(door, baseUrl, clock);
	return new TuneDriver({ client, watch: new TuneWatch(client, clock) });
}

/** Lets all that can go on go on. */
async function settled(): Promise<void> {
	await new Promise((resolve) => setImmediate(resolve));
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

test('what two executions reuse at the same time is made once', async () => {
	const clock = new TestClock(NOW);
	const made: Array<Record<string, unknown>> = [];
	let refusals = 1;
	const door = fakeDoor(async ({ method }) => {
		await new Promise((resolve) => setImmediate(resolve));
		if (method === 'GET') return { json: [...made].reverse() };
		if (refusals > 0) {
			refusals -= 1;
			return { status: 429, json: {} };
		}
		const id = made.length + 1;
		made.push({ ...request('Jane').fields, id, created_at: new Date(NOW).toISOString() });
		return { status: 201, json: { id } };
	});
	const account = newAccount();
	const jobs = [1, 2, 3].map(
		async () =>
			await driverOn(door, clock, account).submit({ ...request('Jane'), orReuse: true }, { clock }),
	);
	expect(await Promise.all(jobs)).toEqual([
		{ tuneId: 1, reused: false, recovered: false },
		{ tuneId: 1, reused: true, recovered: false },
		{ tuneId: 1, reused: true, recovered: false },
	]);
	expect(made).toHaveLength(1);
});

test('Stop while another execution has the turn buys nothing, and lets nobody in before it', async () => {
	const clock = new TestClock(NOW);
	const answers: Array<(reply: Reply) => void> = [];
	const door = fakeDoor(
		async () => await new Promise<Reply>((resolve) => void answers.push(resolve)),
	);
	const account = newAccount();
	const stop = new AbortController();
	const submit = async (signal?: AbortSignal) =>
		await driverOn(door, clock, account).submit(request('Jane'), { clock, signal });
	const first = submit();
	const stopped = submit(stop.signal);
	const third = submit();
	await settled();
	stop.abort();
	await expect(stopped).rejects.toThrow('was stopped');
	await settled();
	expect(answers).toHaveLength(1);
	answers[0]?.({ status: 201, json: { id: 1 } });
	expect(await first).toMatchObject({ tuneId: 1 });
	await settled();
	expect(answers).toHaveLength(2);
	answers[1]?.({ status: 201, json: { id: 2 } });
	expect(await third).toMatchObject({ tuneId: 2 });
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

describe('a tune whose answer was lost, beside another execution that asks for one of its title', () => {
	/** Executions in one account. @param replies to the paid calls; each makes a tune all the same */
	function executions(...replies: Error[]) {
		const clock = new TestClock(NOW);
		const created_at = new Date(NOW).toISOString();
		const made: Array<Record<string, unknown>> = [];
		const door = fakeDoor(async ({ method }) => {
			await settled();
			if (method === 'GET') return { json: [...made].reverse() };
			const id = 100 + made.length;
			const reply = replies[made.length];
			made.push({ ...request('Jane').fields, id, created_at });
			if (reply) throw reply;
			return { status: 201, json: { id } };
		});
		const account = newAccount();
		return async (more: Partial<TuneRequest> = {}) =>
			await driverOn(door, clock, account).submit({ ...request('Jane'), ...more }, { clock });
	}

	test('is not the one that the other gets', async () => {
		const submit = executions(broken());
		expect(await Promise.all([submit(), submit(), submit()])).toMatchObject([
			{ tuneId: 100, recovered: true },
			{ tuneId: 101, recovered: false },
			{ tuneId: 102, recovered: false },
		]);
	});

	test('nor the one that the other has got', async () => {
		const clock = new TestClock(NOW);
		const created_at = new Date(NOW).toISOString();
		const made = [100, 101].map((id) => ({ id, title: 'Jane', name: 'woman', created_at }));
		let isFirst = true;
		const door = fakeDoor(({ method }) => {
			// Astria lists the other's as the newest.
			if (method === 'GET') return { json: made };
			if (!isFirst) throw broken();
			isFirst = false;
			return { status: 201, json: { id: 100 } };
		});
		const account = newAccount();
		const submit = async () =>
			await driverOn(door, clock, account).submit(request('Jane'), { clock });
		expect(await submit()).toMatchObject({ tuneId: 100 });
		expect(await submit()).toMatchObject({ tuneId: 101, recovered: true });
	});

	test('may be one that the other reuses', async () => {
		const submit = executions(broken());
		expect(await Promise.all([submit(), submit({ orReuse: true })])).toMatchObject([
			{ tuneId: 100, recovered: true },
			{ tuneId: 100, reused: true },
		]);
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
