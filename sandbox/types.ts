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
	| { kind: 'delay'; ms: number }
	/** No answer ever, while the connection stays open; the service never sees the call. */
	| { kind: 'hang' }
	/** The service does the work, then nothing more comes. */
	| { kind: 'hangAfter' }
	/**
	 * The right head and length and half of the body, then nothing more, while the connection stays
	 * open. Of an event stream so many events come first (default 1). No body: no answer at all.
	 */
	| { kind: 'stall'; events?: number }
	/** The right answer, its body in so many pieces with a pause before each; events come as they are. */
	| { kind: 'drip'; pieces: number; pauseMs: number }
	/** The right head, its body byte by byte and then blanks without an end; events come as they are. */
	| { kind: 'trickle' }
	/** The right answer with a body of at least so many bytes: blanks follow, which JSON allows. */
	| { kind: 'huge'; bytes: number }
	/** The service never sees the call; the caller is sent to the same address of another origin. */
	| { kind: 'redirect'; to: string; status?: number }
	/** The service does the work, and its answer arrives changed. */
	| { kind: 'change'; change: (answer: SandboxAnswer) => SandboxAnswer };

/**
 * A scripted fault: which calls it meets and how often. A caller that hangs up ends its fault, and
 * closing the sandbox ends all of them.
 */
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
