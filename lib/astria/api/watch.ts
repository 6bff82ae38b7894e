import pLimit from 'p-limit';

import { copyOf, toTryOnError, type TryOnError } from '../../errors';
import type { Told } from '../../jobs/lookout';
import {
	type Clock,
	forkSignal,
	isOfTheMoment,
	mayPass,
	pauseAskedFor,
	type PollSchedule,
	stoppedError,
	type Timing,
} from '../../time';
import { pauseAfter } from './client';
import { type ListSource, LONGEST_PAGE } from './entity';
import { AstriaAnswerError, isGone } from './errors';

/** Receives the results of a sweep. */
interface Onlooker<Entity> {
	/** Ids that are still waited for. */
	wanted(): number[];
	show(id: number, entity: Entity): void;
	/** Astria says that it has no such thing. */
	missing(id: number, error: unknown): void;
	/** Astria does not tell of this one; of the others it may, and they are looked at all the same. */
	refused(id: number, error: AstriaAnswerError): void;
}

/** Room in a page for what others have made in the meantime. */
const PAGE_SLACK = 20;

/** Pages in one round; what is left is looked at in the next one. */
const PAGES_PER_ROUND = 2;

const LOOKS_AT_ONCE = 5;

/** Whether an error is about the thing that was asked for, and not about all calls. */
function isAboutOne(error: unknown): error is AstriaAnswerError {
	return (
		error instanceof AstriaAnswerError && !error.details.ofAccount && !isOfTheMoment(error.status)
	);
}

/** Goes over the ids that are waited for, newest first, a page of the list at a time. */
export class Sweep<Entity> {
	/** Ids that this sweep has not come to yet, newest first. */
	private unseen: number[] = [];

	constructor(
		private readonly source: ListSource<Entity>,
		private readonly onlooker: Onlooker<Entity>,
	) {}

	/**
	 * Looks at as many as two pages hold; the next round goes on from there, and begins anew when
	 * all were looked at.
	 *
	 * @throws AstriaAnswerError, ConnectionError
	 */
	async round(signal: AbortSignal): Promise<void> {
		for (let page = 0; page < PAGES_PER_ROUND; page++) {
			const wanted = this.onlooker.wanted();
			this.unseen = this.unseen.filter((id) => wanted.includes(id));
			if (this.unseen.length === 0 && page === 0) this.unseen = wanted.sort((a, b) => b - a);
			const [newest] = this.unseen;
			if (newest === undefined) return;
			if (wanted.length === 1) await this.lookAt([newest], signal);
			else await this.lookAtPage(newest, signal);
		}
	}

	private async lookAtPage(newest: number, signal: AbortSignal): Promise<void> {
		const limit = Math.min(this.unseen.length + PAGE_SLACK, LONGEST_PAGE);
		const page = await this.source.list(newest + 1, limit, signal);
		const byId = new Map<number, Entity>();
		for (const entity of page) {
			const id = this.source.idOf(entity);
			if (id !== undefined) byId.set(id, entity);
		}
		const reached = page.length < limit ? 0 : Math.min(newest, ...byId.keys());
		const covered = this.unseen.filter((id) => id >= reached);
		this.unseen = this.unseen.filter((id) => id < reached);
		for (const id of covered) {
			const entity = byId.get(id);
			if (entity !== undefined) this.onlooker.show(id, entity);
		}
		await this.lookAt(
			covered.filter((id) => !byId.has(id)),
			signal,
		);
	}

	/** By their ids: what a list does not show may be public, in another workspace, or gone. */
	private async lookAt(ids: readonly number[], signal: AbortSignal): Promise<void> {
		const limit = pLimit(LOOKS_AT_ONCE);
		const failures: unknown[] = [];
		const lookAtOne = async (id: number) => {
			if (failures.length > 0) return;
			this.unseen = this.unseen.filter((other) => other !== id);
			try {
				this.onlooker.show(id, await this.source.get(id, signal));
			} catch (error) {
				if (isGone(error)) this.onlooker.missing(id, error);
				else if (isAboutOne(error)) this.onlooker.refused(id, error);
				else failures.push(error);
			}
		};
		await Promise.all(ids.map(async (id) => await limit(lookAtOne, id)));
		if (failures.length > 0) throw failures[0];
	}
}

/**
 * Looks once at each, with a call for a page of them.
 *
 * @param onSeen told of those that Astria shows, in any order
 * @param onRefused told of those that Astria does not tell of, or says that it does not have
 * @throws AstriaAnswerError, ConnectionError; some may have been seen then
 */
export async function lookOnce<Entity>(
	source: ListSource<Entity>,
	ids: readonly number[],
	signal: AbortSignal,
	onSeen: (id: number, entity: Entity) => void,
	onRefused: (id: number) => void,
): Promise<void> {
	const left = new Set(ids);
	const failures: unknown[] = [];
	const sweep = new Sweep(source, {
		wanted: () => [...left],
		show: (id, entity) => {
			left.delete(id);
			onSeen(id, entity);
		},
		missing(id) {
			left.delete(id);
			onRefused(id);
		},
		refused(id, error) {
			left.delete(id);
			if (mayPass(error)) failures.push(error);
			else onRefused(id);
		},
	});
	for (let before = Infinity; left.size > 0 && left.size < before; ) {
		before = left.size;
		await sweep.round(signal);
	}
	if (failures.length > 0) throw failures[0];
}

/** What another run has ordered, such as prompts. */
export class Orders<Job, Entity> {
	/** What has ended, by id, as Astria showed it. */
	readonly seen = new Map<number, Entity>();

	/** @param sourceOf where to look for one; those of one source are looked at together */
	constructor(
		private readonly idOf: (job: Job) => number,
		private readonly sourceOf: (job: Job) => ListSource<Entity>,
	) {}

	/** Looks once at each, and does not throw. */
	async ended(
		jobs: readonly Job[],
		{ signal = new AbortController().signal }: Timing,
		hasEnded: (entity: Entity) => boolean,
	): Promise<Told> {
		const told: Told = { ended: [], refused: [], failed: false };
		for (const source of new Set(jobs.map(this.sourceOf))) {
			const ids = jobs.filter((job) => this.sourceOf(job) === source).map(this.idOf);
			const onSeen = (id: number, entity: Entity) => {
				if (!hasEnded(entity)) return;
				this.seen.set(id, entity);
				told.ended.push(String(id));
			};
			const refused = new Set<number>();
			await lookOnce(source, ids, signal, onSeen, (id) => refused.add(id)).catch(
				(error: unknown) => {
					if (mayPass(error)) told.failed = true;
					else for (const id of ids) if (!this.seen.has(id)) refused.add(id);
				},
			);
			told.refused.push(...[...refused].map(String));
		}
		return told;
	}
}

interface Wanted<Entity, Result> {
	id: number;
	/**
	 * Judges what Astria shows.
	 *
	 * @returns the result when the wait is over, `undefined` when it goes on
	 * @throws TryOnError when it can never be over well
	 */
	look(entity: Entity): Result | undefined;
	/** Milliseconds since the epoch. */
	deadline: number;
	/** The error when the deadline comes first; `last` is what Astria showed last. */
	overdue(last: Entity | undefined): TryOnError;
	/** Ends the wait at once. */
	signal?: AbortSignal;
	/** Milliseconds until the first look; default that of the schedule. */
	first?: number;
}

/** One that is waited for. Each of its ends takes it out of the watch. */
interface Watched<Entity> {
	see(entity: Entity): void;
	end(error: TryOnError): void;
	endOverdue(): void;
	deadline: number;
	/** How many looks in a row Astria did not have it. */
	missing: number;
}

/** What was just made, or is just being made by a pack, may be missing for a moment. */
const MISSING_TOLERATED = 2;

/** Milliseconds after the first failed round; the pauses double from there. */
const FAILURE_PAUSE_MS = 1_000;

const LONGEST_PAUSE_MS = 300_000;

/**
 * Waits for many tunes, or prompts, with the calls of one: each round asks for a page of the list
 * that begins at the newest of them. A single one is asked for by its id.
 *
 * No failed call ends a wait unless Astria's answer will not change: one about a single tune or
 * prompt ends its waits, one about the account, or the list, ends all.
 */
export class Watch<Entity> {
	private readonly watched = new Map<number, Set<Watched<Entity>>>();
	private readonly sweep: Sweep<Entity>;
	private nextLook = 0;
	private interval: number;
	/** When something was watched last. */
	private latest = 0;
	private failures = 0;
	/** Why Astria has not told of some of them in this round; the next one may find out. */
	private troubles: TryOnError[] = [];
	/** Ends the pause between two rounds. */
	private wake = new AbortController();
	/** Ends the calls of the round that is under way. */
	private calls = new AbortController();
	private running = false;

	/** @param schedule when to look; it starts anew with whatever is watched last */
	constructor(
		private readonly clock: Clock,
		source: ListSource<Entity>,
		private readonly schedule: PollSchedule,
	) {
		this.interval = schedule.intervalMs;
		this.sweep = new Sweep(source, {
			wanted: () => [...this.watched.keys()],
			show: (id, entity) => this.show(id, entity),
			missing: (id, error) => this.miss(id, toTryOnError(error, 'wait')),
			refused: (id, error) => this.refuse(id, error),
		});
	}

	/**
	 * Waits until `look` says that it is over.
	 *
	 * @throws what `look` throws; what `overdue` makes; StoppedError; AstriaAnswerError when it is
	 * gone or Astria refuses to tell
	 */
	async until<Result>(wanted: Wanted<Entity, Result>): Promise<Result> {
		const { id, look, deadline, overdue, first } = wanted;
		const signal = forkSignal(wanted.signal);
		if (signal?.aborted) throw stoppedError(signal);
		return await new Promise<Result>((resolve, reject) => {
			let last: Entity | undefined;
			const settle = (done: () => void) => {
				signal?.removeEventListener('abort', onStop);
				this.remove(id, entry);
				done();
			};
			const end = (error: unknown) => settle(() => reject(toTryOnError(error, 'wait')));
			const onStop = () => end(stoppedError(signal));
			const entry: Watched<Entity> = {
				deadline,
				missing: 0,
				see(entity) {
					last = entity;
					try {
						const result = look(entity);
						if (result !== undefined) settle(() => resolve(result));
					} catch (error) {
						end(error);
					}
				},
				end,
				endOverdue: () => end(overdue(last)),
			};
			signal?.addEventListener('abort', onStop, { once: true });
			this.add(id, entry, first ?? this.schedule.firstMs);
		});
	}

	private add(id: number, entry: Watched<Entity>, first: number): void {
		const now = this.clock.now();
		const entries = this.watched.get(id) ?? new Set();
		this.watched.set(id, entries.add(entry));
		this.interval = this.schedule.intervalMs;
		this.latest = now;
		this.nextLook = this.running ? Math.min(this.nextLook, now + first) : now + first;
		if (this.running) this.wakeUp();
		else void this.run();
	}

	private remove(id: number, entry: Watched<Entity>): void {
		const entries = this.watched.get(id);
		entries?.delete(entry);
		if (entries?.size === 0) this.watched.delete(id);
		if (this.watched.size > 0) return;
		this.wakeUp();
		this.calls.abort();
	}

	private wakeUp(): void {
		this.wake.abort();
		this.wake = new AbortController();
	}

	private entries(): Array<Watched<Entity>> {
		return [...this.watched.values()].flatMap((entries) => [...entries]);
	}

	private async run(): Promise<void> {
		this.running = true;
		while (this.watched.size > 0) {
			const now = this.clock.now();
			for (const entry of this.entries()) if (entry.deadline <= now) entry.endOverdue();
			const until = Math.min(this.nextLook, ...this.entries().map(({ deadline }) => deadline));
			if (now < until) await this.clock.sleep(until - now, this.wake.signal);
			else await this.look();
		}
		this.running = false;
	}

	/** One round; a failure that may pass only makes the next pause longer. */
	private async look(): Promise<void> {
		this.calls = new AbortController();
		const { signal } = this.calls;
		this.troubles = [];
		try {
			await this.sweep.round(signal);
			const [trouble] = this.troubles;
			if (trouble) throw trouble;
			this.failures = 0;
			this.nextLook = this.clock.now() + this.nextPause();
		} catch (thrown) {
			if (signal.aborted) return;
			const error = toTryOnError(thrown, 'wait');
			this.failures += 1;
			if (!mayPass(error)) this.entries().forEach((entry) => entry.end(copyOf(error)));
			this.nextLook = this.clock.now() + this.pauseAfterFailure(error);
		}
	}

	private nextPause(): number {
		const { growAfterMs, growth, longestMs } = this.schedule;
		const pause = this.interval;
		if (this.clock.now() - this.latest >= growAfterMs) {
			this.interval = Math.min(this.interval * growth, longestMs);
		}
		return pause;
	}

	private pauseAfterFailure(error: TryOnError): number {
		const doubled = FAILURE_PAUSE_MS * 2 ** (this.failures - 1);
		const own = Math.max(pauseAfter(error, doubled), this.schedule.intervalMs);
		return pauseAskedFor(error, this.clock.now()) ?? Math.min(own, LONGEST_PAUSE_MS);
	}

	private show(id: number, entity: Entity): void {
		for (const entry of this.watched.get(id) ?? []) {
			entry.missing = 0;
			entry.see(entity);
		}
	}

	private refuse(id: number, error: TryOnError): void {
		if (mayPass(error)) this.troubles.push(error);
		else this.watched.get(id)?.forEach((entry) => entry.end(copyOf(error)));
	}

	private miss(id: number, error: TryOnError): void {
		for (const entry of this.watched.get(id) ?? []) {
			entry.missing += 1;
			if (entry.missing > MISSING_TOLERATED) entry.end(copyOf(error));
		}
	}
}
