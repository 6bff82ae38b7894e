import fc from 'fast-check';

import { ConnectionError, UnreadableAnswer } from '../../../lib/errors';
import { requestKey } from '../../../lib/fal/client';
import { FalAnswerError, READS } from '../../../lib/fal/errors';
import { findRequest, listRequests, type PastFilters, readHistory } from '../../../lib/fal/history';
import { broken, type Reply } from '../astria/fakeDoor';
import { TestClock } from '../clock';
import { clientOf, ENDPOINT, fakeFal } from './fakeFal';

const INPUT = { model_image: 'https://a.example/1', seed: 7 };

/** A request as fal shows it. */
const shown = (id: string, more: object = {}) => ({
	request_id: id,
	endpoint_id: ENDPOINT,
	sent_at: '2026-01-01T00:00:01Z',
	started_at: '2026-01-01T00:00:02Z',
	json_input: INPUT,
	...more,
});

/** fal, which answers with one page after the other. */
function pages(...said: Array<Reply | Error>) {
	const clock = new TestClock();
	const door = fakeFal({
		api: (_, index) => {
			const reply = said[index] ?? {};
			if (reply instanceof Error) throw reply;
			return reply;
		},
	});
	const queries = () => door.calls.map(({ url }) => new URL(url).searchParams);
	return { clock, door, queries };
}

const page = (items: unknown[], next?: string): Reply => ({
	json: { items, has_more: next !== undefined, next_cursor: next ?? null },
});

describe('a look at what fal shows of an endpoint', () => {
	const range = {
		endpointId: ENDPOINT,
		since: Date.parse('2026-01-01T00:00:00Z'),
		inputBytes: 100,
	};

	const RUNNING = {
		requestId: 'job-1',
		sentAt: Date.parse('2026-01-01T00:00:01Z'),
		status: 'IN_PROGRESS',
		key: requestKey(ENDPOINT, INPUT),
	};

	test("asks fal's platform, with the key, for what was sent since then, inputs included", async () => {
		const { door, clock, queries } = pages(page([shown('job-1')]));
		const { signal } = new AbortController();
		expect(await readHistory(clientOf(door), { clock, signal }, range)).toEqual({
			entries: [RUNNING],
			ahead: undefined,
		});
		expect(door.calls).toEqual([
			{
				method: 'GET',
				url: expect.stringMatching(/^https:\/\/api\.fal\.ai\/v1\/models\/requests\/by-endpoint\?/),
				headers: { Accept: 'application/json' },
				timeoutMs: 30_000,
				signal,
				stage: 'submit',
			},
		]);
		expect(Object.fromEntries(queries()[0] ?? [])).toEqual({
			endpoint_id: ENDPOINT,
			start: '2026-01-01T00:00:00.000Z',
			expand: 'payloads',
			limit: '50',
		});
	});

	test.each<[string, object, object | undefined]>([
		['waits', { started_at: null }, { status: 'IN_QUEUE' }],
		['runs', {}, { status: 'IN_PROGRESS' }],
		['has ended', { ended_at: '2026-01-01T00:00:09Z' }, { status: 'COMPLETED' }],
		['shows no input', { json_input: undefined }, { key: undefined }],
		['shows null', { json_input: null }, { key: undefined }],
		['shows an empty input', { json_input: {} }, { key: requestKey(ENDPOINT, {}) }],
		['is of another endpoint', { endpoint_id: 'fal-ai/other' }, undefined],
		['has an id that is a path', { request_id: '../x' }, undefined],
		['has no time', { sent_at: null }, undefined],
		['has a time that is none', { sent_at: 'soon' }, undefined],
	])('knows of a request that %s', async (_, more, entry) => {
		const { door, clock } = pages(page([null, [], shown('job-1', more)]));
		const { entries } = await readHistory(clientOf(door), { clock }, range);
		expect(entries).toEqual(entry ? [{ ...RUNNING, ...entry }] : []);
	});

	test('knows a request that two pages show as one, as the later shows it', async () => {
		const ended = shown('job-1', { ended_at: '2026-01-01T00:00:09Z' });
		const { door, clock, queries } = pages(
			page([shown('job-1'), shown('job-2')], 'p2'),
			page([ended], 'p3'),
			page([shown('job-3')]),
		);
		const { entries } = await readHistory(clientOf(door), { clock }, range);
		expect(entries.map(({ requestId, status }) => [requestId, status])).toEqual([
			['job-1', 'COMPLETED'],
			['job-2', 'IN_PROGRESS'],
			['job-3', 'IN_PROGRESS'],
		]);
		expect(queries().map((query) => query.get('cursor'))).toEqual([null, 'p2', 'p3']);
	});

	test.each([
		['has no more', { has_more: false, next_cursor: 'next' }],
		['says so in a word', { has_more: 'true', next_cursor: 'next' }],
		['has no cursor', { has_more: true, next_cursor: null }],
		['has an empty cursor', { has_more: true, next_cursor: '' }],
	])('ends with a page that %s', async (_, end) => {
		const { door, clock } = pages({ json: { items: [], ...end } });
		await readHistory(clientOf(door), { clock }, range);
		expect(door.calls).toHaveLength(1);
	});

	test('is so many calls at most, however long the list is', async () => {
		const { clock } = pages();
		const door = fakeFal({ api: (_, index) => page([], `${index + 2}`) });
		await readHistory(clientOf(door), { clock }, range);
		expect(door.calls).toHaveLength(40);
	});

	test.each([
		[100, '50'],
		[4 * 1024 * 1024, '4'],
		[90 * 1024 * 1024, '1'],
	])(
		'asks for fewer at once where they hold whole pictures: %i bytes, %s',
		async (inputBytes, limit) => {
			const { door, clock, queries } = pages(page([]));
			await readHistory(clientOf(door), { clock }, { ...range, inputBytes });
			expect(queries()[0]?.get('limit')).toBe(limit);
		},
	);

	test("learns how far fal's clock is ahead from the first page that tells the time", async () => {
		const at = (seconds: number) => ({
			date: new Date(new TestClock().now() + seconds * 1_000).toUTCString(),
		});
		const { door, clock } = pages(
			page([], 'p2'),
			{ ...page([], 'p3'), headers: at(90) },
			{ ...page([]), headers: at(95) },
		);
		expect(await readHistory(clientOf(door), { clock }, range)).toHaveProperty('ahead', 90_000);
	});

	test("throws fal's refusal, in the stage of a submit", async () => {
		const { door, clock } = pages({ status: 403, json: { detail: 'no' } });
		const read = readHistory(clientOf(door), { clock }, range);
		await expect(read).rejects.toThrow(FalAnswerError);
		await expect(read).rejects.toMatchObject({ status: 403, details: { stage: 'submit' } });
	});

	test.each([[null], [[]], [{}], [{ items: {} }], ['x']])(
		'is trouble where the answer is %j',
		async (json) => {
			const { door, clock } = pages({ status: 200, json });
			await expect(readHistory(clientOf(door), { clock }, range)).rejects.toMatchObject({
				name: UnreadableAnswer.name,
				message: "fal's request history cannot be read.",
				details: { stage: 'submit', retryable: true, charged: 'unknown', statusCode: 200 },
				sent: true,
			});
		},
	);

	test('of any JSON is a list or trouble', async () => {
		const item = fc.oneof(
			fc.jsonValue(),
			fc
				.record({ sent_at: fc.jsonValue(), json_input: fc.jsonValue() })
				.map((more) => shown('a', more)),
		);
		const said = fc.oneof(
			fc.jsonValue(),
			fc.record({ items: fc.array(item), has_more: fc.boolean() }),
		);
		await fc.assert(
			fc.asyncProperty(said, async (json) => {
				const { door, clock } = pages({ json });
				const [end] = await Promise.allSettled([readHistory(clientOf(door), { clock }, range)]);
				if (end.status === 'rejected') expect(end.reason).toBeInstanceOf(ConnectionError);
				else for (const { sentAt } of end.value.entries) expect(sentAt).not.toBeNaN();
			}),
		);
	});
});

describe('a list of what the account has asked for', () => {
	const list = async (
		said: Array<Reply | Error>,
		limit?: number,
		filters: Partial<PastFilters> = {},
	) => {
		const { door, clock, queries } = pages(...said);
		const asked = { endpointId: ENDPOINT, ...filters };
		const requests = await listRequests(clientOf(door), { clock }, asked, limit);
		return { requests, queries: queries(), calls: door.calls };
	};

	test('ends where somebody in between shows the same page for ever', async () => {
		const same = page([shown('job-1')], '2');
		const { requests, calls } = await list([same, same, same, same]);
		expect(requests.map(({ requestId }) => requestId)).toEqual(['job-1']);
		expect(calls).toHaveLength(2);
	});

	test('tells each with its times and its input', async () => {
		const { requests, calls } = await list([
			page([
				shown('job-1', {
					ended_at: '2026-01-01T00:00:09Z',
					status_code: 200,
					duration: 7.5,
				}),
			]),
		]);
		expect(requests).toEqual([
			{
				requestId: 'job-1',
				endpointId: ENDPOINT,
				status: 'COMPLETED',
				statusCode: 200,
				sentAt: '2026-01-01T00:00:01Z',
				startedAt: '2026-01-01T00:00:02Z',
				endedAt: '2026-01-01T00:00:09Z',
				duration: 7.5,
				input: INPUT,
			},
		]);
		expect(calls).toMatchObject([{ stage: 'result' }]);
	});

	test.each<[string, object, object | undefined]>([
		['waits', { started_at: null }, { status: 'IN_QUEUE', startedAt: undefined }],
		['runs', {}, { status: 'IN_PROGRESS', endedAt: undefined }],
		['shows no input', { json_input: null }, { input: undefined }],
		['shows a list as its input', { json_input: [1] }, { input: undefined }],
		['has no endpoint', { endpoint_id: 7 }, { endpointId: '' }],
		['has an id that is a path', { request_id: 'a/b' }, undefined],
	])('tells one that %s', async (_, more, told) => {
		const { requests } = await list([page([null, shown('job-1', more)])]);
		expect(requests).toEqual(told ? [expect.objectContaining(told)] : []);
	});

	test('is narrowed to what is wanted, and to nothing else', async () => {
		const filters = { start: '2026-01-01', end: '', status: 'success', request_id: undefined };
		const { queries } = await list([page([])], 20, filters);
		expect(Object.fromEntries(queries[0] ?? [])).toEqual({
			endpoint_id: ENDPOINT,
			expand: 'payloads',
			limit: '20',
			start: '2026-01-01',
			status: 'success',
		});
	});

	const ids = (from: number, to: number) =>
		Array.from({ length: to - from }, (_, n) => shown(`job-${from + n}`));

	test.each([
		['a limit within a page', 3, 3, 1],
		['a limit of a whole page', 50, 50, 1],
		['a limit within the next page', 60, 60, 2],
		['no limit', undefined, 110, 3],
	])('ends at %s', async (_, limit, length, calls) => {
		const said = [page(ids(0, 50), 'p2'), page(ids(50, 100), 'p3'), page(ids(100, 110))];
		const { requests, queries } = await list(said, limit);
		expect(requests.map(({ requestId }) => requestId)).toEqual(
			ids(0, length).map(({ request_id: id }) => id),
		);
		expect(queries).toHaveLength(calls);
		expect(queries[0]?.get('limit')).toBe(String(Math.min(limit ?? 50, 50)));
	});

	test('has a request that two pages show once', async () => {
		const { requests } = await list([page([shown('a'), shown('b')], 'p2'), page([shown('b')])]);
		expect(requests.map(({ requestId }) => requestId)).toEqual(['a', 'b']);
	});

	test.each<[Reply | Error, string]>([
		[{ status: 401 }, FalAnswerError.name],
		[{ json: {} }, UnreadableAnswer.name],
		[broken(), ConnectionError.name],
	])('throws what goes wrong: %j', async (said, name) => {
		const eachTry = Array.from({ length: READS.pausesMs.length + 1 }, () => said);
		await expect(list(eachTry)).rejects.toMatchObject({ name });
	});
});

describe('one request of the account', () => {
	const find = async (...said: Reply[]) => {
		const { door, clock, queries } = pages(...said);
		const found = await findRequest(clientOf(door), { clock }, 'job-1', ['a/b', 'c/d']);
		return { found, waits: clock.waits, queries: queries() };
	};

	test('is looked for by its id, in all endpoints that it may be of', async () => {
		const { found, waits, queries } = await find(page([shown('job-1')]));
		expect(found).toMatchObject({ requestId: 'job-1', input: INPUT });
		expect(waits).toEqual([0]);
		expect(Object.fromEntries(queries[0] ?? [])).toMatchObject({
			endpoint_id: 'a/b,c/d',
			request_id: 'job-1',
			limit: '1',
		});
	});

	test('is looked for again: it may not be listed yet', async () => {
		const { found, waits } = await find(page([]), page([shown('job-2')]), page([shown('job-1')]));
		expect(found).toMatchObject({ requestId: 'job-1' });
		expect(waits).toEqual([0, 500, 1_000]);
	});

	test('is none of the account when it is never listed', async () => {
		const { found, waits } = await find(...Array<Reply>(9).fill(page([shown('job-2')])));
		expect(found).toBeUndefined();
		expect(waits).toEqual([0, 500, 1_000, 2_000, 4_000]);
	});
});
