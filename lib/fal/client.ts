import { createFalClient } from '@fal-ai/client';

import { InputError, type Stage, UnreadableAnswer } from '../errors';
import { readField } from '../fields/values';
import {
	type AnswerHead,
	type ByteStream,
	type Door,
	type HttpAnswer,
	type HttpCall,
	isOk,
	jsonOf,
} from '../http';
import { hashOf, isObject } from '../json';
import { chunksOf, StreamedFile } from '../media/file';
import { falAnswerError } from './errors';

/** A job that fal has taken; a type and not an interface, so that n8n can store it as JSON. */
export type FalJob = {
	endpointId: string;
	requestId: string;
	/** Milliseconds since the epoch; 0 for a job that was submitted earlier, by another try. */
	submittedAt: number;
};

/** What a job is known by. */
export type JobId = Pick<FalJob, 'endpointId' | 'requestId'>;

/** fal's app ids: owner, app and an optional path (fal.ai docs, Queue). */
const ENDPOINT_ID = /^[\w-]+(\/[\w.-]+)+$/;

/** fal's request ids are UUIDs; the client puts them into the address as they are. */
const REQUEST_ID = /^[\w-]+$/;

/** Whether it can be an endpoint id, blanks around it aside. */
export function isEndpointId(value: unknown): value is string {
	const text = typeof value === 'string' ? value.trim() : '';
	return ENDPOINT_ID.test(text) && !text.includes('..');
}

/** @throws InputError when it cannot be an endpoint id */
export function checkEndpointId(value: unknown): string {
	if (isEndpointId(value)) return value.trim();
	const text = typeof value === 'string' ? value.trim() : '';
	throw new InputError(
		'Endpoint ID',
		`is "${text}", which is no endpoint of fal`,
		'Copy it from the page of the model at fal.ai/models, such as fal-ai/fashn/tryon/v1.6.',
	);
}

/** Whether it is safe in an address; what fal answers is looked at as what a person gives. */
export function isRequestId(value: unknown): value is string {
	return typeof value === 'string' && REQUEST_ID.test(value);
}

/** As a row has it: a look-up gives a list of one. */
const GIVEN_REQUEST_ID = { type: 'text', label: 'Request ID', help: '' } as const;

/** @throws InputError when it cannot be a request id */
export function checkRequestId(value: unknown): string {
	const text = readField(GIVEN_REQUEST_ID, value) ?? '';
	if (REQUEST_ID.test(text)) return text;
	throw new InputError(
		GIVEN_REQUEST_ID.label,
		text === '' ? 'is empty' : `is "${text}", which is no request id of fal`,
		'Use the requestId that Submit or Generate gave.',
	);
}

/** Owners of three parts (@fal-ai/client, `parseEndpointId`). */
const NAMESPACES = ['workflows', 'comfy'];

/**
 * The addresses of a job as fal answers them to a submit: under its app, without the rest of the
 * endpoint's path (fal.ai docs, Queue).
 *
 * @param queue origin of the queue
 */
export function requestUrls(queue: string, { endpointId, requestId }: FalJob) {
	const parts = endpointId.split('/');
	const app = parts.slice(0, NAMESPACES.includes(parts[0] ?? '') ? 3 : 2).join('/');
	const responseUrl = `${queue}/${app}/requests/${requestId}`;
	return {
		statusUrl: `${responseUrl}/status`,
		responseUrl,
		cancelUrl: `${responseUrl}/cancel`,
	};
}

/** A value with the names of every object in one order. */
function ordered(value: unknown): unknown {
	if (Array.isArray(value)) return value.map(ordered);
	if (!isObject(value)) return value;
	const names = Object.keys(value).sort();
	return Object.fromEntries(names.map((name) => [name, ordered(value[name])]));
}

/**
 * What two requests have in common exactly when they ask for the same: fal hands JSON back with its
 * names in any order. A field that only one of them has makes them differ, whatever its value.
 */
export function requestKey(endpointId: string, input: unknown): string {
	// What is sent is JSON: a field that is undefined does not get there, and 1.0 is 1.
	const sent: unknown = JSON.parse(JSON.stringify([endpointId, input]));
	return hashOf([ordered(sent)]);
}

/** Where @fal-ai/client sends its calls; both are put onto the credential's Base URL. */
const CLIENT_QUEUE = 'https://queue.fal.run';
const CLIENT_REST = 'https://rest.fal.ai';

/** The queue's own hosts (fal.ai docs, Queue; the second is the backup). */
const FAL_QUEUE_HOSTS = new Set(['queue.fal.run', 'queue.falrun.com']);

/**
 * Milliseconds until an answer begins, after which a call is given up. A submit is given long, since
 * giving up on one leaves a job that may be paid for.
 */
const TIMEOUT_MS: Record<Stage, number> = {
	input: 30_000,
	upload: 300_000,
	submit: 120_000,
	wait: 30_000,
	result: 60_000,
	download: 120_000,
	cancel: 15_000,
};

/** Milliseconds for a whole result: in *Sync Mode* it holds the pictures, 18 MB at 1 Mbit/s. */
const RESULT_MS = 300_000;

/** fal's API for prices and the like (fal.ai docs, Platform APIs). */
const FAL_PLATFORM = 'https://api.fal.ai';

/** The addresses that get the key. */
interface FalOrigins {
	queue: string;
	rest: string;
	platform: string;
}

/**
 * @param baseUrl of the credential, without a slash at its end
 * @returns fal's hosts, or the one Base URL for all when it is not fal's own
 */
export function falOrigins(baseUrl: string): FalOrigins {
	const isFal = FAL_QUEUE_HOSTS.has(new URL(baseUrl).host);
	return isFal
		? { queue: baseUrl, rest: CLIENT_REST, platform: FAL_PLATFORM }
		: { queue: baseUrl, rest: baseUrl, platform: baseUrl };
}

function stageOf(method: string, path: string): Stage {
	if (path.includes('/storage/')) return 'upload';
	if (path.endsWith('/cancel')) return 'cancel';
	if (/\/status(\/stream)?$/.test(path)) return 'wait';
	return method === 'POST' ? 'submit' : 'result';
}

/**
 * Read piece by piece, and not by listeners: what comes when nobody wants it any more would throw in
 * them, and so end n8n's process.
 */
function toWebStream(stream: ByteStream): ReadableStream<Uint8Array> {
	const pieces = chunksOf(stream);
	return new ReadableStream({
		async pull(controller) {
			const next = await pieces.next();
			if (next.done === true) controller.close();
			else controller.enqueue(next.value);
		},
		cancel() {
			stream.destroy();
		},
	});
}

/** fal answers in JSON, apart from the empty body of an upload. Anything else is a proxy's. */
function checkReadable(answer: HttpAnswer, call: HttpCall): void {
	const type = answer.headers['content-type'] ?? '';
	const text = answer.body.toString('utf8');
	if (text === '' && call.stage === 'upload') return;
	try {
		JSON.parse(text);
	} catch {
		const what = type.includes('html') ? 'a web page' : 'something that cannot be read';
		const message = `${new URL(call.url).host} answered with ${what} instead of fal's data.`;
		throw new UnreadableAnswer(message, call.stage, { statusCode: answer.status });
	}
}

async function bodyOf(body: RequestInit['body']): Promise<Pick<HttpCall, 'body' | 'headers'>> {
	if (body === undefined || body === null) return {};
	if (typeof body === 'string') return { body };
	if (body instanceof StreamedFile) {
		return { body: await body.open(), headers: { 'Content-Length': String(body.size) } };
	}
	throw new TypeError('Only text and stored files are sent to fal');
}

/**
 * The `fetch` that @fal-ai/client works with. It goes through the door, and it takes from the
 * client what must not happen here: every answer that is no success is thrown as our own error,
 * which the client does not recognise as one to retry, so a submit is sent once; and the words,
 * status and headers of the answer are in that error.
 *
 * @param onAnswer sees every success; the client hands on bodies alone, and not all of them
 * @throws ServiceError, ConnectionError
 */
export function falFetch(
	door: Door,
	origins: FalOrigins,
	onAnswer: (path: string, answer: HttpAnswer) => void,
): typeof fetch {
	return async (input, init = {}) => {
		const asked = new URL(input instanceof Request ? input.url : input);
		const isQueue = asked.origin === CLIENT_QUEUE;
		// A file goes to an address that an answer has named, and such an address never gets the key.
		const isFile = init.body instanceof StreamedFile;
		const isApi = !isFile && (isQueue || asked.origin === CLIENT_REST);
		const path = `${asked.pathname}${asked.search}`;
		const url = isApi ? `${isQueue ? origins.queue : origins.rest}${path}` : asked.href;
		const method = init.method === 'POST' || init.method === 'PUT' ? init.method : 'GET';
		const stage = isApi ? stageOf(method, asked.pathname) : 'upload';

		const headers = new Headers(init.headers);
		// n8n puts the key of the credential there; nobody else may.
		headers.delete('authorization');
		headers.delete('user-agent');
		const content = await bodyOf(init.body);
		const call: HttpCall = {
			method,
			url,
			headers: { ...Object.fromEntries(headers), ...content.headers },
			body: content.body,
			timeoutMs: TIMEOUT_MS[stage],
			...(stage === 'result' && { wholeMs: RESULT_MS }),
			signal: init.signal ?? undefined,
			stage,
		};

		if (headers.get('accept')?.includes('text/event-stream')) return await eventStream(door, call);
		const answer = isApi ? await door.api(call) : await door.plain(call);
		if (!isOk(answer)) throw falAnswerError(answer, stage);
		checkReadable(answer, call);
		onAnswer(asked.pathname, answer);
		// It is, whatever a proxy calls it; the client goes by the name.
		answer.headers['content-type'] = 'application/json';
		return toResponse(answer);
	};
}

function toResponse(answer: HttpAnswer): Response {
	const { status, body } = answer;
	// The client would read an empty body as JSON if the answer called it so.
	return body.length === 0
		? new Response(null, { status })
		: new Response(new Uint8Array(body), responseInit(answer));
}

function responseInit({ status, headers }: AnswerHead): ResponseInit {
	const { 'content-type': type = 'application/json', 'x-fal-request-id': id } = headers;
	return { status, headers: { 'content-type': type, ...(id && { 'x-fal-request-id': id }) } };
}

async function eventStream(door: Door, call: HttpCall): Promise<Response> {
	const answer = await door.apiStream(call);
	const isStream = answer.headers['content-type']?.startsWith('text/event-stream') ?? false;
	if (!isOk(answer) || !isStream) {
		answer.stream.destroy();
		const { status } = answer;
		const message = `fal's status stream is not available here (status ${status}).`;
		throw new UnreadableAnswer(message, 'wait', { statusCode: status });
	}
	return new Response(toWebStream(answer.stream), responseInit(answer));
}

/** Told with a result, in the unit of the endpoint's price (fal.ai docs, Marketplace). */
const BILLED_UNITS = 'x-fal-billable-units';

const JOB_PATH = /\/requests\/([^/]+)(\/cancel)?$/;

/** Milliseconds without an answer of the Platform APIs after which a call is given up. */
export const PLATFORM_TIMEOUT_MS = 30_000;

type Client = ReturnType<typeof createFalClient>;

/**
 * fal's own client, over the door, with what it drops, and with fal's addresses that it does not know.
 *
 * The credentials are a function that knows none: given nothing, the client would look for a key
 * in the environment of the n8n host and bill whoever owns it.
 */
export class FalClient {
	readonly queue: Client['queue'];
	readonly storage: Client['storage'];
	/** How many units fal has billed, by request id. */
	private readonly units = new Map<string, number>();
	/** What fal has answered to a cancel, by request id. */
	private readonly cancels = new Map<string, unknown>();

	constructor(
		readonly door: Door,
		readonly origins: FalOrigins,
	) {
		const { queue, storage } = createFalClient({
			credentials: () => undefined,
			suppressLocalCredentialsWarning: true,
			fetch: falFetch(door, origins, (path, answer) => this.note(path, answer)),
			retry: { maxRetries: 0 },
		});
		this.queue = queue;
		this.storage = storage;
	}

	/** How many units fal has billed, once the result is read; `undefined` where it does not tell. */
	billedUnits(requestId: string): number | undefined {
		return this.units.get(requestId);
	}

	/**
	 * Asks fal to cancel a job.
	 *
	 * @returns the body of its answer
	 * @throws FalAnswerError, ConnectionError
	 */
	async cancel({ endpointId, requestId }: JobId): Promise<unknown> {
		await this.queue.cancel(endpointId, { requestId });
		return this.cancels.get(requestId);
	}

	/**
	 * Asks fal's Platform APIs about models; the answers are free.
	 *
	 * @throws FalAnswerError when fal refuses; ConnectionError
	 */
	async platform(
		path: string,
		query: URLSearchParams,
		{ stage, signal }: Pick<HttpCall, 'stage' | 'signal'>,
	): Promise<HttpAnswer> {
		const answer = await this.door.api({
			method: 'GET',
			url: `${this.origins.platform}/v1/models/${path}?${query.toString()}`,
			headers: { Accept: 'application/json' },
			timeoutMs: PLATFORM_TIMEOUT_MS,
			signal,
			stage,
		});
		if (!isOk(answer)) throw falAnswerError(answer, stage);
		return answer;
	}

	private note(path: string, answer: HttpAnswer): void {
		const [, requestId, isCancel] = JOB_PATH.exec(path) ?? [];
		if (requestId === undefined) return;
		const units = Number(answer.headers[BILLED_UNITS]);
		if (isCancel) this.cancels.set(requestId, jsonOf(answer));
		else if (units > 0) this.units.set(requestId, units);
	}
}
