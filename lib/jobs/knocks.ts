import type { IDataObject } from 'n8n-workflow';

import { objectOf } from '../json';
import { type Clock, SECOND_MS } from '../time';

const REMEMBERED_MS = 24 * 3600 * SECOND_MS;

/** How many ids one trigger remembers; n8n writes all of them down with each. */
const MOST_REMEMBERED = 5_000;

/** Where n8n's own memory of the node holds them. */
const SAVED = 'started';

/** The ids of one trigger. */
interface Book {
	/** Those that are being worked on, or handed over. */
	open: Set<string>;
	/** Those that have started the workflow, oldest first, with the time. */
	done: Map<string, number>;
}

/**
 * The books of all triggers. n8n reads its own memory of a node anew for each call, and writes it
 * once the call is over, the last one wins: it alone would not see calls that overlap.
 */
const books = new Map<string, Book>();

/** Forgets what only the process knows, as a start of n8n does. */
export function forgetKnocks(): void {
	books.clear();
}

/** A trigger, and what n8n remembers of it over a restart. */
export interface Bell {
	/** Of the node, the same for all its calls. */
	name: string;
	/** n8n's own memory of the node. */
	saved: IDataObject;
	clock: Clock;
}

/** What became of a call: what its work has made, or that it had nothing to do. */
type Knock<T> = { made: T } | 'open' | 'done';

function timesOf(saved: IDataObject): Array<[string, number]> {
	return Object.entries(objectOf(saved[SAVED])).filter(
		(entry): entry is [string, number] => typeof entry[1] === 'number',
	);
}

function bookOf({ name, saved, clock }: Bell): Book {
	const book = books.get(name) ?? { open: new Set(), done: new Map() };
	books.set(name, book);
	for (const [id, time] of timesOf(saved)) {
		// What this very call has handed over is written down before it is done.
		if (!book.done.has(id) && !book.open.has(id)) book.done.set(id, time);
	}
	const oldest = clock.now() - REMEMBERED_MS;
	for (const [id, time] of book.done) if (time < oldest) book.done.delete(id);
	return book;
}

/** Hears at the end of a call whether the workflow has started with what its work has made. */
export type Settle = (hasStarted: boolean) => void;

/**
 * Does the work for an id once a day, however often a service calls.
 *
 * @param work makes what the workflow starts with; what it throws leaves the id to the next call
 * @param handOver gets what has to be told whether the workflow has started with what was made:
 * until then the id stays open, and one that has started nothing is left to the next call. Without
 * it, or when it returns false, it is done at once
 * @returns `open` while another call works on the same id, `done` when one has
 */
export async function once<T>(
	bell: Bell,
	id: string,
	work: () => Promise<T>,
	handOver: (made: T, settle: Settle) => boolean = () => false,
): Promise<Knock<T>> {
	const { open, done } = bookOf(bell);
	if (done.has(id)) return 'done';
	if (open.has(id)) return 'open';
	open.add(id);
	let isHandedOver = false;
	try {
		const made = await work();
		const time = bell.clock.now();
		const settle: Settle = (hasStarted) => {
			if (hasStarted) done.set(id, time);
			for (const [oldest] of done) if (done.size > MOST_REMEMBERED) done.delete(oldest);
			open.delete(id);
		};
		// All of them: what a call that overlapped has written is not lost. n8n writes them down once
		// the workflow has started, and not at all when it could not.
		const own = timesOf(bell.saved).filter(([other]) => open.has(other));
		const all = [...done, ...own, [id, time] as const].slice(-MOST_REMEMBERED);
		bell.saved[SAVED] = Object.fromEntries(all);
		isHandedOver = handOver(made, settle);
		if (!isHandedOver) settle(true);
		return { made };
	} finally {
		if (!isHandedOver) open.delete(id);
	}
}
