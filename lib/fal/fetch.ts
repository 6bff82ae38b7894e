import type { AnswerHead, ByteStream, Door, HttpAnswer, HttpCall } from '../http';
import { isOk } from '../http';
import { ConnectionError, type Stage } from '../errors';
import { chunksOf, StreamedFile } from '../media/file';
import { falAnswerError } from './errors';

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
export interface FalOrigins {
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
 * Read by and by and not by listeners: what comes when nobody wants it any more would throw in them,
 * and so end n8n's process.
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

/**
 * fal answers in JSON, apart from the empty body of an upload. Anything else is somebody in
 * between, such as a proxy's page.
 */
function checkReadable(answer: HttpAnswer, call: HttpCall): void {
	const type = answer.headers['content-type'] ?? '';
	const text = answer.body.toString('utf8');
	if (text === '' && call.stage === 'upload') return;
	try {
		JSON.parse(text);
	} catch {
		const what = type.includes('html') ? 'a web page' : 'something that cannot be read';
		throw new ConnectionError(
			`${new URL(call.url).host} answered with ${what} instead of fal's data.`,
			{
				stage: call.stage,
				retryable: true,
				charged: 'no',
				statusCode: answer.status,
			},
			true,
		);
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
 * @param onAnswer sees the head of every success; the client hands on bodies alone
 * @throws ServiceError, ConnectionError
 */
export function falFetch(
	door: Door,
	origins: FalOrigins,
	onAnswer: (path: string, answer: AnswerHead) => void,
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
		// It is, whatever something in between calls it; the client goes by the name.
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
		throw new ConnectionError(
			`fal's status stream is not available here (status ${answer.status}).`,
			{ stage: 'wait', retryable: true, charged: 'no', statusCode: answer.status },
			true,
		);
	}
	return new Response(toWebStream(answer.stream), responseInit(answer));
}
