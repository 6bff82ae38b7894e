import { setMaxListeners } from 'node:events';
import { createServer } from 'node:http';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { Activity } from './activity';
import type { FaultBook } from './faults';
import { answerWith, type PendingCall } from './misbehave';
import { sendAnswer } from './respond';
import type { RecordedCall, Route, SandboxAnswer, SandboxRequest } from './types';

const HOST = '127.0.0.1';

/** Above any upload a test makes (parts of fal's multipart upload are 10 MB), below a runaway body. */
const MAX_BODY_BYTES = 128 * 1024 * 1024;

/** Longer than a pause between two calls of a test, so that no kept connection dies under a call. */
const KEEP_ALIVE_MS = 65_000;

const NOT_FOUND: SandboxAnswer = { status: 404, body: { detail: 'Not Found' } };

/** What a stand-in service is made of. */
export interface ServerOptions {
	service: RecordedCall['service'];
	/** The first route whose method and whole path match answers. */
	routes: Route[];
	/** Every call is added here when its body has arrived, before anything else happens to it. */
	calls: RecordedCall[];
	faults: FaultBook;
	/** Told when it is at work; default: nobody asks. */
	activity?: Activity;
	/** Default: any free port. */
	port?: number;
	/** Runs before the routes; an answer from here ends the call (a wrong key, for example). */
	guard?: (request: SandboxRequest) => SandboxAnswer | undefined;
	/** For a path that no route matches; default 404 `{"detail":"Not Found"}`. */
	notFound?: SandboxAnswer;
}

/** A listening stand-in service. */
export interface RunningServer {
	/** Origin, without a slash at the end. */
	url: string;
	/** Stops listening and ends every connection, open streams included. */
	close(): Promise<void>;
}

class BodyTooLarge extends Error {}

async function readBody(message: IncomingMessage): Promise<Buffer> {
	const chunks: Uint8Array[] = [];
	let size = 0;
	for await (const part of message) {
		const chunk: unknown = part;
		if (!(chunk instanceof Uint8Array)) throw new TypeError('The body is not bytes');
		size += chunk.length;
		// The rest is still read, or the caller would see a reset instead of the answer.
		if (size <= MAX_BODY_BYTES) chunks.push(chunk);
	}
	if (size > MAX_BODY_BYTES) throw new BodyTooLarge('The body is too large');
	return Buffer.concat(chunks);
}

async function readRequest(
	message: IncomingMessage,
	fallbackOrigin: string,
): Promise<SandboxRequest> {
	const [path = '/', query = ''] = (message.url ?? '/').split(/\?(.*)/s);
	const host = message.headers.host;
	return {
		method: message.method ?? 'GET',
		path,
		query: new URLSearchParams(query),
		headers: message.headers,
		body: await readBody(message),
		origin: host === undefined ? fallbackOrigin : `http://${host}`,
	};
}

function compile(routes: Route[]): Route[] {
	return routes.map((route) => ({
		method: route.method,
		path: new RegExp(`^(?:${route.path.source})$`, route.path.flags.replace(/[gy]/g, '')),
		handle: (request, groups) => route.handle(request, groups),
	}));
}

async function work(
	request: SandboxRequest,
	routes: Route[],
	{ guard, notFound = NOT_FOUND }: ServerOptions,
): Promise<SandboxAnswer> {
	const refusal = guard?.(request);
	if (refusal !== undefined) return refusal;
	// Node leaves the body of an answer to HEAD out, so the GET route serves both.
	const method = request.method === 'HEAD' ? 'GET' : request.method;
	for (const route of routes) {
		const match = route.method === method ? route.path.exec(request.path) : null;
		if (match !== null) return await route.handle(request, match.groups ?? {});
	}
	return notFound;
}

/**
 * Starts a stand-in service on 127.0.0.1.
 * @throws when the port is taken
 */
export async function startServer(options: ServerOptions): Promise<RunningServer> {
	const routes = compile(options.routes);
	const closing = new AbortController();
	const { activity = new Activity() } = options;
	const rest: PendingCall['rest'] = async (wait) => await activity.resting(wait);
	// One listener for each delayed answer: many are no leak.
	setMaxListeners(0, closing.signal);
	let url = '';

	async function serve(message: IncomingMessage, response: ServerResponse): Promise<void> {
		const request = await readRequest(message, url);
		options.calls.push({ ...request, service: options.service, at: Date.now() });
		const target = message.url ?? '/';
		const fault = options.faults.take(`${request.method} ${target}`);
		const doWork = () => work(request, routes, options);
		await answerWith(fault, { url: target, doWork, response, closing: closing.signal, rest });
	}

	const server = createServer((message, response) => {
		const working = activity.during(async () => await serve(message, response));
		working.catch((error: unknown) => {
			if (closing.signal.aborted || response.destroyed) return;
			if (response.headersSent) {
				response.destroy();
				return;
			}
			const status = error instanceof BodyTooLarge ? 413 : 500;
			const reason = error instanceof Error ? error.message : String(error);
			const body = { detail: `Sandbox error: ${reason}` };
			void sendAnswer(response, { status, body });
		});
	});
	server.keepAliveTimeout = KEEP_ALIVE_MS;

	await new Promise<void>((resolve, reject) => {
		server.once('error', reject);
		server.listen(options.port ?? 0, HOST, resolve);
	});
	const address = server.address();
	if (address === null || typeof address === 'string') throw new Error('The server has no port');
	url = `http://${HOST}:${address.port}`;

	return {
		url,
		async close() {
			closing.abort();
			const closed = new Promise<void>((resolve) => {
				server.close(() => resolve());
			});
			server.closeAllConnections();
			await closed;
		},
	};
}
