import { FalAnswerError } from '../../../lib/fal/errors';
import { isFinal, type StreamHealth, waitUntilCompleted } from '../../../lib/fal/wait';
import { ConnectionError, MaxWaitError, StoppedError } from '../../../lib/errors';
import { systemClock } from '../../../lib/time';
import { broken, type Reply } from '../astria/fakeDoor';
import { clientOf, eventOf, fakeFal, JOB, later, stopTime } from './fakeFal';

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;

const QUEUED = { status: 'IN_QUEUE', queue_position: 3 };
const RUNNING = { status: 'IN_PROGRESS' };
const DONE = { status: 'COMPLETED', metrics: { inference_time: 4 } };

/** What a status stream brings, each so many milliseconds after its begin, and when it is cut. */
interface Stream {
	events: Array<[number, unknown]>;
	cutAfter?: number;
}

interface Fal {
	/** What fal says to a status call, so many milliseconds after the start, the n-th of all. */
	status?(ms: number, index: number): Reply | Error;
	/** The streams that it sends, one after the other; no further one comes through. */
	streams?: Stream[];
	health?: StreamHealth;
	maxWaitMs?: number;
	submittedAt?: number;
	signal?: AbortSignal;
	logs?: boolean;
}

beforeEach(stopTime);

afterEach(() => {
	jest.useRealTimers();
});

const tells = (json: unknown): Reply => ({ json });

/** A wait for one job, by a clock that the test turns. */
function waiting({
	status = () => tells(RUNNING),
	streams = [],
	health = { failures: 0 },
	maxWaitMs = HOUR,
	submittedAt = Date.now(),
	signal,
	logs = false,
}: Fal) {
	const start = Date.now();
	const since = () => Date.now() - start;
	/** When fal was asked, and when a stream was begun; milliseconds after the start. */
	const asked: number[] = [];
	const followed: number[] = [];
	const learned: unknown[] = [];
	const door = fakeFal({
		api: () => {
			asked.push(since());
			const said = status(since(), asked.length - 1);
			if (said instanceof Error) throw said;
			return said;
		},
		stream: (_, body) => {
			followed.push(since());
			const stream = streams[followed.length - 1];
			if (!stream) return { status: 404 };
			for (const [ms, event] of stream.events) {
				setTimeout(() => body.write(eventOf(event)), ms);
			}
			if (stream.cutAfter !== undefined) setTimeout(() => body.end(), stream.cutAfter);
			return {};
		},
	});
	/** How the wait has ended, and when; none of it while it lasts. */
	const end: { last?: unknown; error?: unknown; after?: number } = {};
	void waitUntilCompleted(
		clientOf(door),
		{ clock: systemClock, signal },
		{ ...JOB, submittedAt },
		{ maxWaitMs, logs, health, onStatus: (next) => learned.push(next) },
	).then(
		(last) => Object.assign(end, { last, after: since() }),
		(error: unknown) => Object.assign(end, { error, after: since() }),
	);
	return { asked, followed, learned, end, door };
}

/** Until when a job runs, as its status tells it. */
const doneAfter = (end: number) => (ms: number) => tells(ms < end ? RUNNING : DONE);

/** No stream comes through. */
const POLLED = { health: { failures: 2 } };

describe('the status stream', () => {
	test('tells all there is to know, and nothing else is asked', async () => {
		const events: Stream['events'] = [
			[100, QUEUED],
			[3 * SECOND, RUNNING],
			[25 * SECOND, DONE],
		];
		const { end, asked, followed, learned, door } = waiting({ streams: [{ events }] });
		await later(25 * SECOND);
		expect(end).toEqual({ last: DONE, after: 25 * SECOND });
		expect(learned).toEqual([QUEUED, RUNNING, DONE]);
		expect({ asked, followed }).toEqual({ asked: [], followed: [0] });
		expect(door.streamCalls[0]?.signal?.aborted).toBe(true);
		expect(jest.getTimerCount()).toBe(0);
	});

	test.each([
		[true, 'logs=1'],
		[false, 'logs=0'],
	])("tells the model's log where that is wanted: %s", async (logs, query) => {
		const streams = [{ events: [[0, RUNNING] as [number, unknown]], cutAfter: 10 }];
		const { end, door } = waiting({ streams, logs, status: () => tells(DONE) });
		await later(3 * SECOND);
		expect(end).toHaveProperty('last', DONE);
		expect(door.streamCalls[0]?.url).toContain(query);
		expect(door.calls[0]?.url).toContain(query);
	});

	test('that has died without a word is noticed: the status is asked for every 30 s', async () => {
		const { end, asked } = waiting({
			streams: [{ events: [[SECOND, RUNNING]] }],
			status: doneAfter(70 * SECOND),
		});
		await later(5 * MINUTE);
		const looks = [32 * SECOND, 62 * SECOND, 92 * SECOND];
		expect(asked).toEqual(looks);
		expect(end).toEqual({ last: DONE, after: looks[2] });
	});

	test('that is held back on the way is given up after two seconds, for polling', async () => {
		const { end, asked, followed, door } = waiting({
			streams: [{ events: [[10 * SECOND, DONE]] }],
			status: doneAfter(4 * SECOND),
		});
		await later(2 * SECOND);
		expect(door.streamCalls[0]?.signal?.aborted).toBe(true);
		await later(8 * SECOND);
		expect(end).toEqual({ last: DONE, after: 4_200 });
		expect({ asked, followed }).toEqual({ asked: [2_500, 3_350, 4_200], followed: [0] });
	});

	test('that was cut after a while is followed by another one', async () => {
		const streams: Stream[] = [
			{ events: [[0, RUNNING]], cutAfter: 5 * SECOND },
			{ events: [[0, RUNNING]], cutAfter: 9 * SECOND },
			{ events: [[SECOND, DONE]] },
		];
		const { end, asked, followed } = waiting({ streams });
		await later(MINUTE);
		expect(end).toEqual({ last: DONE, after: 15 * SECOND });
		expect({ asked, followed }).toEqual({ asked: [], followed: [0, 5_000, 14_000] });
	});

	test('that was cut at once is not followed by another: the status is asked for', async () => {
		const streams = [{ events: [[0, RUNNING] as [number, unknown]], cutAfter: 4_999 }];
		const { end, asked, followed } = waiting({ streams, status: doneAfter(6 * SECOND) });
		await later(MINUTE);
		expect(end).toHaveProperty('last', DONE);
		expect(followed).toEqual([0]);
		expect(asked[0]).toBeLessThanOrEqual(5_000);
	});

	test('is what it is a help for: rubbish in it ends nothing', async () => {
		const events: Stream['events'] = [
			[0, null],
			[1, { state: 'odd' }],
			[2, 'COMPLETED'],
			[SECOND, RUNNING],
			[3 * SECOND, DONE],
		];
		const { end, learned } = waiting({ streams: [{ events }] });
		await later(MINUTE);
		expect(end).toEqual({ last: DONE, after: 3 * SECOND });
		expect(learned).toEqual([RUNNING, DONE]);
	});

	describe('is no longer tried', () => {
		test('once two in a row have brought nothing', async () => {
			const health = { failures: 0 };
			for (const followed of [1, 1, 0]) {
				const job = waiting({ health, status: () => tells(DONE) });
				await later(3 * SECOND);
				expect(job.end).toHaveProperty('last', DONE);
				expect(job.followed).toHaveLength(followed);
			}
		});

		test('but one that brings something makes up for those before', async () => {
			const health = { failures: 1 };
			const { end } = waiting({ health, streams: [{ events: [[0, DONE]] }] });
			await later(1);
			expect(end).toHaveProperty('last', DONE);
			expect(health).toEqual({ failures: 0 });
		});
	});
});

describe('polling', () => {
	test('begins when a picture may be there, and becomes rarer, but not rarer than 5 s', async () => {
		const { end, asked, followed, learned } = waiting({
			...POLLED,
			status: doneAfter(MINUTE),
		});
		await later(2 * MINUTE);
		expect(end).toHaveProperty('last', DONE);
		expect(followed).toEqual([]);
		expect(learned).toHaveLength(asked.length);
		const pauses = asked.map((ms, index) => ms - (asked[index - 1] ?? 0));
		expect(pauses.slice(0, 4)).toEqual([2_500, 850, 850, 850]);
		expect(pauses.at(-1)).toBe(5_000);
		expect(asked.filter((ms) => ms < 10 * SECOND)).toHaveLength(9);
		expect(asked.length).toBeLessThan(30);
	});

	test('of a job of long ago begins at once', async () => {
		const { end, asked } = waiting({
			...POLLED,
			submittedAt: Date.now() - MINUTE,
			status: () => tells(DONE),
		});
		await later(0);
		expect(end).toEqual({ last: DONE, after: 0 });
		expect(asked).toEqual([0]);
	});

	test('goes on after whatever may pass, ever slower, and as fal says', async () => {
		const trouble: Array<Reply | Error> = [
			broken(),
			{ status: 500, json: { detail: 'oops' } },
			{ text: '<html>' },
			tells([]),
			{ status: 429, headers: { 'retry-after': '40' } },
			tells(RUNNING),
		];
		const { end, asked } = waiting({ ...POLLED, status: () => trouble.shift() ?? tells(DONE) });
		await later(5 * MINUTE);
		expect(end).toHaveProperty('last', DONE);
		const pauses = asked.map((ms, index) => ms - (asked[index - 1] ?? 0));
		// The pause after a failure is twice the one before; after an answer it is the schedule's.
		expect(pauses).toEqual([2_500, 850, 1_700, 3_400, 6_800, 40_000, 1_062]);
	});

	test.each([401, 403, 400, 422, 301])('ends when fal refuses: %i', async (code) => {
		const { end, asked } = waiting({
			...POLLED,
			status: () => ({ status: code, json: { detail: 'no' } }),
		});
		await later(MINUTE);
		const { error } = end;
		expect(error).toBeInstanceOf(FalAnswerError);
		expect(asked).toHaveLength(1);
	});

	test('takes a job that is unknown for one that is too new to be known, three times', async () => {
		const unknown = { status: 404, json: { status: 'NOT_FOUND' } };
		const found = waiting({ ...POLLED, status: (_, index) => (index < 3 ? unknown : tells(DONE)) });
		await later(MINUTE);
		expect(found.end).toHaveProperty('last', DONE);
		const lost = waiting({ ...POLLED, status: () => unknown });
		await later(MINUTE);
		expect(lost.end).toHaveProperty('error.status', 404);
		expect(lost.asked).toHaveLength(4);
	});
});

describe('Max Wait', () => {
	test.each<[string, Fal]>([
		['while polling', POLLED],
		['beside a quiet stream', { streams: [{ events: [[0, RUNNING]] }] }],
	])('ends the wait %s', async (_, way) => {
		const { end, asked } = waiting({ ...way, maxWaitMs: 10 * SECOND });
		await later(MINUTE);
		const { error, after } = end;
		expect(after).toBe(10 * SECOND);
		expect(error).toBeInstanceOf(MaxWaitError);
		expect(error).toMatchObject({
			message: "The job was not finished after 10 s, the 'Max Wait' of this node.",
			details: { stage: 'wait', retryable: true, charged: 'unknown' },
		});
		expect(Math.max(0, ...asked)).toBeLessThan(10 * SECOND);
		expect(jest.getTimerCount()).toBe(0);
	});

	test('says that the job was in the queue to the end', async () => {
		const { end } = waiting({ ...POLLED, maxWaitMs: MINUTE, status: () => tells(QUEUED) });
		await later(2 * MINUTE);
		expect(end).toHaveProperty(
			'error.message',
			"The job was still in the queue after 60 s, the 'Max Wait' of this node.",
		);
	});

	test('counts from the submit, and for a job of another execution from now', async () => {
		const earlier = Date.now() - 30 * SECOND;
		const ours = waiting({ ...POLLED, maxWaitMs: MINUTE, submittedAt: earlier });
		const others = waiting({ ...POLLED, maxWaitMs: MINUTE, submittedAt: 0 });
		await later(2 * MINUTE);
		expect(ours.end).toHaveProperty('after', 30 * SECOND);
		expect(others.end).toHaveProperty('after', MINUTE);
	});

	test('ends a call that brings nothing to the end', async () => {
		const { end } = waiting({
			...POLLED,
			maxWaitMs: 3 * SECOND,
			status: (ms) => (ms < 2_600 ? broken() : { status: 401 }),
		});
		await later(MINUTE);
		expect(end).toHaveProperty('error.name', 'MaxWaitError');
	});
});

describe('Stop', () => {
	test.each<[string, Fal]>([
		['while polling', POLLED],
		['beside a stream', { streams: [{ events: [[0, RUNNING]] }] }],
		['before anything has come', { streams: [{ events: [] }] }],
	])('ends the wait at once %s', async (_, way) => {
		const stop = new AbortController();
		const { end, asked, door } = waiting({ ...way, signal: stop.signal });
		await later(SECOND);
		stop.abort('Row 2 has failed.');
		await later(0);
		const { error, after } = end;
		expect(after).toBe(SECOND);
		expect(error).toBeInstanceOf(StoppedError);
		expect(error).toHaveProperty('message', 'Row 2 has failed.');
		expect(asked).toEqual([]);
		for (const { signal } of door.streamCalls) expect(signal?.aborted).toBe(true);
		expect(jest.getTimerCount()).toBe(0);
	});

	test('ends the call that is under way, and is told, whatever became of that', async () => {
		const stop = new AbortController();
		const { end, door } = waiting({
			...POLLED,
			signal: stop.signal,
			status: () => {
				stop.abort();
				return { status: 401 };
			},
		});
		await later(3 * SECOND);
		expect(door.calls[0]?.signal?.aborted).toBe(true);
		expect(end).toHaveProperty('error.name', 'StoppedError');
	});
});

describe('a failure of a status call is final', () => {
	const refusal = (status: number) =>
		new FalAnswerError(
			'no',
			{ stage: 'wait', retryable: false },
			status,
			{},
			{
				words: '',
				isModels: false,
			},
		);

	test.each<[string, unknown, boolean]>([
		['no answer', new ConnectionError('cut', { stage: 'wait', retryable: true }, true), false],
		['408', refusal(408), false],
		['425', refusal(425), false],
		['429', refusal(429), false],
		['499', refusal(499), true],
		['500', refusal(500), false],
		['a mistake of ours', new TypeError('oops'), true],
	])('%s', (_, error, final) => {
		expect(isFinal(error, 1)).toBe(final);
	});
});
