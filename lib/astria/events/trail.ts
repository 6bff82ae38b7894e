import { TryOnError } from '../../errors';
import { numbersOf, objectOf } from '../../json';
import { SECOND_MS, type Timing } from '../../time';
import type { AstriaClient } from '../api/client';
import { type EntityList, LONGEST_PAGE } from '../api/entity';
import { Sweep } from '../api/watch';

/**
 * How far a list has been followed; a type and not an interface, so that n8n can store it. The list
 * is in the order of ids, but things end in any order: so those that have not ended are kept.
 */
export type Trail = {
	/** All ids up to this one were seen. */
	newest: number;
	/** Those that had not ended. */
	open: number[];
	/** Those that had ended, and could not be told yet: none of them is dropped, however many. */
	untold?: number[];
	/** What is newer, where a look was broken off: from the one id down to the other it was seen. */
	halfRead?: { from: number; downTo: number };
	/** How many looks in a row Astria did not have one, by id. */
	missing?: Record<string, number>;
	/** Whose list it is. */
	owner?: string;
};

/** A list of Astria that is followed. */
export interface FollowedList<Entity> {
	list: EntityList<Entity>;
	/** In place of the credential's. */
	workspace?: string;
	/** Whether anybody wants to hear of it. */
	isWanted(entity: Entity): boolean;
	hasEnded(entity: Entity): boolean;
}

/** What a look has shown. */
export interface Look<Entity> {
	/** What has ended since the last look, in the order of ids. */
	ended: Entity[];
	/** Where the next look goes on. */
	trail: Trail;
	/** Why some of it could not be looked at. */
	trouble?: TryOnError;
	/** How many that have not ended are not waited for any more: n8n would write down too many. */
	dropped: number;
	/** Only of a first look: what is older than this id was not looked at, and may not have ended. */
	unseenBelow?: number;
	/** Whether it began anew, since the trail is that of another account. */
	isAnew: boolean;
}

/** When a look has to end. */
export interface LookTiming extends Timing {
	/** Ends the reading of what is new, so that what has not ended is looked at too. */
	readingSignal?: AbortSignal;
}

/** How many are asked for at first; mostly there are no more new ones. */
const FIRST_PAGE = 20;

/**
 * How many that have not ended are kept, the newest: some never end, and n8n writes all of them down
 * with each look.
 */
const MOST_OPEN = 2_000;

/**
 * How far a first look goes back: no more than these could be kept, and a page more says that there
 * are more.
 */
const MOST_AT_FIRST = MOST_OPEN + LONGEST_PAGE;

/** Milliseconds after which nearly all has ended: a training that has to queue takes hours. */
const YOUNG_MS = 24 * 3600 * SECOND_MS;

/** In how many looks in a row Astria must not have a thing: a single 404 may be of a moment. */
const LOOKS_UNTIL_GONE = 3;

function readHalf(stored: unknown): Pick<Trail, 'halfRead'> {
	const { from, downTo } = objectOf(stored);
	return typeof from === 'number' && typeof downTo === 'number'
		? { halfRead: { from, downTo } }
		: {};
}

function readMissing(stored: unknown): Pick<Trail, 'missing'> {
	const entries = Object.entries(objectOf(stored));
	const counts = entries.filter((entry): entry is [string, number] => typeof entry[1] === 'number');
	return counts.length > 0 ? { missing: Object.fromEntries(counts) } : {};
}

/** What n8n has stored; `undefined` when that is no trail. */
export function readTrail(stored: unknown): Trail | undefined {
	const { newest, open, untold, halfRead, missing, owner } = objectOf(stored);
	if (typeof newest !== 'number' || !Array.isArray(open)) return undefined;
	const left = numbersOf(untold);
	return {
		newest,
		open: numbersOf(open),
		...(left.length > 0 && { untold: left }),
		...readHalf(halfRead),
		...readMissing(missing),
		...(typeof owner === 'string' && { owner }),
	};
}

const newestFirst = (ids: readonly number[]) => [...ids].sort((one, other) => other - one);

/** Whether what was found until then can be kept: it is about a call, and not about the account. */
function isOfACall(error: unknown): error is TryOnError {
	return error instanceof TryOnError && !error.details.ofAccount;
}

/** A part of a list, newest first, as far as it could be read. */
interface Part<Entity> {
	entities: Entity[];
	/** Why it ends where it does not have to. */
	trouble?: TryOnError;
}

/**
 * Reads on for as long as `goOn` says so. What could be read before a call failed is kept: to begin
 * anew could take too long each time.
 *
 * @param before the newest id that is not read
 * @throws AstriaAnswerError about the account
 */
async function readWhile<Entity>(
	client: AstriaClient,
	signal: AbortSignal | undefined,
	{ list, workspace }: FollowedList<Entity>,
	firstPage: number,
	goOn: (entity: Entity) => boolean,
	before?: number,
): Promise<Part<Entity>> {
	const read = client.readerOnce('result', signal);
	const entities: Entity[] = [];
	try {
		for await (const entity of list.each(read, { workspace }, firstPage, before)) {
			if (!goOn(entity)) break;
			entities.push(entity);
		}
	} catch (error) {
		if (!isOfACall(error)) throw error;
		return { entities, trouble: error };
	}
	return { entities };
}

/**
 * Looks at a list for the first time: what has ended before is of no interest, what has not is
 * waited for. It goes back until a page's worth of things holds nothing to wait for, and is hours
 * old: one that takes long may lie below many that do not.
 */
async function beginning<Entity>(
	client: AstriaClient,
	{ clock, signal }: LookTiming,
	followed: FollowedList<Entity>,
	owner: string | undefined,
	isAnew: boolean,
): Promise<Look<Entity>> {
	const { list, isWanted, hasEnded } = followed;
	const isOpen = (entity: Entity) => isWanted(entity) && !hasEnded(entity);
	const young = client.astriaTime(clock.now()) - YOUNG_MS;
	let count = 0;
	let uneventful = 0;
	const goOn = (entity: Entity) => {
		count += 1;
		const isOld = (list.madeAt(entity) ?? -Infinity) < young;
		uneventful = isOpen(entity) || !isOld ? 0 : uneventful + 1;
		return uneventful <= LONGEST_PAGE && count <= MOST_AT_FIRST;
	};
	const part = await readWhile(client, signal, followed, LONGEST_PAGE, goOn);
	const { entities, trouble } = part;
	if (trouble && entities.length === 0) throw trouble;
	const ids = entities.map((entity) => list.idOf(entity) ?? 0);
	const open = newestFirst(entities.filter(isOpen).map((entity) => list.idOf(entity) ?? 0));
	const isShort = trouble !== undefined || count > MOST_AT_FIRST;
	return {
		ended: [],
		trail: {
			newest: Math.max(0, ...ids),
			open: open.slice(0, MOST_OPEN),
			...(owner !== undefined && { owner }),
		},
		dropped: Math.max(open.length - MOST_OPEN, 0),
		...(isShort && { unseenBelow: Math.min(...ids) }),
		...(trouble && { trouble }),
		isAnew,
	};
}

/** What is new, and how far that was read. */
interface News<Entity> extends Part<Entity> {
	reached: Pick<Trail, 'newest' | 'halfRead'>;
}

/**
 * Reads what is new. A reading that was broken off is gone on with first, so that there is one gap at
 * most, whatever fails.
 *
 * @throws AstriaAnswerError about the account; what failed when nothing at all could be read
 */
async function readNews<Entity>(
	client: AstriaClient,
	signal: AbortSignal | undefined,
	followed: FollowedList<Entity>,
	{ newest, halfRead }: Trail,
): Promise<News<Entity>> {
	const idOf = (entity: Entity) => followed.list.idOf(entity) ?? 0;
	const isNewerThan = (id: number) => (entity: Entity) => idOf(entity) > id;
	const entities: Entity[] = [];
	let known = newest;
	if (halfRead) {
		const { from, downTo } = halfRead;
		const goOn = isNewerThan(newest);
		const rest = await readWhile(client, signal, followed, LONGEST_PAGE, goOn, downTo);
		const { trouble } = rest;
		if (trouble && rest.entities.length === 0) throw trouble;
		entities.push(...rest.entities);
		if (trouble) {
			const reached = { newest, halfRead: { from, downTo: Math.min(...entities.map(idOf)) } };
			return { entities, trouble, reached };
		}
		known = from;
	}
	const top = await readWhile(client, signal, followed, FIRST_PAGE, isNewerThan(known));
	const { trouble } = top;
	if (trouble && top.entities.length === 0 && !halfRead) throw trouble;
	entities.push(...top.entities);
	const ids = top.entities.map(idOf);
	const from = Math.max(known, ...ids);
	const isBroken = trouble !== undefined && ids.length > 0;
	const reached = isBroken
		? { newest: known, halfRead: { from, downTo: Math.min(...ids) } }
		: { newest: from };
	return { entities, reached, ...(trouble && { trouble }) };
}

/** What a look at those that had not ended has shown. */
interface SecondLook<Entity> {
	seen: Entity[];
	/** Those that could not be looked at. */
	left: number[];
	/** Those that Astria does not have. */
	gone: number[];
	/** Why some could not be looked at. */
	trouble?: TryOnError;
}

/**
 * Looks once at those that had not ended, and at those that could not be told. When time is up, or
 * Astria does not tell of some, what the others have shown is kept.
 *
 * @throws AstriaAnswerError about the account
 */
async function lookAgain<Entity>(
	client: AstriaClient,
	timing: Timing,
	{ list, workspace }: FollowedList<Entity>,
	ids: readonly number[],
): Promise<SecondLook<Entity>> {
	const wanted = new Set(ids);
	const seen: Entity[] = [];
	const refused: number[] = [];
	const gone: number[] = [];
	let trouble: TryOnError | undefined;
	const sweep = new Sweep(list.source(client, 'result', workspace), {
		wanted: () => [...wanted],
		show(id, entity) {
			if (wanted.delete(id)) seen.push(entity);
		},
		missing(id) {
			if (wanted.delete(id)) gone.push(id);
		},
		refused(id, error) {
			if (wanted.delete(id)) refused.push(id);
			trouble ??= error;
		},
	});
	const { signal = new AbortController().signal } = timing;
	try {
		while (wanted.size > 0) await sweep.round(signal);
	} catch (error) {
		if (!isOfACall(error)) throw error;
		trouble ??= error;
	}
	return { seen, left: [...refused, ...wanted], gone, trouble };
}

/** How often each of those that Astria does not have was missing, without those that are gone. */
function stillMissing({ missing = {} }: Trail, gone: readonly number[]): Record<string, number> {
	const counts = gone.map((id): [string, number] => [String(id), (missing[id] ?? 0) + 1]);
	return Object.fromEntries(counts.filter(([, count]) => count < LOOKS_UNTIL_GONE));
}

/**
 * Follows a list: what has ended since the last look, each once, in the order of ids. Nothing is
 * stored here, and no call is repeated: a look that fails is simply done again, and what one could
 * not look at is left to the next one.
 *
 * @param trail where the last look has ended; `undefined` for the first one, which finds nothing
 * @param owner whose list it is now; a trail that is another's is of no use, and one that does not
 * say whose it is counts as the same
 * @throws AstriaAnswerError, ConnectionError, StoppedError
 */
export async function follow<Entity>(
	client: AstriaClient,
	timing: LookTiming,
	followed: FollowedList<Entity>,
	trail: Trail | undefined,
	owner = trail?.owner,
): Promise<Look<Entity>> {
	const isAnothers = trail?.owner !== undefined && trail.owner !== owner;
	if (!trail || isAnothers) return await beginning(client, timing, followed, owner, isAnothers);
	const { list, isWanted, hasEnded } = followed;
	const idOf = (entity: Entity) => list.idOf(entity) ?? 0;
	const readingSignal = timing.readingSignal ?? timing.signal;
	const news = await readNews(client, readingSignal, followed, trail);
	const untold = new Set(trail.untold);
	const ids = new Set([...trail.open, ...untold]);
	const { seen, left, gone, trouble } = await lookAgain(client, timing, followed, [...ids]);
	// What the filters want may have changed since: so those that were seen before are asked again.
	const all = [...news.entities, ...seen].filter(isWanted);
	const missing = stillMissing(trail, gone);
	const unseen = [...left, ...gone.filter((id) => id in missing)];
	const waiting = unseen.filter((id) => !untold.has(id));
	const open = newestFirst(all.filter((entity) => !hasEnded(entity)).map(idOf));
	// One that was not looked at may have ended: only what is known to be open is dropped.
	const room = Math.max(MOST_OPEN - waiting.length, 0);
	const next: Trail = {
		...news.reached,
		open: newestFirst([...waiting, ...open.slice(0, room)]),
		...(Object.keys(missing).length > 0 && { missing }),
		...(owner !== undefined && { owner }),
	};
	const why = news.trouble ?? trouble;
	return {
		ended: all.filter(hasEnded).sort((one, other) => idOf(one) - idOf(other)),
		trail: keeping(
			next,
			unseen.filter((id) => untold.has(id)),
		),
		...(why && { trouble: why }),
		dropped: Math.max(open.length - room, 0),
		isAnew: false,
	};
}

/** The trail of a look of which some things could not be told: they are told at a later one. */
export function keeping(trail: Trail, untold: readonly number[]): Trail {
	if (untold.length === 0) return trail;
	return { ...trail, untold: [...new Set([...(trail.untold ?? []), ...untold])] };
}
