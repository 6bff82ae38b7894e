import type { QueueStatus } from '@fal-ai/client';

import { ConnectionError } from '../errors';
import { type Door, isOk, jsonOf } from '../http';
import type { Timing } from '../jobs/retry';
import { isObject, type JsonObject, textOf } from '../json';
import { requestKey } from './claims';
import { answerError } from './errors';
import type { FalOrigins } from './fetch';
import { isRequestId } from './job';

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

/** Milliseconds without an answer after which a call is given up. */
const TIMEOUT_MS = 30_000;

/** fal's own page length, of at most 100 (fal.ai docs, Platform APIs, Requests by endpoint). */
const PAGE_LENGTH = 50;

/** Inputs may hold whole pictures: so many bytes of them are asked for at once, and no more. */
const PAGE_BYTES = 16 * 1024 * 1024;

/** Calls of one look: pages for 2,000 requests, where those are addresses and numbers. */
const MOST_PAGES = 40;

function timeOf(value: unknown): number | undefined {
	const time = Date.parse(textOf(value) ?? '');
	return Number.isNaN(time) ? undefined : time;
}

/** Only id, endpoint and the first two times are sure to be there. */
function entryOf(item: unknown, endpointId: string): HistoryEntry | undefined {
	if (!isObject(item) || item.endpoint_id !== endpointId) return undefined;
	const { request_id: requestId, sent_at, started_at, ended_at, json_input: input } = item;
	const sentAt = timeOf(sent_at);
	if (!isRequestId(requestId) || sentAt === undefined) return undefined;
	const isRunning = timeOf(started_at) !== undefined;
	const whileOpen = isRunning ? 'IN_PROGRESS' : 'IN_QUEUE';
	const status = timeOf(ended_at) === undefined ? whileOpen : 'COMPLETED';
	// "Payloads ... are absent for a request sent with X-Fal-Store-IO: 0 or deleted since".
	const isShown = input !== undefined && input !== null;
	return { requestId, sentAt, status, ...(isShown && { key: requestKey(endpointId, input) }) };
}

function unreadable(statusCode: number): ConnectionError {
	return new ConnectionError(
		"fal's request history cannot be read.",
		{ stage: 'submit', retryable: true, charged: 'unknown', statusCode },
		true,
	);
}

/**
 * Reads what fal shows of an endpoint's requests since a moment, payloads included (fal.ai docs,
 * Platform APIs, Requests by endpoint). The answer is free, and it is the caller's own requests.
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
	door: Door,
	{ platform }: FalOrigins,
	{ clock, signal }: Timing,
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
	// The cursor is a page's number: what has ended meanwhile moves the others, some onto the next page.
	const entries = new Map<string, HistoryEntry>();
	let ahead: number | undefined;
	for (let page = 0; page < MOST_PAGES; page++) {
		const answer = await door.api({
			method: 'GET',
			url: `${platform}/v1/models/requests/by-endpoint?${query.toString()}`,
			headers: { Accept: 'application/json' },
			timeoutMs: TIMEOUT_MS,
			signal,
			stage: 'submit',
		});
		if (!isOk(answer)) throw answerError(answer, 'submit');
		const date = timeOf(answer.headers.date);
		ahead ??= date === undefined ? undefined : date - clock.now();
		const body = pageOf(jsonOf(answer));
		if (!body) throw unreadable(answer.status);
		for (const item of body.items) {
			const entry = entryOf(item, endpointId);
			if (entry) entries.set(entry.requestId, entry);
		}
		if (body.next === undefined) break;
		query.set('cursor', body.next);
	}
	return { entries: [...entries.values()], ahead };
}

function pageOf(body: unknown): { items: unknown[]; next?: string } | undefined {
	if (!isObject(body) || !Array.isArray(body.items)) return undefined;
	const items: unknown[] = body.items;
	return { items, ...nextOf(body) };
}

function nextOf({ has_more: hasMore, next_cursor: cursor }: JsonObject): { next?: string } {
	const next = textOf(cursor);
	return hasMore === true && next !== undefined ? { next } : {};
}
