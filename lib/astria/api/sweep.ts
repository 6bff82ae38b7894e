import pLimit from 'p-limit';

import type { PollSchedule, Timing } from '../../jobs/retry';
import { astriaMayPass } from './client';
import { AstriaAnswerError, isGone } from './errors';
import { LONGEST_PAGE } from './pages';

/** How tunes, or prompts, are looked at. */
export interface WatchSource<Entity> {
	/** When to look; it starts anew with whatever is watched last. */
	schedule: PollSchedule;
	/**
	 * A page of the account's list, newest first.
	 *
	 * @param beforeId only what has a smaller id
	 */
	list(beforeId: number, limit: number, signal: AbortSignal): Promise<Entity[]>;
	/** One by its id. @throws AstriaAnswerError 404 when it is gone */
	get(id: number, signal: AbortSignal): Promise<Entity>;
	idOf(entity: Entity): number | undefined;
}

/** Who is told what a look has shown. */
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

/** How many are asked for by their ids at once. */
const LOOKS_AT_ONCE = 5;

/** Answers that say nothing about what was asked for: too early, or too often. */
const OF_THE_MOMENT = new Set([408, 425, 429]);

/** Whether an error is about the thing that was asked for, and not about all calls. */
function isAboutOne(error: unknown): error is AstriaAnswerError {
	return (
		error instanceof AstriaAnswerError &&
		!error.details.ofAccount &&
		!OF_THE_MOMENT.has(error.status)
	);
}

/**
 * Goes over the ids that are waited for, newest first, a page of the list at a time.
 */
export class Sweep<Entity> {
	/** Ids that this sweep has not come to yet, newest first. */
	private unseen: number[] = [];

	constructor(
		private readonly source: Omit<WatchSource<Entity>, 'schedule'>,
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
 * @param onRefused told of those that Astria will never tell of
 * @throws AstriaAnswerError, ConnectionError; some may have been seen then
 */
export async function lookOnce<Entity>(
	source: WatchSource<Entity>,
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
		missing: (id) => left.delete(id),
		refused(id, error) {
			left.delete(id);
			if (astriaMayPass(error)) failures.push(error);
			else onRefused(id);
		},
	});
	for (let before = Infinity; left.size > 0 && left.size < before; ) {
		before = left.size;
		await sweep.round(signal);
	}
	if (failures.length > 0) throw failures[0];
}

/**
 * Looks once at what was ordered, and says what has ended, well or badly. What Astria refuses to tell
 * of counts as ended, since asking again would not help: what is wrong is found out when it is read.
 * It does not throw.
 *
 * @param hasEnded judges what Astria shows
 * @returns the ids of what has ended
 */
export async function endedOf<Entity>(
	source: WatchSource<Entity>,
	{ signal = new AbortController().signal }: Timing,
	ids: readonly number[],
	hasEnded: (id: number, entity: Entity) => boolean,
): Promise<number[]> {
	const ended: number[] = [];
	try {
		const onSeen = (id: number, entity: Entity) => {
			if (hasEnded(id, entity)) ended.push(id);
		};
		await lookOnce(source, ids, signal, onSeen, (id) => ended.push(id));
	} catch (error) {
		if (!astriaMayPass(error)) return [...ids];
	}
	return ended;
}
