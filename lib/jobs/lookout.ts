import { SECOND_MS, type Timing } from '../time';

/** What a look at jobs has told, by their ids. */
export interface Told {
	/** Those that have ended, well or badly. */
	ended: string[];
	/** Those that the service has refused to tell of. */
	refused: string[];
	/** Whether a question has failed, so that nothing is known of what it was about. */
	failed: boolean;
}

/**
 * Milliseconds for which a service refuses to tell of a job, whenever it is asked, until it counts as
 * ended: then asking again will not help, and what is wrong is found out when it is read. A gateway
 * may refuse a single call, and the job runs on.
 */
const BELIEVED_AFTER_MS = 60 * SECOND_MS;

/** Since when a service refuses to tell of jobs. */
export class Refusals {
	/** By id, milliseconds since the epoch. */
	private readonly since = new Map<string, number>();

	/**
	 * @param refused what a look has told
	 * @param now milliseconds since the epoch
	 * @returns those that count as ended
	 */
	believed(refused: readonly string[], now: number): string[] {
		for (const id of this.since.keys()) if (!refused.includes(id)) this.since.delete(id);
		return refused.filter((id) => {
			const since = this.since.get(id) ?? now;
			this.since.set(id, since);
			return now - since >= BELIEVED_AFTER_MS;
		});
	}
}

/** What the jobs of a suspended run are looked at with. */
export interface Look {
	/** Of all its jobs; each is at one place only. */
	ids: readonly string[];
	/** Asks the service which of these jobs have ended; it does not throw. */
	ended(ids: readonly string[]): Promise<Told>;
	/** Milliseconds after its last call until a job is known to have ended; default: at once. */
	settlesMs?: number;
	timing: Timing;
}

/**
 * What a call has led to:
 * - `ended`: all jobs have ended, and this call hands them out, and {@link Lookout.leave}s then;
 * - `open`: some are still open, so a later call comes;
 * - `watched`: another call is looking, or handing out, and does so for this one too.
 */
export type Finding = 'ended' | 'open' | 'watched';

/**
 * Milliseconds before another look, when what a call was about had not ended: a service may show a
 * moment later what it has just told, and Astria tells only once.
 */
const LOOK_AGAIN_MS = [1, 3, 10].map((seconds) => seconds * SECOND_MS);

/** The same, when the service was in trouble: two minutes, since it may be its only call. */
const AFTER_TROUBLE_MS = [1, 2, 4, 8, 15, 30, 30, 30].map((seconds) => seconds * SECOND_MS);

/** A pause after a look, as a multiple of what it took: most of the time nobody is asked. */
const REST = 3;

/** Milliseconds that such a pause lasts at least, so that many calls are few questions, and at most. */
const REST_MS = { least: 250, most: 10_000 };

/** Milliseconds for which a run that was handed out is not looked at again. */
const DONE_MS = 60_000;

/** Executions that are remembered at once; beyond it the oldest is looked at from the start. */
const MOST_EXECUTIONS = 5_000;

interface Watch {
	/** Which of the execution's suspended runs it is about. */
	run: string;
	/** All its jobs. */
	ids: ReadonlySet<string>;
	/** Jobs that have ended: they are not asked for again. */
	ended: Set<string>;
	refusals: Refusals;
	/** Jobs that calls were about which were left to another one. */
	heard: Set<string>;
	/** Whether such a call named none of its jobs. */
	unnamed: boolean;
	/** Whether a call is looking, or handing out. */
	busy: boolean;
	/** How many calls came while it was busy. */
	knocks: number;
	/** Whether the service did not tell of all at its last look. */
	isInTrouble: boolean;
	/** Milliseconds since the epoch before which nobody is asked. */
	restsUntil: number;
	/** Milliseconds since the epoch before which it counts as handed out. */
	doneUntil: number;
}

/**
 * Looks at the jobs of suspended runs when a service calls, for as many calls as come at once one
 * after the other: 200 jobs that end together are 200 calls, and each of them could lead to 200
 * questions. What a call says is not looked at: it is a knock. What is remembered here only saves
 * questions; another process, or this one after its start, finds the same by asking.
 */
export class Lookout {
	/** By execution, the one that was called for last at the end. */
	private readonly watches = new Map<string, Watch>();
	/** Jobs that were named, by execution, while a call for it finds out what it waits for. */
	private readonly arrivals = new Map<string, Set<string>>();

	/**
	 * Leaves a call to another one that is looking, or handing out, for the same execution: then not
	 * even what the execution waits for need be known.
	 *
	 * Where a service calls again until it is taken, and names the job that it calls about, more is left:
	 * to a call that has just arrived, which is called again when it comes to nothing; and what is about
	 * a job that is known to have ended, while others are open. Looking after each of those in vain would
	 * make the service call again, and many at once would keep n8n from taking any.
	 *
	 * @param about the job that is named
	 * @returns whether nothing is left to do; otherwise the call {@link knock}s next, or {@link depart}s
	 */
	joins(execution: string, about?: string): boolean {
		const watch = this.watches.get(execution);
		if (watch?.busy) {
			this.note(watch, about);
			return true;
		}
		if (about === undefined) return false;
		const arrived = this.arrivals.get(execution)?.add(about);
		if (arrived || (watch && this.isOld(watch, about))) return true;
		this.arrivals.set(execution, new Set([about]));
		return false;
	}

	/** Whether the service does not tell of the jobs for now: one that calls again had better do so later. */
	isInTrouble(execution: string): boolean {
		return this.watches.get(execution)?.isInTrouble === true;
	}

	/** A call with a name that has arrived comes no further. */
	depart(execution: string): void {
		this.arrivals.delete(execution);
	}

	private note(watch: Watch, about: string | undefined): void {
		watch.knocks += 1;
		if (about !== undefined && watch.ids.has(about)) watch.heard.add(about);
		else watch.unnamed = true;
	}

	/** Whether every call so far was about a job that is known to have ended. */
	private isExplained({ ended, heard, unnamed }: Watch): boolean {
		return !unnamed && [...heard].every((id) => ended.has(id));
	}

	/** Whether a call says nothing new, and is not needed to hand out what could not be. */
	private isOld(watch: Watch, about: string): boolean {
		const { ids, ended } = watch;
		return ended.size < ids.size && ended.has(about) && this.isExplained(watch);
	}

	/**
	 * Looks at a run that a call has come for.
	 *
	 * @param run the same for each call of one suspended run, and for no other: in a loop an execution
	 * is suspended again and again
	 */
	async knock(execution: string, run: string, look: Look): Promise<Finding> {
		const arrived = this.arrivals.get(execution) ?? [undefined];
		this.arrivals.delete(execution);
		const busy = this.watches.get(execution);
		const watch = busy?.busy ? busy : this.watchOf(execution, run, look.ids);
		for (const about of arrived) this.note(watch, about);
		if (watch.busy) return 'watched';
		const { clock } = look.timing;
		if (clock.now() < watch.doneUntil) return 'watched';
		watch.busy = true;
		const finding = await this.watch(watch, look);
		watch.busy = finding === 'ended';
		return finding;
	}

	/**
	 * Ends the handing out of a run.
	 *
	 * @param handedOut whether it was; otherwise the next call tries again
	 */
	leave(execution: string, { clock }: Timing, handedOut: boolean): void {
		const watch = this.watches.get(execution);
		if (!watch) return;
		watch.busy = false;
		if (handedOut) watch.doneUntil = clock.now() + DONE_MS;
	}

	private watchOf(execution: string, run: string, ids: readonly string[]): Watch {
		const known = this.watches.get(execution);
		const watch: Watch =
			known?.run === run
				? known
				: {
						...{ run, ids: new Set(ids), ended: new Set(), refusals: new Refusals() },
						...{ heard: new Set(), unnamed: false },
						...{ busy: false, knocks: 0, isInTrouble: false, restsUntil: 0, doneUntil: 0 },
					};
		this.watches.delete(execution);
		this.watches.set(execution, watch);
		for (const oldest of this.watches.keys()) {
			if (this.watches.size <= MOST_EXECUTIONS) break;
			this.watches.delete(oldest);
		}
		return watch;
	}

	/** Looks until all have ended, or every call that came has been looked after. */
	private async watch(watch: Watch, look: Look): Promise<'ended' | 'open'> {
		const { clock, signal } = look.timing;
		const { settlesMs = 0 } = look;
		const pauses = [...LOOK_AGAIN_MS, ...(settlesMs > 0 ? [settlesMs] : [])];
		const afterTrouble = [...AFTER_TROUBLE_MS];
		for (;;) {
			await clock.sleep(Math.max(watch.restsUntil - clock.now(), 0), signal);
			const { knocks } = watch;
			const isTold = await this.lookOnce(watch, look);
			watch.isInTrouble = !isTold;
			if (look.ids.every((id) => watch.ended.has(id))) return 'ended';
			if (signal?.aborted || this.isExplained(watch)) return 'open';
			if (watch.knocks > knocks) continue;
			const pause = (isTold ? pauses : afterTrouble).shift();
			if (pause === undefined) return 'open';
			await clock.sleep(pause, signal);
		}
	}

	/** @returns whether the service has told of all that are open */
	private async lookOnce(watch: Watch, { ids, ended, timing }: Look): Promise<boolean> {
		const { clock } = timing;
		const began = clock.now();
		const told = await ended(ids.filter((id) => !watch.ended.has(id)));
		const now = clock.now();
		const believed = watch.refusals.believed(told.refused, now);
		for (const id of [...told.ended, ...believed]) watch.ended.add(id);
		watch.restsUntil = now + Math.min(Math.max((now - began) * REST, REST_MS.least), REST_MS.most);
		return !told.failed && believed.length === told.refused.length;
	}
}
