import { FaultBook } from '../../sandbox/faults';
import { startServer } from '../../sandbox/server';
import type { RunningServer, ServerOptions } from '../../sandbox/server';
import type { RecordedCall, Route } from '../../sandbox/types';

/** A small service on the sandbox's server, and what happened to it. */
export interface Letters {
	server: RunningServer;
	calls: RecordedCall[];
	faults: FaultBook;
	/** Paths that reached a handler, oldest first. */
	handled: string[];
	/** How many open streams were told that their caller is gone. */
	streamsReturned: number;
}

/** Body of `/letters`. */
export const LETTERS = 'abcdefghij';

/** An event stream that gives one event and then waits for ever. */
function openStream(letters: Letters): AsyncIterable<unknown> {
	let given = false;
	return {
		[Symbol.asyncIterator]: () => ({
			async next() {
				if (given) return await new Promise<never>(() => undefined);
				given = true;
				return { done: false, value: { state: 'open' } };
			},
			async return() {
				letters.streamsReturned += 1;
				return { done: true, value: undefined };
			},
		}),
	};
}

async function* twoLetters() {
	yield { letter: 'a' };
	yield { letter: 'b' };
}

function routes(letters: Letters): Route[] {
	const route = (path: RegExp, answer: ReturnType<Route['handle']>): Route => ({
		method: 'GET',
		path,
		handle(request) {
			letters.handled.push(request.path);
			return answer;
		},
	});
	return [
		route(/\/letters/, { status: 200, body: LETTERS }),
		route(/\/empty/, { status: 204 }),
		route(/\/null/, { status: 200, body: null }),
		route(/\/bytes/, {
			status: 200,
			body: Buffer.from([0xff]),
			headers: { 'content-type': 'a/b' },
		}),
		route(/\/events/, { status: 200, events: twoLetters() }),
		{ method: 'GET', path: /\/open/, handle: () => ({ status: 200, events: openStream(letters) }) },
		{
			method: 'POST',
			path: /\/echo\/(?<name>[^/]+)/,
			handle: ({ query, body, origin }, { name }) => ({
				status: 201,
				body: { name, query: [...query], text: body.toString(), origin },
			}),
		},
		{
			method: 'GET',
			path: /\/broken/,
			handle() {
				throw new Error('out of paint');
			},
		},
	];
}

/** Starts the small service. */
export async function startLetters(extras: Partial<ServerOptions> = {}): Promise<Letters> {
	const calls: RecordedCall[] = [];
	const faults = new FaultBook();
	const base = { calls, faults, handled: [], streamsReturned: 0 };
	const letters: Letters = { ...base, server: { url: '', close: () => Promise.resolve() } };
	letters.server = await startServer({
		service: 'fal',
		routes: routes(letters),
		calls,
		faults,
		...extras,
	});
	return letters;
}
