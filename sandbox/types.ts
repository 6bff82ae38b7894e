import type { IncomingHttpHeaders } from 'node:http';

/** One HTTP call as a stand-in service sees it. */
export interface SandboxRequest {
	method: string;
	/** Path without the query, percent-encoding kept. */
	path: string;
	query: URLSearchParams;
	headers: IncomingHttpHeaders;
	body: Buffer;
	/** Origin that the caller used, e.g. `http://127.0.0.1:4010`. */
	origin: string;
}

/** What a stand-in service answers. */
export interface SandboxAnswer {
	status: number;
	headers?: Record<string, string>;
	/** An object or array is sent as JSON, a string as text, a Buffer as it is; absent means empty. */
	body?: unknown;
	/** Sent as `text/event-stream`, one `data:` event each, instead of `body`. */
	events?: AsyncIterable<unknown>;
}

/** One address of a stand-in service. */
export interface Route {
	method: string;
	/** Matched against the whole path; named groups reach the handler. */
	path: RegExp;
	handle(
		request: SandboxRequest,
		groups: Record<string, string>,
	): SandboxAnswer | Promise<SandboxAnswer>;
}

/** What goes wrong with a call. */
export type FaultKind =
	/** Answered so; the service never sees the call. */
	| { kind: 'answer'; answer: SandboxAnswer }
	/** The connection is reset; the service never sees the call. */
	| { kind: 'reset' }
	/** The service does the work, then the caller gets this answer instead. */
	| { kind: 'answerAfter'; answer: SandboxAnswer }
	/** The service does the work, then the connection is reset. */
	| { kind: 'resetAfter' }
	/** The right head and length, half of the body, then the connection ends. */
	| { kind: 'cutOff' }
	/** The right answer, this many milliseconds late. */
	| { kind: 'delay'; ms: number };

/** A scripted fault: which calls it meets and how often. */
export interface Fault {
	/** Only these calls; a pattern is matched against `METHOD /path?query`. */
	on: RegExp;
	fault: FaultKind;
	/** How many of the matching calls meet it; default 1. */
	times?: number;
	/** How many matching calls pass unharmed first; default 0. */
	after?: number;
}

/** A call that a stand-in service received, kept for tests. */
export interface RecordedCall extends SandboxRequest {
	service: 'fal' | 'astria' | 'media' | 'openai' | 'outside';
	/** Milliseconds since the epoch. */
	at: number;
}
