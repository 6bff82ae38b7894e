import { TIMED_OUT, TIMED_OUT_TAKEN } from '../../sandbox/faults';
import type { FaultKind, SandboxAnswer } from '../../sandbox/types';

/** Something that goes wrong with a call. */
export interface MatrixFault {
	name: string;
	/** `refused` is what no stand-in can do by itself: nobody listens. */
	fault: FaultKind | 'refused' | ((outside: string) => FaultKind);
	/**
	 * Whether the service does the work all the same. Absent where it makes no difference: it is for
	 * calls that only read.
	 */
	taken?: true;
}

const answer = (status: number, headers?: Record<string, string>): FaultKind => ({
	kind: 'answer',
	answer: { status, headers, body: 'upstream' },
});

const taken = (status: number): FaultKind => ({
	kind: 'answerAfter',
	answer: { status, body: 'upstream' },
});

const RETRY_AFTER = { 'Retry-After': '2' };

/** An event stream has no body, so it stays as it is. */
function changed(change: (answer: SandboxAnswer) => SandboxAnswer): FaultKind {
	return {
		kind: 'change',
		change: (right) => (right.events === undefined ? change(right) : right),
	};
}

const typed = (right: SandboxAnswer, type: string): SandboxAnswer => ({
	...right,
	headers: { ...right.headers, 'Content-Type': type },
});

const MEGABYTE = 1024 * 1024;

/** Every fault, in the order of the page. */
export const FAULTS: readonly MatrixFault[] = [
	{ name: '429', fault: answer(429) },
	{ name: '429 with Retry-After', fault: answer(429, RETRY_AFTER) },
	{ name: '500', fault: answer(500) },
	{ name: '500, taken', fault: taken(500), taken: true },
	{ name: '502', fault: answer(502) },
	{ name: '502, taken', fault: taken(502), taken: true },
	{ name: '503', fault: answer(503) },
	{ name: '503 with Retry-After', fault: answer(503, RETRY_AFTER) },
	{ name: '503, taken', fault: taken(503), taken: true },
	{ name: '504', fault: TIMED_OUT },
	{ name: '504, taken', fault: TIMED_OUT_TAKEN, taken: true },
	{ name: 'connection refused', fault: 'refused' },
	{ name: 'reset', fault: { kind: 'reset' } },
	{ name: 'reset, taken', fault: { kind: 'resetAfter' }, taken: true },
	{ name: 'hangs', fault: { kind: 'hang' } },
	{ name: 'hangs, taken', fault: { kind: 'hangAfter' }, taken: true },
	{ name: 'stalls in the middle', fault: { kind: 'stall' } },
	{ name: 'cut off in the middle', fault: { kind: 'cutOff' } },
	{
		name: 'a web page',
		fault: changed((right) =>
			typed({ ...right, status: 200, body: '<html>Hello</html>' }, 'text/html'),
		),
	},
	{ name: 'wrong type', fault: changed((right) => typed(right, 'text/html')) },
	{ name: 'nothing', fault: changed(({ status, headers }) => ({ status, headers })) },
	{
		name: '`null`',
		fault: changed((right) => typed({ ...right, body: 'null' }, 'application/json')),
	},
	{
		name: 'array for object',
		fault: changed((right) => ({
			...right,
			body: Array.isArray(right.body) ? { items: right.body } : [right.body],
		})),
	},
	{
		name: 'redirect to another host',
		fault: (outside) => ({ kind: 'redirect', to: outside, status: 307 }),
	},
	{ name: '50 MB', fault: { kind: 'huge', bytes: 50 * MEGABYTE } },
	{ name: 'slow drip', fault: { kind: 'drip', pieces: 4, pauseMs: 1 } },
	{ name: 'drip without an end', fault: { kind: 'trickle' } },
];

/** How often a fault is met. */
export const TIMES = { once: 1, always: 1_000_000 } as const;
