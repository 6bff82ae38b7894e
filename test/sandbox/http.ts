import { Agent, request } from 'node:http';
import type { IncomingHttpHeaders } from 'node:http';

/** What a plain caller saw of one call. */
export interface Seen {
	status?: number;
	headers: IncomingHttpHeaders;
	text: string;
	/** Code of the error that ended the call, such as `ECONNRESET`. */
	error?: string;
	/** Whether the connection had served a call before. */
	reused: boolean;
}

/** How a call is made. */
export interface CallOptions {
	method?: string;
	headers?: Record<string, string>;
	body?: string | Buffer;
	agent?: Agent;
	/** Called with each piece of the body as it comes. */
	onData?: (text: string) => void;
}

function codeOf(error: Error): string {
	return 'code' in error ? String(error.code) : error.message;
}

/** Makes one call with Node's own client, which hides nothing, and never rejects. */
export function call(url: string, options: CallOptions = {}): Promise<Seen> {
	const { method = 'GET', headers = {}, body, agent, onData } = options;
	return new Promise((resolve) => {
		const seen: Seen = { headers: {}, text: '', reused: false };
		const fail = (error: Error) => resolve({ ...seen, error: codeOf(error) });
		const outgoing = request(url, { method, headers, agent }, (response) => {
			seen.status = response.statusCode;
			seen.headers = response.headers;
			response.setEncoding('utf8');
			response.on('data', (text: string) => {
				seen.text += text;
				onData?.(text);
			});
			response.on('end', () => resolve(seen));
			response.on('error', fail);
		});
		outgoing.on('socket', () => {
			seen.reused = outgoing.reusedSocket;
		});
		outgoing.on('error', fail);
		outgoing.end(body);
	});
}
