import { isRecord } from '../json';
import type { SandboxAnswer, SandboxRequest } from '../types';
import type { Job } from './job';
import type { FalOptions } from './options';
import { askedEndpoints, platformError } from './platform-query';
import type { FalQueue } from './queue';

/** Source of the parameters, their ranges and defaults: fal.ai/docs, Platform APIs, requests. */
const MAX_ENDPOINTS = 50;
const PAGE_DEFAULT = 50;
const PAGE_MAX = 100;
const DAY_MS = 24 * 60 * 60 * 1000;
/** How far back a list goes that names no start. */
const REACH_MS = DAY_MS;
/** The same when one request is asked for. */
const REACH_FOR_ONE_MS = 90 * DAY_MS;

const MS_PER_SECOND = 1000;

/** A date, or a date and a time with its zone. */
const ISO_TIME = /^\d{4}-\d\d-\d\d(?:T\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:Z|[+-]\d\d:\d\d))?$/;

/** One request as the history shows it; only the first four are sure to be there. */
interface Entry {
	request_id: string;
	endpoint_id: string;
	sent_at: string;
	started_at: string;
	ended_at?: string;
	status_code?: number;
	/** Seconds. */
	duration?: number;
	json_input?: unknown;
	json_output?: unknown;
}

/** A wrong parameter, to be thrown. */
class Invalid extends Error {}

function iso(ms: number): string {
	return new Date(ms).toISOString();
}

/** With `sync_mode` the output is not in the history. Source: fal.ai/models/fal-ai/fashn/tryon/v1.6/api */
function isSync({ input }: Job['submit']): boolean {
	return isRecord(input) && input.sync_mode === true;
}

function entryOf(job: Job, startedAt: number, withPayloads: boolean): Entry {
	const { submit, submittedAt, endedAt, end, terms } = job;
	const shown = withPayloads && terms.storesIo;
	return {
		request_id: submit.requestId,
		endpoint_id: submit.endpointId,
		sent_at: iso(submittedAt),
		started_at: iso(startedAt),
		...(endedAt !== undefined && {
			ended_at: iso(endedAt),
			status_code: end?.answer.status,
			duration: (endedAt - startedAt) / MS_PER_SECOND,
		}),
		...(shown && {
			json_input: submit.input,
			json_output: isSync(submit) ? undefined : end?.answer.body,
		}),
	};
}

/** Every request that the history knows of now, newest first. */
function known(queue: FalQueue, options: FalOptions, withPayloads: boolean): Entry[] {
	const latest = Date.now() - options.historyDelayMs;
	return queue
		.all()
		.reverse()
		.flatMap((job) => {
			const { startedAt, endedAt } = job;
			if (startedAt === undefined) return [];
			const isListed = endedAt === undefined ? options.historyShowsRunning : endedAt <= latest;
			return isListed ? [entryOf(job, startedAt, withPayloads)] : [];
		});
}

function readTime(query: URLSearchParams, name: string): number | undefined {
	const text = query.get(name);
	if (text === null) return undefined;
	const time = ISO_TIME.test(text) ? Date.parse(text) : NaN;
	if (Number.isNaN(time)) throw new Invalid(`${name} must be an ISO 8601 date`);
	return time;
}

function readOneOf<T extends string>(
	query: URLSearchParams,
	name: string,
	values: readonly T[],
): T | undefined {
	const text = query.get(name);
	if (text === null) return undefined;
	const value = values.find((one) => one === text);
	if (value === undefined) throw new Invalid(`${name} must be one of ${values.join(', ')}`);
	return value;
}

function readEndpoints(query: URLSearchParams): string[] {
	const ids = askedEndpoints(query);
	if (ids.length > MAX_ENDPOINTS) throw new Invalid(`At most ${MAX_ENDPOINTS} endpoint ids`);
	return ids;
}

function readPage(query: URLSearchParams): { limit: number; page: number } {
	const limit = Number(query.get('limit') ?? PAGE_DEFAULT);
	if (!Number.isInteger(limit) || limit < 1 || limit > PAGE_MAX) {
		throw new Invalid(`limit must be a whole number from 1 to ${PAGE_MAX}`);
	}
	const cursor = query.get('cursor');
	const page = cursor === null ? 1 : Number(Buffer.from(cursor, 'base64').toString());
	if (!Number.isInteger(page) || page < 1) throw new Invalid('Invalid cursor');
	return { limit, page };
}

/**
 * A page of a list. The cursor is the number of the page in base64 (fal.ai/docs), so that what is
 * new at the top moves the rest: an entry may be met on two pages.
 */
function paged(entries: Entry[], query: URLSearchParams) {
	const { limit, page } = readPage(query);
	const end = page * limit;
	const hasMore = entries.length > end;
	return {
		page: entries.slice(end - limit, end),
		next_cursor: hasMore ? Buffer.from(String(page + 1)).toString('base64') : null,
		has_more: hasMore,
	};
}

/** What `status` asks for; fal names the words, and the codes behind them are their plain meaning. */
const STATUS_CODES = {
	success: (code: number) => code < 400,
	user_error: (code: number) => code >= 400 && code < 500,
	error: (code: number) => code >= 500,
} as const;
const STATUSES = ['success', 'error', 'user_error'] as const;

function listByEndpoint(query: URLSearchParams, queue: FalQueue, options: FalOptions) {
	const endpoints = readEndpoints(query);
	if (endpoints.length === 0) throw new Invalid('endpoint_id is required');
	const requestId = query.get('request_id');
	const reach = requestId === null ? REACH_MS : REACH_FOR_ONE_MS;
	const start = readTime(query, 'start') ?? Date.now() - reach;
	// By default everything until now, this very millisecond included.
	const end = readTime(query, 'end') ?? Infinity;
	const status = readOneOf(query, 'status', STATUSES);
	const withPayloads = readOneOf(query, 'expand', ['payloads']) === 'payloads';
	const sortBy = readOneOf(query, 'sort_by', ['ended_at', 'duration']) ?? 'ended_at';

	const isAsked = (entry: Entry) => {
		if (!endpoints.includes(entry.endpoint_id)) return false;
		if (requestId !== null && entry.request_id !== requestId) return false;
		const code = entry.status_code;
		if (status !== undefined && (code === undefined || !STATUS_CODES[status](code))) return false;
		// One that still runs has no end to be compared.
		const time = Date.parse(entry[options.historyTime] ?? entry.started_at);
		return time >= start && time < end;
	};
	const rank = (entry: Entry) =>
		sortBy === 'duration' ? (entry.duration ?? 0) : Date.parse(entry.ended_at ?? iso(Date.now()));
	return known(queue, options, withPayloads)
		.filter(isAsked)
		.sort((one, other) => rank(other) - rank(one));
}

function answering(work: () => unknown): SandboxAnswer {
	try {
		return { status: 200, body: work() };
	} catch (error) {
		if (!(error instanceof Invalid)) throw error;
		return platformError(422, 'validation_error', error.message);
	}
}

/**
 * Past requests of one or more endpoints, the last to end first.
 * Source: fal.ai/docs/platform-apis/v1/models/requests/by-endpoint
 */
export function historyByEndpoint(
	{ query }: SandboxRequest,
	queue: FalQueue,
	options: FalOptions,
): SandboxAnswer {
	return answering(() => {
		const { page, ...rest } = paged(listByEndpoint(query, queue, options), query);
		return { items: page, ...rest };
	});
}

/** What looks for a meaning, which the stand-in cannot. */
const SEMANTIC = ['query', 'image_url', 'video_url', 'min_similarity'];

/**
 * Past requests of all endpoints, newest first; it knows no time, status or order. Whether fal's has
 * payloads without being asked is not documented, so the stand-in's has them only when asked.
 * Source: api.fal.ai/v1/openapi.json, `searchRequests`
 */
export function historySearch(
	{ query }: SandboxRequest,
	queue: FalQueue,
	options: FalOptions,
): SandboxAnswer {
	const unable = SEMANTIC.find((name) => query.has(name));
	if (unable !== undefined) {
		return platformError(501, 'not_implemented', `The sandbox does not search by ${unable}`);
	}
	return answering(() => {
		const endpoints = readEndpoints(query);
		const withPayloads = readOneOf(query, 'expand', ['payloads']) === 'payloads';
		const entries = known(queue, options, withPayloads).filter(
			({ endpoint_id: id }) => endpoints.length === 0 || endpoints.includes(id),
		);
		const { page, ...rest } = paged(entries, query);
		return { results: page, ...rest };
	});
}
