import type { FalOptions } from '../../sandbox/fal/options';
import { isRecord } from '../../sandbox/json';
import { completed, eventually, falCall, requestPath, startTestBed, submitJob, V16 } from './setup';
import type { Reply, TestBed } from './setup';

const V15 = 'fal-ai/fashn/tryon/v1.5';
const BY_ENDPOINT = `/v1/models/requests/by-endpoint?endpoint_id=${V16}`;
const DAY_MS = 24 * 60 * 60 * 1000;
const SEARCH = '/v1/models/requests/search';

let bed: TestBed;
let options: FalOptions;

beforeEach(async () => {
	bed = await startTestBed({ fal: { jobMs: 20, pickUpMs: 5, historyDelayMs: 0 } });
	({ options } = bed.sandbox.fal);
	options.outcome = () => ({ kind: 'output', body: { images: [{ url: 'http://127.0.0.1/a' }] } });
});

afterEach(async () => {
	jest.restoreAllMocks();
	await bed.sandbox.close();
});

const get = (path: string) => falCall(bed.sandbox, 'GET', path);

function entries({ json }: Reply): Array<Record<string, unknown>> {
	const list = json.items ?? json.results;
	return Array.isArray(list) ? list.filter(isRecord) : [];
}

const ids = (reply: Reply) => entries(reply).map(({ request_id: id }) => id);

async function submitTo(endpoint: string, input: unknown = bed.input): Promise<string> {
	const { json } = await falCall(bed.sandbox, 'POST', `/${endpoint}`, input);
	return String(json.request_id);
}

/** Submits and waits for the end. */
async function done(input: unknown = bed.input, headers: Record<string, string> = {}) {
	const id = await submitJob(bed.sandbox, input, headers);
	await completed(bed.sandbox, id);
	return id;
}

/** So many finished requests, newest first. */
async function several(count: number): Promise<string[]> {
	const list: string[] = [];
	for (let n = 0; n < count; n += 1) list.unshift(await done());
	return list;
}

describe('an entry', () => {
	it('has ids, times, code and duration, and no payloads', async () => {
		const before = Date.now();
		const id = await done();
		const [entry, ...others] = entries(await get(BY_ENDPOINT));
		expect(others).toEqual([]);
		expect(entry).toEqual({
			request_id: id,
			endpoint_id: V16,
			sent_at: expect.any(String),
			started_at: expect.any(String),
			ended_at: expect.any(String),
			status_code: 200,
			duration: expect.any(Number),
		});
		const [sent = 0, started = 0, ended = 0] = [
			entry?.sent_at,
			entry?.started_at,
			entry?.ended_at,
		].map((time) => Date.parse(String(time)));
		expect(sent).toBeGreaterThanOrEqual(before);
		expect(started).toBeGreaterThanOrEqual(sent);
		expect(entry?.duration).toBeCloseTo((ended - started) / 1000);
		expect(ended - started).toBeGreaterThanOrEqual(15);
	});

	it('has payloads when they are asked for', async () => {
		await done({ ...bed.input, seed: 7 });
		expect(entries(await get(`${BY_ENDPOINT}&expand=payloads`))).toMatchObject([
			{
				json_input: { ...bed.input, seed: 7 },
				json_output: { images: [{ url: 'http://127.0.0.1/a' }] },
			},
		]);
	});

	it('has none of a request that was not to be stored', async () => {
		const id = await done(bed.input, { 'X-Fal-Store-IO': '0' });
		const [entry] = entries(await get(`${BY_ENDPOINT}&expand=payloads`));
		expect(entry?.request_id).toBe(id);
		expect(entry).not.toHaveProperty('json_input');
		expect(entry).not.toHaveProperty('json_output');
	});

	it('has no output in sync mode', async () => {
		await done({ ...bed.input, sync_mode: true });
		const [entry] = entries(await get(`${BY_ENDPOINT}&expand=payloads`));
		expect(entry?.json_input).toMatchObject({ sync_mode: true });
		expect(entry).not.toHaveProperty('json_output');
	});
});

describe('what is listed', () => {
	it('nothing that still runs, until it has ended', async () => {
		options.jobMs = 150;
		const id = await submitJob(bed.sandbox, bed.input);
		await eventually(async () => {
			const { json } = await get(`${requestPath(id)}/status`);
			return json.status === 'IN_PROGRESS' ? true : undefined;
		});
		expect(ids(await get(BY_ENDPOINT))).toEqual([]);
		await completed(bed.sandbox, id);
		expect(ids(await get(BY_ENDPOINT))).toEqual([id]);
	});

	it('what runs too, when told so: without an end', async () => {
		options.historyShowsRunning = true;
		options.slots = 1;
		options.outcome = () => ({ kind: 'stuck', state: 'IN_PROGRESS' });
		const id = await submitJob(bed.sandbox, bed.input);
		await submitJob(bed.sandbox, bed.input);
		const listed = await eventually(async () => {
			const reply = await get(`${BY_ENDPOINT}&expand=payloads`);
			return ids(reply).length > 0 ? reply : undefined;
		});
		expect(entries(listed)).toEqual([
			{
				request_id: id,
				endpoint_id: V16,
				sent_at: expect.any(String),
				started_at: expect.any(String),
				json_input: bed.input,
			},
		]);
		expect(ids(await get(`${BY_ENDPOINT}&status=success`))).toEqual([]);
	});

	it('comes up some time after its end', async () => {
		options.historyDelayMs = 200;
		const id = await done();
		const endedAt = bed.sandbox.fal.submits()[0]?.completedAt ?? 0;
		expect(ids(await get(BY_ENDPOINT))).toEqual([]);
		await eventually(async () => (ids(await get(BY_ENDPOINT)).includes(id) ? true : undefined));
		expect(Date.now() - endedAt).toBeGreaterThanOrEqual(200);
	});

	it('nothing that was cancelled before it started', async () => {
		options.slots = 0;
		options.historyShowsRunning = true;
		const id = await submitJob(bed.sandbox, bed.input);
		await falCall(bed.sandbox, 'PUT', `${requestPath(id)}/cancel`);
		expect(ids(await get(BY_ENDPOINT))).toEqual([]);
		expect(ids(await get(SEARCH))).toEqual([]);
	});
});

describe('by-endpoint', () => {
	it('takes endpoints repeated or with commas, and lists no others', async () => {
		const [six, five] = [await submitTo(V16), await submitTo(V15)];
		await Promise.all([six, five].map((id) => completed(bed.sandbox, id)));
		expect(ids(await get(BY_ENDPOINT))).toEqual([six]);
		const both = [`${BY_ENDPOINT},${V15}`, `${BY_ENDPOINT}&endpoint_id=${V15}`];
		for (const path of both) expect(ids(await get(path)).sort()).toEqual([six, five].sort());
		expect(ids(await get('/v1/models/requests/by-endpoint?endpoint_id=fal-ai/flux'))).toEqual([]);
	});

	it('tells successes, errors of the user and errors of fal apart', async () => {
		const list: string[] = [];
		for (const status of [200, 422, 503]) {
			options.outcome = () => ({ kind: 'model', answer: { status, body: {} } });
			list.push(await done());
		}
		const [success, userError, error] = list;
		expect(ids(await get(`${BY_ENDPOINT}&status=success`))).toEqual([success]);
		expect(ids(await get(`${BY_ENDPOINT}&status=user_error`))).toEqual([userError]);
		expect(ids(await get(`${BY_ENDPOINT}&status=error`))).toEqual([error]);
	});

	it.each(['sent_at', 'started_at', 'ended_at'] as const)(
		'filters by %s when told so: from the start, to before the end',
		async (time) => {
			options.historyTime = time;
			options.jobMs = 60;
			await done();
			const [entry] = entries(await get(BY_ENDPOINT));
			const at = Date.parse(String(entry?.[time]));
			const count = async (name: string, ms: number) =>
				entries(await get(`${BY_ENDPOINT}&${name}=${new Date(ms).toISOString()}`)).length;
			expect([await count('start', at), await count('start', at + 1)]).toEqual([1, 0]);
			expect([await count('end', at), await count('end', at + 1)]).toEqual([0, 1]);
		},
	);

	it('reaches back a day, or 90 days for one request, unless told from when', async () => {
		const id = await done();
		const endedAt = bed.sandbox.fal.submits()[0]?.completedAt ?? 0;
		const clock = jest.spyOn(Date, 'now');
		const daysLater = (days: number, query: string) => {
			clock.mockReturnValue(endedAt + days * DAY_MS);
			return get(BY_ENDPOINT + query).then(ids);
		};
		const one = `&request_id=${id}`;
		expect(await daysLater(0.9, '')).toEqual([id]);
		expect(await daysLater(1.1, '')).toEqual([]);
		expect(await daysLater(1.1, '&start=2020-01-01')).toEqual([id]);
		expect(await daysLater(89, one)).toEqual([id]);
		expect(await daysLater(91, one)).toEqual([]);
	});

	it('finds one request by its id', async () => {
		const [, older] = await several(3);
		expect(ids(await get(`${BY_ENDPOINT}&request_id=${older}`))).toEqual([older]);
	});

	it('lists the last to end first, or the longest', async () => {
		options.jobMs = ({ requestId }) =>
			requestId === bed.sandbox.fal.submits()[0]?.requestId ? 150 : 20;
		const long = await submitJob(bed.sandbox, bed.input);
		const short = await done();
		await completed(bed.sandbox, long);
		const middle = await done();
		expect(ids(await get(BY_ENDPOINT))).toEqual([middle, long, short]);
		expect(ids(await get(`${BY_ENDPOINT}&sort_by=duration`))[0]).toBe(long);
	});

	it('is paged by a cursor that is the page’s number', async () => {
		const all = await several(5);
		const first = await get(`${BY_ENDPOINT}&limit=2`);
		expect(first.json).toMatchObject({ has_more: true, next_cursor: 'Mg==' });
		expect(ids(first)).toEqual(all.slice(0, 2));
		const third = await get(`${BY_ENDPOINT}&limit=2&cursor=Mw==`);
		expect(ids(third)).toEqual(all.slice(4));
		expect(third.json).toMatchObject({ has_more: false, next_cursor: null });
		// What is new at the top moves the rest: the same entry is met twice.
		const newest = await done();
		expect(ids(await get(`${BY_ENDPOINT}&limit=2`))).toEqual([newest, all[0]]);
		expect(ids(await get(`${BY_ENDPOINT}&limit=2&cursor=Mg==`))).toEqual([all[1], all[2]]);
	});

	it('gives 50 a page unless asked otherwise', async () => {
		await Promise.all(Array.from({ length: 51 }, () => done()));
		const reply = await get(BY_ENDPOINT);
		expect([entries(reply).length, reply.json.has_more]).toEqual([50, true]);
	});

	const tooMany = Array.from({ length: 51 }, (_, n) => `a/b${n}`).join(',');
	it.each([
		['no endpoint', ''],
		['an empty endpoint', 'endpoint_id='],
		['51 endpoints', `endpoint_id=${tooMany}`],
		['limit 0', 'endpoint_id=a/b&limit=0'],
		['limit 101', 'endpoint_id=a/b&limit=101'],
		['limit many', 'endpoint_id=a/b&limit=many'],
		['a cursor that is no number', 'endpoint_id=a/b&cursor=next'],
		['a cursor to page 0', 'endpoint_id=a/b&cursor=MA=='],
		['a start in words', 'endpoint_id=a/b&start=yesterday'],
		['an end in month 13', 'endpoint_id=a/b&end=2025-13-01'],
		['an end in seconds', 'endpoint_id=a/b&end=1735689600'],
		['another status', 'endpoint_id=a/b&status=failed'],
		['another order', 'endpoint_id=a/b&sort_by=cost'],
		['another expansion', 'endpoint_id=a/b&expand=billing'],
	])('refuses %s', async (_, query) => {
		const reply = await get(`/v1/models/requests/by-endpoint?${query}`);
		expect(reply).toMatchObject({ status: 422, json: { error: { type: 'validation_error' } } });
	});

	it.each(['2025-01-01', '2025-01-01T00:00:00Z', '2025-01-01T01:00:00.5%2B02:00'])(
		'takes the time %s',
		async (time) => {
			expect((await get(`${BY_ENDPOINT}&start=${time}`)).status).toBe(200);
		},
	);
});

describe('search', () => {
	it('lists all endpoints’ requests, newest first, in pages', async () => {
		const six = await done();
		const five = await submitTo(V15);
		await completed(bed.sandbox, five);
		const first = await get(`${SEARCH}?limit=1`);
		expect(first.json).toMatchObject({ has_more: true, next_cursor: 'Mg==' });
		expect(first.json).not.toHaveProperty('items');
		expect(ids(first)).toEqual([five]);
		expect(ids(await get(`${SEARCH}?limit=1&cursor=Mg==`))).toEqual([six]);
		expect(ids(await get(`${SEARCH}?endpoint_id=${V16}`))).toEqual([six]);
	});

	it('has payloads when they are asked for, and were stored', async () => {
		await done({ ...bed.input, seed: 1 }, { 'X-Fal-Store-IO': '0' });
		await done({ ...bed.input, seed: 2 });
		expect(entries(await get(SEARCH)).every((entry) => !('json_input' in entry))).toBe(true);
		const [stored, secret] = entries(await get(`${SEARCH}?expand=payloads`));
		expect(stored?.json_input).toMatchObject({ seed: 2 });
		expect(secret).not.toHaveProperty('json_input');
	});

	it('says that it cannot search by meaning', async () => {
		expect((await get(`${SEARCH}?query=dress`)).status).toBe(501);
	});
});

it.each([BY_ENDPOINT, SEARCH])('%s needs the key', async (path) => {
	const reply = await falCall(bed.sandbox, 'GET', path, undefined, { Authorization: 'Key a:b' });
	expect(reply.status).toBe(401);
});
