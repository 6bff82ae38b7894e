import type { IDataObject } from 'n8n-workflow';

import { objectOf, textOf } from '../json';
import type { Settle } from './knocks';

/** How many a workflow remembers; n8n writes all of them down with each start. */
const MOST_TOLD = 2_000;

/** Where n8n's memory of the whole workflow, which Code nodes share, holds them. */
const SAVED = 'virtualTryOnTold';

/** What the triggers of a workflow have started it with, and are just starting it with. */
interface Book {
	/** A call is about to start the workflow with it. */
	open: Set<string>;
	/** A call has. */
	called: Set<string>;
	/** A look has found it, and finds it again until n8n has stored the start. */
	looked: Set<string>;
}

/** The books of all workflows: n8n reads its own memory anew for a call, and long before a look. */
const books = new Map<string, Book>();

/** Forgets what only the process knows, as a start of n8n does. */
export function forgetTold(): void {
	books.clear();
}

function bookOf(workflow: string): Book {
	const book = books.get(workflow) ?? { open: new Set(), called: new Set(), looked: new Set() };
	books.set(workflow, book);
	return book;
}

function textsOf(list: unknown): string[] {
	const entries: unknown[] = Array.isArray(list) ? list : [];
	return entries.flatMap((entry) => textOf(entry) ?? []);
}

const newest = (...lists: Array<Iterable<string>>) =>
	[...new Set(lists.flatMap((list) => [...list]))].slice(-MOST_TOLD);

function add(things: Set<string>, thing: string): void {
	things.add(thing);
	for (const oldest of things) if (things.size > MOST_TOLD) things.delete(oldest);
}

/**
 * What two triggers of a workflow share that tell of the same things, the one when it is called, the
 * other when it looks: whichever is the first starts the workflow. A look finds a thing until n8n
 * has stored the start, a call may be the only one: so a look leaves out only what a call has
 * started for certain, and a call also what a look has found.
 *
 * It holds within a process of n8n, and over its restart. Another process's share is known only as
 * far as n8n has written it down and reads it again.
 */
export class SharedBook {
	private readonly book: Book;

	/**
	 * @param workflow its id
	 * @param circle of the triggers that share; others of the workflow have their own
	 * @param saved n8n's memory of the workflow
	 */
	constructor(
		workflow: string,
		private readonly circle: string,
		private readonly saved: IDataObject,
	) {
		this.book = bookOf(workflow);
	}

	/**
	 * A call begins with a thing.
	 *
	 * @returns what hears whether it has started the workflow; `undefined` when it need not
	 */
	begin(thing: string): Settle | undefined {
		const key = this.keyOf(thing);
		const { open, looked } = this.book;
		if (open.has(key) || looked.has(key) || this.isCalled(key)) return undefined;
		if (this.written('looked').includes(key)) return undefined;
		open.add(key);
		return (hasStarted) => {
			open.delete(key);
			if (hasStarted) add(this.book.called, key);
		};
	}

	/**
	 * A look has found a thing.
	 *
	 * @returns whether it is to tell it; `later` while a call does, which may fail
	 */
	find(thing: string): boolean | 'later' {
		const key = this.keyOf(thing);
		if (this.isCalled(key)) return false;
		if (this.book.open.has(key)) return 'later';
		add(this.book.looked, key);
		return true;
	}

	/** Notes all for n8n, which writes it down once the workflow has started. @param called now */
	write(called: readonly string[] = []): void {
		const own = called.map((thing) => this.keyOf(thing));
		this.saved[SAVED] = {
			called: newest(this.written('called'), this.book.called, own),
			looked: newest(this.written('looked'), this.book.looked),
		};
	}

	private isCalled(key: string): boolean {
		return this.book.called.has(key) || this.written('called').includes(key);
	}

	private written(name: 'called' | 'looked'): string[] {
		return textsOf(objectOf(this.saved[SAVED])[name]);
	}

	private keyOf(thing: string): string {
		return `${this.circle} ${thing}`;
	}
}

/** What a call shares with a trigger beside its own, where there is one. */
export class SharedCall {
	private readonly begun = new Map<string, Settle>();

	/** @param book `undefined` where there is no other trigger */
	constructor(private readonly book: SharedBook | undefined) {}

	/**
	 * Makes what the workflow starts with because of a thing; nothing where the other trigger has told
	 * of it, or is about to.
	 *
	 * @throws what `make` throws; the thing is left to the other trigger then, and to the next call
	 */
	async tell<Item>(thing: string, make: () => Promise<Item[]>): Promise<Item[]> {
		if (!this.book) return await make();
		const settle = this.book.begin(thing);
		if (!settle) return [];
		try {
			const items = await make();
			if (items.length > 0) this.begun.set(thing, settle);
			this.book.write([...this.begun.keys()]);
			return items;
		} finally {
			if (!this.begun.has(thing)) settle(false);
		}
	}

	/** Hears whether the workflow has started with what was made of a thing. */
	readonly settle = (thing: string, hasStarted: boolean): void => {
		this.begun.get(thing)?.(hasStarted);
	};
}
