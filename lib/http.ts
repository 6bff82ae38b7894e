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

import { closeWith, endAbove, MAX_ANSWER_BYTES, readAll, sendingMs, whileOpen } from './bounds';
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
	/** The same until its answer ends; default `timeoutMs`, for the body of a stream no limit. */
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
	/** The same, with the body as a stream. */
	apiStream(call: HttpCall): Promise<StreamAnswer>;
	/** Calls any public address without a key; follows redirects unless the call has a body. */
	plain(call: HttpCall): Promise<HttpAnswer>;
	/** The same, with the body as a stream. */
	plainStream(call: HttpCall): Promise<StreamAnswer>;
}

/** Who is called and with which credential. */
export interface DoorOptions {
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

/** A time that begins now; `ms` milliseconds. */
const limitOf = (ms: number) => ({ ms, signal: AbortSignal.timeout(ms) });

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

	function request(call: HttpCall): IHttpRequestOptions {
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

	async function send(given: TimedCall, withKey: boolean): Promise<StreamAnswer> {
		const connection = new AbortController();
		const call = { ...given, signal: AbortSignal.any([given.signal, connection.signal]) };
		const options = request(call);
		let answer: unknown;
		try {
			if (withKey) {
				const { origin } = new URL(call.url);
				if (!apiOrigins.has(origin)) {
					throw new TryOnError(`The key was not sent to ${origin}: it is not ${service}'s API.`, {
						stage: call.stage,
						retryable: false,
						charged: 'no',
					});
				}
				const pending: Promise<unknown> = context.helpers.httpRequestWithAuthentication.call(
					seenByHelper(context, call.signal, credential),
					credentialType,
					{ ...options, disableFollowRedirect: true },
				);
				answer = await untilAborted(pending, call.signal);
			} else {
				const pending: Promise<unknown> = context.helpers.httpRequest({
					...options,
					disableFollowRedirect: call.body !== undefined,
				});
				answer = await untilAborted(pending, call.signal);
			}
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

	async function whole(given: HttpCall, withKey: boolean): Promise<HttpAnswer> {
		const ms = (given.wholeMs ?? given.timeoutMs) + sendingMs(given);
		return await inTime(given, ms, new AbortController(), async (call) => {
			const { stream, ...head } = await send(call, withKey);
			const { signal, maxBytes = MAX_ANSWER_BYTES } = call;
			limitSize(call, { ...head, stream }, maxBytes);
			const stopped = () => stream.destroy(brokenAnswer(call, { code: 'stopped' }));
			whileOpen(stream, signal, stopped);
			try {
				return { ...head, body: await readAll(stream) };
			} catch (error) {
				throw brokenAnswer(call, error);
			}
		});
	}

	async function streamed(call: HttpCall, withKey: boolean): Promise<StreamAnswer> {
		const { maxBytes, wholeMs } = call;
		const limit = wholeMs === undefined ? undefined : limitOf(wholeMs);
		const headMs = call.timeoutMs + sendingMs(call);
		const end = new AbortController();
		const answer = await inTime(call, headMs, end, async (timed) => await send(timed, withKey));
		const { stream } = answer;
		if (maxBytes !== undefined) limitSize(call, answer, maxBytes);
		if (limit) {
			whileOpen(stream, limit.signal, () => {
				stream.destroy(tooLate(call, limit.ms));
				// The stream alone would wait for its next part before it ends.
				end.abort();
			});
		}
		return answer;
	}

	return {
		api: async (call) => await whole(call, true),
		apiStream: async (call) => await streamed(call, true),
		plain: async (call) => await whole(call, false),
		plainStream: async (call) => await streamed(call, false),
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
