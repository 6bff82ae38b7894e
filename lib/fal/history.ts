import type { QueueStatus } from '@fal-ai/client';

import { type Stage, UnreadableAnswer } from '../errors';
import { jsonOf } from '../http';
import { isObject, type JsonObject, numberOf, textOf } from '../json';
import { type Timing, withRetries } from '../time';
import { type FalClient, isRequestId, requestKey } from './client';
import { READS } from './errors';

/** One request that fal's history shows. */
export interface HistoryEntry {
	requestId: string;
	/** Milliseconds since the epoch, by fal's clock. */
	sentAt: number;
	/** What it asks for, as `requestKey` has it; `undefined` when fal does not show its input. */
	key?: string;
	status: QueueStatus['status'];
}

/** What fal's history shows at one moment. */
export interface History {
	entries: HistoryEntry[];
	/**
	 * Milliseconds by which fal's clock is ahead of this machine's. It is too small by up to a second
	 * and the time that an answer takes, never too large. `undefined` when fal did not tell the time.
	 */
	ahead?: number;
}

/** fal's own page length, of at most 100 (fal.ai docs, Platform APIs, Requests by endpoint). */
const PAGE_LENGTH = 50;

/** Inputs may hold whole pictures: so many bytes of them are asked for at once, and no more. */
const PAGE_BYTES = 16 * 1024 * 1024;

/** Calls of one look: pages for 2,000 requests, where those are addresses and numbers. */
const MOST_PAGES = 40;

/** Milliseconds between looks for one request; fal waits 15 s for the answer to its webhook. */
const FIND_PAUSES_MS = [500, 1_000, 2_000, 4_000];

function timeOf(value: unknown): number | undefined {
	const time = Date.parse(textOf(value) ?? '');
	return Number.isNaN(time) ? undefined : time;
}

/** A request of the account, as fal's history shows it. */
export interface PastRequest {
	requestId: string;
	endpointId: string;
	status: QueueStatus['status'];
	/** Status of the model's answer, once there is one: 200 for a success. */
	statusCode?: number;
	/** Times as fal writes them. */
	sentAt?: string;
	startedAt?: string;
	endedAt?: string;
	/** Seconds. */
	duration?: number;
	/** What was asked for; `undefined` when fal does not show it. */
	input?: JsonObject;
}

/** Only id, endpoint and the first two times are sure to be there. */
function pastRequestOf(item: unknown): PastRequest | undefined {
	if (!isObject(item) || !isRequestId(item.request_id)) return undefined;
	const { request_id: requestId, started_at, sent_at, ended_at, json_input: input } = item;
	const [sentAt, startedAt, endedAt] = [sent_at, started_at, ended_at].map(textOf);
	const whileOpen = startedAt === undefined ? 'IN_QUEUE' : 'IN_PROGRESS';
	return {
		requestId,
		endpointId: textOf(item.endpoint_id) ?? '',
		status: endedAt === undefined ? whileOpen : 'COMPLETED',
		statusCode: numberOf(item.status_code),
		sentAt,
		startedAt,
		endedAt,
		duration: numberOf(item.duration),
		// "Payloads ... are absent for a request sent with X-Fal-Store-IO: 0 or deleted since".
		input: isObject(input) ? input : undefined,
	};
}

/** One page of the history, and the time by which fal has answered. */
interface Page {
	requests: PastRequest[];
	next?: string;
	/** Milliseconds since the epoch; `undefined` when fal did not tell. */
	date?: number;
}

/** Asks for a page. @throws FalAnswerError, ConnectionError */
type AskPage = (query: URLSearchParams) => Promise<Page>;

function pageReader(client: FalClient, { signal }: Pick<Timing, 'signal'>, stage: Stage): AskPage {
	return async (query) => {
		const answer = await client.platform('requests/by-endpoint', query, { stage, signal });
		const page = pageOf(jsonOf(answer));
		if (page) return { ...page, date: timeOf(answer.headers.date) };
		const details = { statusCode: answer.status };
		throw new UnreadableAnswer("fal's request history cannot be read.", stage, details);
	};
}

/**
 * Goes through the caller's own requests, page by page (fal.ai docs, Platform APIs, Requests by
 * endpoint). The cursor is a page's number: what has ended meanwhile moves the others, some onto the
 * next page, so that one may come twice. A cursor that comes twice is that of a proxy which
 * knows of none, and would never end.
 *
 * @param query as fal names it
 * @throws as `ask` does
 */
async function* pagesOf(ask: AskPage, query: URLSearchParams): AsyncGenerator<Page> {
	const asked = new Set<string>();
	let page = await ask(query);
	yield page;
	while (page.next !== undefined && !asked.has(page.next)) {
		asked.add(page.next);
		query.set('cursor', page.next);
		page = await ask(query);
		yield page;
	}
}

/**
 * Reads what fal shows of an endpoint's requests since a moment, payloads included.
 *
 * fal does not say which of a request's times `start` is about; each of them is later than the
 * submit, so that what was sent since then is there in any case. What is listed may have been sent
 * before.
 *
 * @param range `since` in milliseconds since the epoch, by fal's clock; `inputBytes` is about how
 * long an input is
 * @throws FalAnswerError when fal refuses; ConnectionError when there is no answer to be read
 */
export async function readHistory(
	client: FalClient,
	timing: Timing,
	range: { endpointId: string; since: number; inputBytes: number },
): Promise<History> {
	const { endpointId, since, inputBytes } = range;
	const fitting = Math.max(Math.floor(PAGE_BYTES / inputBytes), 1);
	const query = new URLSearchParams({
		endpoint_id: endpointId,
		start: new Date(since).toISOString(),
		expand: 'payloads',
		limit: String(Math.min(fitting, PAGE_LENGTH)),
	});
	const entries = new Map<string, HistoryEntry>();
	let ahead: number | undefined;
	let pages = 0;
	// Not asked again at once: who looks for a lost submit looks more than once.
	const ask = pageReader(client, timing, 'submit');
	for await (const { requests, date } of pagesOf(ask, query)) {
		ahead ??= date === undefined ? undefined : date - timing.clock.now();
		for (const { requestId, status, input, ...request } of requests) {
			const sentAt = timeOf(request.sentAt);
			if (request.endpointId !== endpointId || sentAt === undefined) continue;
			const key = input && requestKey(endpointId, input);
			entries.set(requestId, { requestId, sentAt, status, key });
		}
		pages += 1;
		if (pages === MOST_PAGES) break;
	}
	return { entries: [...entries.values()], ahead };
}

/** A model that has made pictures answers so. */
const SUCCESS = 200;

/** Whether a job has made pictures. */
export function hasSucceeded({ statusCode }: PastRequest): boolean {
	return statusCode === SUCCESS;
}

/** What a list is narrowed to. */
export interface PastFilters {
	/** Several with commas between. */
	endpointId: string;
	/** From and until when, as ISO 8601; default the last 24 hours. */
	start?: string;
	end?: string;
	/** How it ended, in fal's words. */
	status?: string;
	/** One request alone, of the last 90 days. */
	request_id?: string;
}

/**
 * Lists what the account has asked of an endpoint, newest end first, with its inputs.
 *
 * @param limit how many at most; `undefined` for all
 * @throws FalAnswerError when fal refuses; ConnectionError when there is no answer to be read
 */
export async function listRequests(
	client: FalClient,
	timing: Timing,
	{ endpointId, ...filters }: PastFilters,
	limit = Infinity,
): Promise<PastRequest[]> {
	const query = new URLSearchParams({
		endpoint_id: endpointId,
		expand: 'payloads',
		limit: String(Math.min(limit, PAGE_LENGTH)),
	});
	for (const [name, value] of Object.entries(filters)) if (value) query.set(name, value);
	const found = new Map<string, PastRequest>();
	const read = pageReader(client, timing, 'result');
	const ask: AskPage = async (page) => await withRetries(timing, READS, async () => read(page));
	for await (const { requests } of pagesOf(ask, query)) {
		for (const request of requests) found.set(request.requestId, request);
		if (found.size >= limit) break;
	}
	return [...found.values()].slice(0, limit);
}

/**
 * Finds one request among those of the caller's account, whatever it was sent with. It is looked for
 * several times, since fal does not say how soon a request is in the history.
 *
 * @param endpoints ids of those that it may be of
 * @returns `undefined` when the account has none of that id
 * @throws FalAnswerError when fal refuses; ConnectionError when there is no answer to be read
 */
export async function findRequest(
	client: FalClient,
	timing: Timing,
	requestId: string,
	endpoints: readonly string[],
): Promise<PastRequest | undefined> {
	const filters = { endpointId: endpoints.join(','), request_id: requestId };
	for (const pause of [0, ...FIND_PAUSES_MS]) {
		await timing.clock.sleep(pause, timing.signal);
		const [found] = await listRequests(client, timing, filters, 1);
		if (found?.requestId === requestId) return found;
	}
	return undefined;
}

function pageOf(body: unknown): Pick<Page, 'requests' | 'next'> | undefined {
	if (!isObject(body) || !Array.isArray(body.items)) return undefined;
	const { items, has_more: hasMore, next_cursor: cursor } = body;
	const next = hasMore === true ? textOf(cursor) : undefined;
	return { requests: items.flatMap((item) => pastRequestOf(item) ?? []), next };
}
