import type {
	IDataObject,
	IExecuteFunctions,
	IHookFunctions,
	IHttpRequestMethods,
	IHttpRequestOptions,
	ILoadOptionsFunctions,
	IN8nHttpFullResponse,
	IPollFunctions,
	IWebhookFunctions,
} from 'n8n-workflow';

import { brokenAnswer, connectionError, tooLarge, tooLate } from './connection';
import { type Stage, TryOnError } from './errors';
import { isObject } from './json';
import { untilAborted } from './time';

/** The n8n contexts that can call a service. */
export type DoorContext =
	| IExecuteFunctions
	| IHookFunctions
	| ILoadOptionsFunctions
	| IPollFunctions
	| IWebhookFunctions;

/** One HTTP call. */
export interface HttpCall {
	method: IHttpRequestMethods;
	url: string;
	headers?: Record<string, string>;
	/** Text, bytes, a stream (with its Content-Length among the headers) or a FormData. */
	body?: string | Buffer | ByteStream | FormData;
	/**
	 * Milliseconds that a call is given until its answer begins. What its body takes on a slow line
	 * comes on top.
	 */
	timeoutMs: number;
	/** Milliseconds until its answer ends; default `timeoutMs`, for the body of a stream no limit. */
	wholeMs?: number;
	/** Bytes of the answer; default `MAX_ANSWER_BYTES`, for a stream no limit. */
	maxBytes?: number;
	/** Ends the call at once. */
	signal?: AbortSignal;
	/** For messages. */
	stage: Stage;
}

/** The head of an answer, whatever its status; header names in lower case. */
export interface AnswerHead {
	status: number;
	headers: Record<string, string>;
}

/** A whole answer. */
export interface HttpAnswer extends AnswerHead {
	body: Buffer;
}

/** An answer whose body is read as it comes. */
export interface StreamAnswer extends AnswerHead {
	stream: ByteStream;
}

/** A stream of bytes as n8n's helpers have them; n8n's rules let no node import Node's own type. */
export type ByteStream = Awaited<ReturnType<IExecuteFunctions['helpers']['getBinaryStream']>>;

/** The only way out of this package. */
export interface Door {
	/** Calls the service's API with the key; follows no redirect. */
	api(call: HttpCall): Promise<HttpAnswer>;
	/** Calls the service's API with the key and hands out the body as a stream. */
	apiStream(call: HttpCall): Promise<StreamAnswer>;
	/** Calls any public address without a key; follows redirects unless the call has a body. */
	plain(call: HttpCall): Promise<HttpAnswer>;
	/** Calls without a key and hands out the body as a stream. */
	plainStream(call: HttpCall): Promise<StreamAnswer>;
}

/** Who is called and with which credential. */
interface DoorOptions {
	/** Name of the service, for messages. */
	service: string;
	credentialType: string;
	/** Origins such as `https://queue.fal.run` that may receive the key, and no other. */
	apiOrigins: readonly string[];
}

/** Sent with every call; services behind a firewall refuse the defaults of HTTP libraries. */
export const USER_AGENT = 'n8n-nodes-virtual-try-on/0.1';

/** A call that ends with its time. */
type TimedCall = HttpCall & { signal: AbortSignal };

/**
 * Bytes of an answer that is read whole. fal's *Sync Mode* puts pictures into it: four of the largest
 * that FASHN makes, 864 x 1296 pixels, are 18 MB at most, not compressed and in base64.
 */
export const MAX_ANSWER_BYTES = 32 * 1024 * 1024;

/**
 * Bytes per millisecond that the slowest upload brings: a line of 1 Mbit/s that four of them share.
 */
const SLOWEST_UPLOAD = 31;

function bytesOf({ body, headers }: Pick<HttpCall, 'body' | 'headers'>): number {
	if (body === undefined) return 0;
	if (typeof body === 'string') return Buffer.byteLength(body);
	if (Buffer.isBuffer(body)) return body.length;
	if (!(body instanceof FormData)) return Number(headers?.['Content-Length'] ?? 0);
	const parts = [...body.values()];
	return parts.reduce(
		(sum, part) => sum + (typeof part === 'string' ? Buffer.byteLength(part) : part.size),
		0,
	);
}

/** Milliseconds that the body of a call takes on a slow line. */
function sendingMs(call: Pick<HttpCall, 'body' | 'headers'>): number {
	return Math.ceil(bytesOf(call) / SLOWEST_UPLOAD);
}

/** Reads a stream to its end. @throws what the stream emits as its error */
export async function readAll(stream: ByteStream): Promise<Buffer> {
	const chunks: Uint8Array[] = [];
	for await (const part of stream) {
		const chunk: unknown = part;
		if (chunk instanceof Uint8Array) chunks.push(chunk);
	}
	return Buffer.concat(chunks);
}

/**
 * Ends a stream that brings more than it may. The bytes are counted as they arrive, so it does not
 * matter who reads them, or how: n8n's versions each have their own way.
 *
 * @param maxBytes how many may come
 * @param tooMuch makes the error that the stream then ends with
 */
export function endAbove(stream: ByteStream, maxBytes: number, tooMuch: () => Error): void {
	const push = stream.push.bind(stream);
	let bytes = stream.readableLength;
	stream.push = (chunk: unknown, encoding?: BufferEncoding) => {
		if (chunk instanceof Uint8Array) bytes += chunk.length;
		if (bytes <= maxBytes) return push(chunk, encoding);
		stream.destroy(tooMuch());
		return false;
	};
}

/**
 * Lets the connection go when a stream is closed before its end. n8n's HTTP helper may hand out a
 * stream around the answer's own (axios, `maxContentLength`), which knows of it only while it is
 * read: one that is closed unread would hold the connection until its time limit.
 *
 * @param connection ends the call
 */
function closeWith(stream: ByteStream, connection: AbortController): void {
	const destroy = stream.destroy.bind(stream);
	stream.destroy = (error) => {
		const isWhole = stream.readableEnded;
		destroy(error);
		if (!isWhole) connection.abort();
		return stream;
	};
}

/** Does something when a signal is aborted, unless the stream has been closed before. */
function whileOpen(stream: ByteStream, signal: AbortSignal, onAbort: () => void): void {
	if (signal.aborted) {
		onAbort();
		return;
	}
	signal.addEventListener('abort', onAbort, { once: true });
	stream.once('close', () => signal.removeEventListener('abort', onAbort));
}

function isByteStream(body: unknown): body is ByteStream {
	return typeof body === 'object' && body !== null && 'pipe' in body && 'destroy' in body;
}

function plainHeaders(headers: IDataObject): Record<string, string> {
	return Object.fromEntries(
		Object.entries(headers).map(([name, value]) => [
			name.toLowerCase(),
			// Only a header that came several times is a list.
			typeof value === 'string' ? value : JSON.stringify(value),
		]),
	);
}

function isFullResponse(answer: unknown): answer is IN8nHttpFullResponse {
	return isObject(answer) && typeof answer.statusCode === 'number' && isObject(answer.headers);
}

/**
 * What n8n's helper sees of the context that it is called with.
 *
 * It puts the execution's cancel signal into every authenticated call, in place of the caller's own.
 * After Stop that would also end the call that cancels the remote job. So the signal is the call's.
 *
 * It reads the credential for each call, too, and outside of an execution it makes an expression
 * engine for that, which takes some 50 ms of CPU (measured in 2.41.1). There it is read once.
 */
function seenByHelper(
	context: DoorContext,
	signal: AbortSignal | undefined,
	credential: (type: string) => Promise<unknown>,
): DoorContext {
	const isExecution = 'getExecutionCancelSignal' in context;
	return new Proxy(context, {
		get: (target, name, receiver): unknown => {
			if (name === 'getExecutionCancelSignal') return () => signal;
			if (name === 'getCredentials' && !isExecution) return credential;
			return Reflect.get(target, name, receiver);
		},
	});
}

/** Hands a call to n8n's helper, with the key or without. */
type Ask = (call: TimedCall) => Promise<unknown>;

function requestOf(call: HttpCall): IHttpRequestOptions {
	return {
		method: call.method,
		url: call.url,
		headers: { 'User-Agent': USER_AGENT, ...call.headers },
		body: call.body,
		timeout: call.timeoutMs + sendingMs(call),
		abortSignal: call.signal,
		// Whoever reads it can stop: n8n reads a whole answer whatever its size.
		encoding: 'stream',
		returnFullResponse: true,
		ignoreHttpStatusErrors: true,
	};
}

async function send(given: TimedCall, ask: Ask): Promise<StreamAnswer> {
	const connection = new AbortController();
	const call = { ...given, signal: AbortSignal.any([given.signal, connection.signal]) };
	let answer: unknown;
	try {
		answer = await untilAborted(ask(call), call.signal);
	} catch (error) {
		throw error instanceof TryOnError ? error : connectionError(call, error);
	}
	if (!isFullResponse(answer)) throw connectionError(call, { code: 'stopped' });
	const { statusCode, headers, body } = answer;
	if (!isByteStream(body)) throw connectionError(call, { code: 'no body' });
	// A stream that fails while nobody listens would end n8n's process; readers see it all the same.
	body.on('error', () => {});
	closeWith(body, connection);
	return { status: statusCode, headers: plainHeaders(headers), stream: body };
}

/**
 * Does a part of a call within its time.
 *
 * @param end ends the call when the time is over
 * @param work gets the call with a signal that is aborted by its caller's, and by `end`
 */
async function inTime<T>(
	call: HttpCall,
	ms: number,
	end: AbortController,
	work: (call: TimedCall) => Promise<T>,
): Promise<T> {
	const limit = AbortSignal.timeout(ms);
	const onLimit = () => end.abort();
	limit.addEventListener('abort', onLimit);
	const signals = call.signal ? [call.signal, end.signal] : [end.signal];
	try {
		return await work({ ...call, signal: AbortSignal.any(signals) });
	} catch (error) {
		throw end.signal.aborted ? tooLate(call, ms) : error;
	} finally {
		// A stream outlives the time of its head.
		limit.removeEventListener('abort', onLimit);
	}
}

/** @throws ConnectionError at once when the head already says that it is too much */
function limitSize(call: HttpCall, { headers, stream }: StreamAnswer, maxBytes: number): void {
	const tooMuch = () => tooLarge(call, maxBytes);
	endAbove(stream, maxBytes, tooMuch);
	if (Number(headers['content-length'] ?? 0) > maxBytes) {
		stream.destroy();
		throw tooMuch();
	}
}

async function whole(given: HttpCall, ask: Ask): Promise<HttpAnswer> {
	const ms = (given.wholeMs ?? given.timeoutMs) + sendingMs(given);
	return await inTime(given, ms, new AbortController(), async (call) => {
		const { stream, ...head } = await send(call, ask);
		const { signal, maxBytes = MAX_ANSWER_BYTES } = call;
		limitSize(call, { ...head, stream }, maxBytes);
		whileOpen(stream, signal, () => stream.destroy(brokenAnswer(call, { code: 'stopped' })));
		try {
			return { ...head, body: await readAll(stream) };
		} catch (error) {
			throw brokenAnswer(call, error);
		}
	});
}

async function streamed(call: HttpCall, ask: Ask): Promise<StreamAnswer> {
	const { maxBytes, wholeMs } = call;
	const limit = wholeMs === undefined ? undefined : AbortSignal.timeout(wholeMs);
	const headMs = call.timeoutMs + sendingMs(call);
	const end = new AbortController();
	const answer = await inTime(call, headMs, end, async (timed) => await send(timed, ask));
	const { stream } = answer;
	if (maxBytes !== undefined) limitSize(call, answer, maxBytes);
	if (wholeMs !== undefined && limit) {
		whileOpen(stream, limit, () => {
			stream.destroy(tooLate(call, wholeMs));
			// The stream alone would wait for its next part before it ends.
			end.abort();
		});
	}
	return answer;
}

/**
 * Opens the door: all HTTP of this package goes through n8n's own helpers, so that proxies, TLS
 * settings and n8n's logging keep working.
 *
 * Every status is an answer, not an exception; only a failed connection is thrown.
 *
 * @param context what n8n calls the node with
 */
export function openDoor(context: DoorContext, options: DoorOptions): Door {
	const { service, credentialType } = options;
	const apiOrigins = new Set(options.apiOrigins.map((origin) => new URL(origin).origin));
	let known: Promise<unknown> | undefined;
	const credential = async (type: string) => await (known ??= context.getCredentials(type));

	/** The key goes to the service's own API: nowhere else, and not on to where a redirect leads. */
	const withKey: Ask = async (call) => {
		const { origin } = new URL(call.url);
		if (!apiOrigins.has(origin)) {
			throw new TryOnError(`The key was not sent to ${origin}: it is not ${service}'s API.`, {
				stage: call.stage,
				retryable: false,
				charged: 'no',
			});
		}
		const answer: unknown = await context.helpers.httpRequestWithAuthentication.call(
			seenByHelper(context, call.signal, credential),
			credentialType,
			{ ...requestOf(call), disableFollowRedirect: true },
		);
		return answer;
	};
	const withoutKey: Ask = async (call) => {
		const answer: unknown = await context.helpers.httpRequest({
			...requestOf(call),
			disableFollowRedirect: call.body !== undefined,
		});
		return answer;
	};

	return {
		api: async (call) => await whole(call, withKey),
		apiStream: async (call) => await streamed(call, withKey),
		plain: async (call) => await whole(call, withoutKey),
		plainStream: async (call) => await streamed(call, withoutKey),
	};
}

/** Reads a whole answer as JSON; `undefined` when it is none, as a proxy's HTML page is none. */
export function jsonOf(answer: HttpAnswer): unknown {
	try {
		return JSON.parse(answer.body.toString('utf8'));
	} catch {
		return undefined;
	}
}

/** Whether an answer's status says that all is well. */
export function isOk(answer: AnswerHead): boolean {
	return answer.status >= 200 && answer.status < 300;
}
