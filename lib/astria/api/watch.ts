import { copyOf, toTryOnError, type TryOnError } from '../../errors';
import { pauseAskedFor, stoppedError } from '../../jobs/retry';
import { type Clock, forkSignal } from '../../time';
import { astriaMayPass, pauseAfter } from './client';
import { Sweep, type WatchSource } from './sweep';

/** What somebody waits for. */
export interface Wanted<Entity, Result> {
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

/** Milliseconds that no pause after a failed round exceeds. */
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

	constructor(
		private readonly clock: Clock,
		private readonly source: WatchSource<Entity>,
	) {
		this.interval = source.schedule.intervalMs;
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
			this.add(id, entry, first ?? this.source.schedule.firstMs);
		});
	}

	private add(id: number, entry: Watched<Entity>, first: number): void {
		const now = this.clock.now();
		const entries = this.watched.get(id) ?? new Set();
		this.watched.set(id, entries.add(entry));
		this.interval = this.source.schedule.intervalMs;
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
			if (!astriaMayPass(error)) this.entries().forEach((entry) => entry.end(copyOf(error)));
			this.nextLook = this.clock.now() + this.pauseAfterFailure(error);
		}
	}

	private nextPause(): number {
		const { growAfterMs, growth, longestMs } = this.source.schedule;
		const pause = this.interval;
		if (this.clock.now() - this.latest >= growAfterMs) {
			this.interval = Math.min(this.interval * growth, longestMs);
		}
		return pause;
	}

	private pauseAfterFailure(error: TryOnError): number {
		const doubled = FAILURE_PAUSE_MS * 2 ** (this.failures - 1);
		const own = Math.max(pauseAfter(error, doubled), this.source.schedule.intervalMs);
		return pauseAskedFor(error, this.clock.now()) ?? Math.min(own, LONGEST_PAUSE_MS);
	}

	private show(id: number, entity: Entity): void {
		for (const entry of this.watched.get(id) ?? []) {
			entry.missing = 0;
			entry.see(entity);
		}
	}

	private refuse(id: number, error: TryOnError): void {
		if (astriaMayPass(error)) this.troubles.push(error);
		else this.watched.get(id)?.forEach((entry) => entry.end(copyOf(error)));
	}

	private miss(id: number, error: TryOnError): void {
		for (const entry of this.watched.get(id) ?? []) {
			entry.missing += 1;
			if (entry.missing > MISSING_TOLERATED) entry.end(copyOf(error));
		}
	}
}
