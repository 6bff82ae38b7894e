import { requestKey } from '../../../lib/fal/client';
import { type LostSubmit, LostSubmits } from '../../../lib/fal/lost';
import type { HttpCall } from '../../../lib/http';
import { Claims } from '../../../lib/jobs/memory';
import { systemClock } from '../../../lib/time';
import { broken, type FakeDoor, fakeDoor, type Reply } from '../astria/fakeDoor';
import { clientOf, ENDPOINT, ORIGINS } from './fakeFal';

const INPUT = { model_image: 'https://a.example/1', seed: 7 };

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;

/** A request as the history shows it. */
interface Shown {
	request_id: string;
	endpoint_id?: string;
	/** Milliseconds after the start of the test, by fal's clock. */
	sent: number;
	json_input?: unknown;
}

/** fal's history behind a fake door, a clock that is another than ours, and lost submits. */
function setUp({ aheadMs = 0, tellsTime = true } = {}) {
	const start = Date.now();
	const shown: Shown[] = [];
	const failures: Array<Reply | Error> = [];
	const falNow = () => Date.now() + aheadMs;
	const at: number[] = [];
	const door: FakeDoor = fakeDoor(({ url }) => {
		at.push(Date.now() - start);
		const failure = failures.shift();
		if (failure instanceof Error) throw failure;
		if (failure) return failure;
		const query = new URL(url).searchParams;
		const since = Date.parse(query.get('start') ?? '');
		const limit = Number(query.get('limit'));
		const page = Number(query.get('cursor') ?? 0);
		const all = shown
			.map(({ sent, ...entry }) => ({ sentAt: start + aheadMs + sent, entry }))
			.filter(({ sentAt }) => sentAt >= since)
			.map(({ sentAt, entry }) => {
				const time = new Date(sentAt).toISOString();
				return {
					endpoint_id: ENDPOINT,
					json_input: INPUT,
					sent_at: time,
					started_at: time,
					...entry,
				};
			});
		const end = (page + 1) * limit;
		const items = all.slice(page * limit, end);
		const more = all.length > end;
		return {
			json: { items, has_more: more, next_cursor: more ? String(page + 1) : null },
			headers: tellsTime ? { date: new Date(falNow()).toUTCString() } : {},
		};
	});
	const claims = new Claims<string>();
	const lostSubmits = new LostSubmits(clientOf(door), systemClock, claims);
	/** Loses the answer of a submit that was sent right now, and looks for its job. */
	const lose = async (changes: Partial<LostSubmit> = {}) =>
		await lostSubmits.find({
			endpointId: ENDPOINT,
			input: INPUT,
			sentAt: Date.now(),
			lostAt: Date.now(),
			maxWaitMs: HOUR,
			...changes,
		});
	const idOf = async (finding: ReturnType<typeof lose>) => {
		const found = await finding;
		return 'job' in found ? found.job.requestId : found.missing;
	};
	return { door, shown, failures, at, claims, lose, idOf };
}

const later = async (ms: number) => await jest.advanceTimersByTimeAsync(ms);

const IN_VAIN = /shows no request of fal-ai\/fashn\/tryon\/v1\.6 with this input, sent at about/;

describe('which job is found', () => {
	beforeEach(() => {
		// A whole second, as in the head of an answer, and some of the next.
		jest.useFakeTimers({ now: Date.parse('2026-01-01T12:00:00.400Z') });
	});

	afterEach(() => {
		jest.useRealTimers();
	});

	test('one with equal input that was sent then', async () => {
		const { shown, lose, idOf, door } = setUp();
		shown.push({ request_id: 'other', sent: 20, json_input: { ...INPUT, seed: 8 } });
		shown.push({ request_id: 'elsewhere', sent: 20, endpoint_id: 'fal-ai/fashn/tryon/v1.5' });
		shown.push({ request_id: '../../x?', sent: 20 });
		shown.push({ request_id: 'ours', sent: 20 });
		const found = idOf(lose());
		await later(3 * SECOND);
		expect(await found).toBe('ours');
		expect(door.calls.map(({ url }) => new URL(url).origin)).toEqual([ORIGINS.platform]);
	});

	// Clocks that agree, and such as are wrong by more than the window.
	describe.each([0, 3 * HOUR, -3 * HOUR])("with fal's clock ahead by %i ms", (aheadMs) => {
		test.each([
			['long before', -5 * MINUTE, false],
			['in the window, before ours began', -20 * SECOND, false],
			['a second before, as clocks may have it', -SECOND, true],
			['while ours was under way', 200, true],
			['after a gateway gave up on ours', MINUTE, true],
			['long after ours was lost', 3 * MINUTE, false],
		])('one that was sent %s', async (_, sent, isOurs) => {
			const { shown, lose, idOf } = setUp({ aheadMs });
			const found = idOf(lose());
			await later(sent > 0 ? sent : 0);
			shown.push({ request_id: 'it', sent });
			await later(11 * MINUTE);
			expect(await found).toEqual(isOurs ? 'it' : expect.stringMatching(IN_VAIN));
		});
	});

	test.each([
		[-100 * SECOND, 'it'],
		[-130 * SECOND, expect.stringMatching(IN_VAIN)],
	])('within two minutes where fal tells no time: %i ms', async (sent, expected) => {
		const { shown, lose, idOf } = setUp({ tellsTime: false });
		shown.push({ request_id: 'it', sent });
		const found = idOf(lose());
		await later(11 * MINUTE);
		expect(await found).toEqual(expected);
	});

	test('the one that was sent nearest to ours', async () => {
		const { shown, lose, idOf } = setUp();
		shown.push({ request_id: 'far', sent: 50 * SECOND }, { request_id: 'near', sent: 300 });
		const found = idOf(lose());
		await later(3 * SECOND);
		expect(await found).toBe('near');
	});

	test('none that is a row of its own already', async () => {
		const { shown, lose, idOf, claims } = setUp();
		claims.take('answered');
		shown.push({ request_id: 'answered', sent: 10 });
		const found = idOf(lose());
		await later(11 * MINUTE);
		expect(await found).toMatch(IN_VAIN);
	});

	test('each of equal rows has another one, also when a page shows one twice', async () => {
		const { shown, lose, idOf, claims } = setUp();
		for (let n = 0; n < 50; n++) shown.push({ request_id: 'one', sent: 10 });
		shown.push({ request_id: 'one', sent: 10 }, { request_id: 'two', sent: 20 });
		const found = [idOf(lose()), idOf(lose()), idOf(lose())];
		await later(11 * MINUTE);
		const [first, second, third] = await Promise.all(found);
		expect([first, second]).toEqual(['one', 'two']);
		expect(third).toMatch(IN_VAIN);
		expect(claims.has('one') && claims.has('two')).toBe(true);
	});

	test('none while equal submits are under way, whose jobs they may be', async () => {
		const { shown, lose, idOf, claims } = setUp();
		const key = requestKey(ENDPOINT, INPUT);
		const answers: Array<(id: string) => void> = [];
		const submit = async () =>
			await claims.during(key, async () => {
				claims.take(await new Promise<string>((resolve) => answers.push(resolve)));
			});
		const submits = [submit(), submit()];
		shown.push({ request_id: 'theirs', sent: 10 }, { request_id: 'theirs-too', sent: 20 });
		const found = idOf(lose());
		await later(10 * SECOND);
		answers[0]?.('theirs');
		await later(10 * SECOND);
		answers[1]?.('theirs-too');
		await Promise.all(submits);
		shown.push({ request_id: 'ours', sent: 5 });
		await later(10 * SECOND);
		expect(await found).toBe('ours');
	});

	test('none whose input fal does not show, but the message names it', async () => {
		const { shown, lose, idOf } = setUp();
		shown.push({ request_id: 'hidden', sent: 10, json_input: undefined });
		shown.push({ request_id: 'of-long-ago', sent: -MINUTE, json_input: undefined });
		shown.push({ request_id: 'another', sent: 10, json_input: { ...INPUT, seed: 8 } });
		const found = idOf(lose());
		await later(11 * MINUTE);
		expect(await found).toMatch(/input fal does not show, such as hidden\.$/);
	});

	test('none of many whose input fal does not show, of which the message names five', async () => {
		const { shown, lose, idOf } = setUp();
		for (const id of ['a', 'b', 'c', 'd', 'e', 'f']) {
			shown.push({ request_id: id, sent: 10, json_input: undefined });
		}
		const found = idOf(lose());
		await later(11 * MINUTE);
		expect(await found).toMatch(/such as a, b, c, d, e\.$/);
	});

	test('one whose input is shown at last', async () => {
		const { shown, lose, idOf } = setUp();
		shown.push({ request_id: 'ours', sent: 10, json_input: undefined });
		const found = idOf(lose());
		await later(10 * SECOND);
		shown[0] = { request_id: 'ours', sent: 10 };
		await later(10 * SECOND);
		expect(await found).toBe('ours');
	});
});

describe('when fal is asked', () => {
	beforeEach(() => {
		jest.useFakeTimers({ now: Date.parse('2026-01-01T12:00:00.400Z') });
	});

	afterEach(() => {
		jest.useRealTimers();
	});

	test('ever less often, and no longer than ten minutes', async () => {
		const { lose, at } = setUp();
		const found = lose();
		await later(10 * MINUTE - 1);
		const pauses = at.map((time, index) => time - (at[index - 1] ?? 0));
		expect(pauses[0]).toBe(2 * SECOND);
		expect(Math.max(...pauses)).toBeLessThanOrEqual(30 * SECOND);
		expect(at.length).toBeLessThan(40);
		await later(1);
		expect(await found).toHaveProperty('missing');
		const calls = at.length;
		await later(HOUR);
		expect(at).toHaveLength(calls);
	});

	test('no longer than Max Wait', async () => {
		const { lose, at } = setUp();
		const found = lose({ maxWaitMs: 30 * SECOND });
		await later(30 * SECOND);
		expect(await found).toHaveProperty('missing');
		expect(Math.max(...at)).toBeLessThan(30 * SECOND);
	});

	test('at once, and at least once, when the submit took longer than Max Wait', async () => {
		const { lose, shown, idOf } = setUp();
		shown.push({ request_id: 'ours', sent: 0 });
		const sentAt = Date.now();
		await later(2 * MINUTE);
		const found = idOf(lose({ sentAt, lostAt: Date.now(), maxWaitMs: MINUTE }));
		await later(0);
		expect(await found).toBe('ours');
	});

	test('at least once, though Max Wait is shorter than the first pause', async () => {
		const { lose, shown, idOf } = setUp();
		shown.push({ request_id: 'ours', sent: 0 });
		const found = idOf(lose({ maxWaitMs: SECOND }));
		await later(5 * SECOND);
		expect(await found).toBe('ours');
	});

	test('once for all rows of an endpoint', async () => {
		const { lose, idOf, shown, at } = setUp();
		const found = Array.from({ length: 30 }, async (_, seed) => {
			const input = { ...INPUT, seed };
			shown.push({ request_id: `job-${seed}`, sent: seed * 10, json_input: input });
			await later(0);
			return await idOf(lose({ input }));
		});
		await later(3 * SECOND);
		expect(await Promise.all(found)).toEqual(found.map((_, seed) => `job-${seed}`));
		expect(at).toHaveLength(1);
	});

	test('again after trouble that passes, and later when fal says so', async () => {
		const { lose, idOf, shown, at, failures } = setUp();
		shown.push({ request_id: 'ours', sent: 0 });
		failures.push(broken(), { status: 500, text: 'oops' }, { text: '<html>' }, { json: [] });
		failures.push({ status: 429, headers: { 'retry-after': '9' } });
		const found = idOf(lose());
		await later(2 * MINUTE);
		expect(await found).toBe('ours');
		expect(at).toHaveLength(6);
		expect((at[5] ?? 0) - (at[4] ?? 0)).toBe(9 * SECOND);
	});

	test('in vain all the time: the message says that nobody could look', async () => {
		const { lose, idOf, failures } = setUp();
		for (let n = 0; n < 99; n++) failures.push(broken());
		const found = idOf(lose());
		await later(11 * MINUTE);
		expect(await found).toMatch(/could not be read/);
	});

	test.each([301, 400, 401, 403, 404, 422])('not again after a %i', async (status) => {
		const { lose, idOf, at, failures } = setUp();
		for (let n = 0; n < 9; n++) failures.push({ status, json: { detail: 'no' } });
		const found = [idOf(lose()), idOf(lose())];
		await later(3 * SECOND);
		for (const missing of await Promise.all(found)) {
			expect(missing).toMatch(new RegExp(`to this key \\(status ${status}\\)`));
		}
		await later(HOUR);
		expect(at).toHaveLength(1);
	});

	test('not after Stop, which ends a pause and a call under way', async () => {
		const { lose, idOf, door, at } = setUp();
		const stop = new AbortController();
		let aborted: AbortSignal | undefined;
		jest.spyOn(door, 'api').mockImplementation(async ({ signal }: HttpCall) => {
			aborted = signal;
			return await new Promise(() => {});
		});
		const stopped = new AbortController();
		const before = idOf(lose({ signal: stopped.signal }));
		await later(SECOND);
		stopped.abort('Enough.');
		expect(await before).toMatch(/^Enough\./);
		await later(0);
		expect(jest.getTimerCount()).toBe(0);
		const found = idOf(lose({ signal: stop.signal }));
		await later(3 * SECOND);
		stop.abort('The execution was stopped.');
		expect(await found).toMatch(/^The execution was stopped\. It was no longer looked for/);
		expect(aborted?.aborted).toBe(true);
		jest.restoreAllMocks();
		expect(await idOf(lose({ signal: stop.signal }))).toMatch(/^The execution was stopped/);
		await later(HOUR);
		expect(at).toEqual([]);
	});

	test('by one for all rows, also while nothing is found', async () => {
		const { lose, at } = setUp();
		for (let row = 0; row < 3; row += 1) {
			void lose({ input: { ...INPUT, row } });
			await later(0);
		}
		await later(3 * SECOND);
		expect(at).toHaveLength(1);
	});

	test('for the earliest loss too, when later ones come in, and for the largest input', async () => {
		const { lose, idOf, shown, door } = setUp();
		const early = idOf(lose());
		await later(5 * MINUTE);
		const large = { ...INPUT, text: 'x'.repeat(4_000_000) };
		const late = [idOf(lose({ input: { ...INPUT, seed: 8 } })), idOf(lose({ input: large }))];
		shown.push({ request_id: 'early', sent: 10 });
		await later(3 * SECOND);
		expect(await early).toBe('early');
		const limits = door.calls.map(({ url }) => Number(new URL(url).searchParams.get('limit')));
		expect(limits.at(-1)).toBeLessThan(limits[0] ?? 0);
		await later(11 * MINUTE);
		await Promise.all(late);
	});

	test('soon and often for a new loss, however long another one has been looked for', async () => {
		const { lose, at } = setUp();
		void lose();
		await later(5 * MINUTE + 5 * SECOND);
		const before = at.length;
		void lose({ input: { ...INPUT, seed: 8 } });
		await later(2 * SECOND);
		expect(at).toHaveLength(before + 1);
		await later(18 * SECOND);
		expect(at.length).toBeGreaterThanOrEqual(before + 7);
	});

	test('ever later after failures', async () => {
		const { lose, at, failures } = setUp();
		for (let n = 0; n < 4; n += 1) failures.push(broken());
		void lose();
		await later(2 * MINUTE);
		const [first = 0, second = 0, third = 0] = at.slice(1).map((time, n) => time - (at[n] ?? 0));
		expect(second).toBeGreaterThan(first);
		expect(third).toBeGreaterThan(second);
	});

	test('on for the others, when one row is stopped in the middle of a call', async () => {
		const { lose, idOf, door, shown, claims } = setUp();
		const { api } = door;
		let answer = () => {};
		const signals: Array<AbortSignal | undefined> = [];
		jest.spyOn(door, 'api').mockImplementation(async (call) => {
			signals.push(call.signal);
			await new Promise<void>((resolve) => {
				answer = resolve;
			});
			return await api(call);
		});
		const stop = new AbortController();
		const stopped = idOf(lose({ signal: stop.signal }));
		const input = { ...INPUT, seed: 8 };
		const other = idOf(lose({ input }));
		shown.push({ request_id: 'of-the-stopped', sent: 10 });
		shown.push({ request_id: 'of-the-other', sent: 10, json_input: input });
		await later(3 * SECOND);
		stop.abort();
		expect(await stopped).toMatch(/^The execution was stopped\./);
		expect(signals.map((signal) => signal?.aborted)).toEqual([false]);
		answer();
		await later(0);
		expect(await other).toBe('of-the-other');
		expect(claims.has('of-the-stopped')).toBe(false);
	});

	test('a new loss is looked for after the last one has ended', async () => {
		const { lose, idOf, shown } = setUp();
		shown.push({ request_id: 'first', sent: 0 });
		const first = idOf(lose());
		await later(3 * SECOND);
		await first;
		await later(0);
		expect(jest.getTimerCount()).toBe(0);
		shown.push({ request_id: 'second', sent: 3 * SECOND });
		const second = idOf(lose());
		await later(3 * SECOND);
		expect(await second).toBe('second');
	});
});
