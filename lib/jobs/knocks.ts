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
	/** Those that are being worked on. */
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

function bookOf({ name, saved, clock }: Bell): Book {
	const book = books.get(name) ?? { open: new Set(), done: new Map() };
	books.set(name, book);
	for (const [id, time] of Object.entries(objectOf(saved[SAVED]))) {
		if (typeof time === 'number' && !book.done.has(id)) book.done.set(id, time);
	}
	const oldest = clock.now() - REMEMBERED_MS;
	for (const [id, time] of book.done) if (time < oldest) book.done.delete(id);
	return book;
}

/**
 * Does the work for an id once a day, however often a service calls.
 *
 * @param work makes what the workflow starts with; what it throws leaves the id to the next call
 * @returns `open` while another call works on the same id, `done` when one has
 */
export async function once<T>(bell: Bell, id: string, work: () => Promise<T>): Promise<Knock<T>> {
	const { open, done } = bookOf(bell);
	if (done.has(id)) return 'done';
	if (open.has(id)) return 'open';
	open.add(id);
	try {
		const made = await work();
		done.set(id, bell.clock.now());
		for (const [oldest] of done) if (done.size > MOST_REMEMBERED) done.delete(oldest);
		// All of them: what a call that overlapped has written is not lost.
		bell.saved[SAVED] = Object.fromEntries(done);
		return { made };
	} finally {
		open.delete(id);
	}
}
