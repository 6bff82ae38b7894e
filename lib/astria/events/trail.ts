import { TryOnError } from '../../errors';
import { numbersOf, objectOf } from '../../json';
import type { Timing } from '../../time';
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
	/** Those of them that had not ended. */
	open: number[];
};

/** A list of Astria that is followed. */
export interface FollowedList<Entity> {
	list: EntityList<Entity>;
	/** Whether anybody wants to hear of it. */
	isWanted(entity: Entity): boolean;
	hasEnded(entity: Entity): boolean;
}

/** How many are asked for at first; mostly there are no more new ones. */
const FIRST_PAGE = 20;

/**
 * How many that have not ended are kept, the newest: some never end, and n8n writes all of them down
 * with each look.
 */
const MOST_OPEN = 2_000;

/** What n8n has stored; `undefined` when that is no trail. */
export function readTrail(stored: unknown): Trail | undefined {
	const { newest, open } = objectOf(stored);
	if (typeof newest !== 'number' || !Array.isArray(open)) return undefined;
	return { newest, open: numbersOf(open) };
}

function toTrail(newest: number, open: readonly number[]): Trail {
	return { newest, open: [...open].sort((one, other) => other - one).slice(0, MOST_OPEN) };
}

/**
 * Looks at a list for the first time: what has ended before is of no interest, what has not is
 * waited for.
 */
async function beginning<Entity>(
	client: AstriaClient,
	timing: Timing,
	{ list, isWanted, hasEnded }: FollowedList<Entity>,
): Promise<Trail> {
	const page = await list.page(client.readerOnce('result', timing.signal), {}, LONGEST_PAGE);
	const idsOf = (entities: Entity[]) => entities.map((entity) => list.idOf(entity) ?? 0);
	const open = page.filter((entity) => isWanted(entity) && !hasEnded(entity));
	return toTrail(Math.max(0, ...idsOf(page)), idsOf(open));
}

/** What a look at those that had not ended has shown. */
interface SecondLook<Entity> {
	seen: Entity[];
	/** Those that could not be looked at. */
	left: number[];
	/** Why not. */
	trouble?: TryOnError;
}

/**
 * Looks once at those that had not ended; what is gone is forgotten. When time is up, or Astria does
 * not tell of some, what the others have shown is kept: to begin anew could take too long each time.
 *
 * @throws AstriaAnswerError about the account
 */
async function lookAgain<Entity>(
	client: AstriaClient,
	timing: Timing,
	list: EntityList<Entity>,
	open: readonly number[],
): Promise<SecondLook<Entity>> {
	const wanted = new Set(open);
	const seen: Entity[] = [];
	const untold: number[] = [];
	let trouble: TryOnError | undefined;
	const sweep = new Sweep(list.source(client, 'result'), {
		wanted: () => [...wanted],
		show(id, entity) {
			if (wanted.delete(id)) seen.push(entity);
		},
		missing: (id) => wanted.delete(id),
		refused(id, error) {
			if (wanted.delete(id)) untold.push(id);
			trouble ??= error;
		},
	});
	const { signal = new AbortController().signal } = timing;
	try {
		while (wanted.size > 0) await sweep.round(signal);
	} catch (error) {
		if (!(error instanceof TryOnError) || error.details.ofAccount) throw error;
		trouble ??= error;
	}
	return { seen, left: [...untold, ...wanted], trouble };
}

/**
 * Follows a list: what has ended since the last look, each once, in the order of ids. Nothing is
 * stored here, and no call is repeated: a look that fails is simply done again, and what one could
 * not look at stays open.
 *
 * @param trail where the last look has ended; `undefined` for the first one, which finds nothing
 * @returns `trouble` is why some that are open could not be looked at
 * @throws AstriaAnswerError, ConnectionError, StoppedError
 */
export async function follow<Entity>(
	client: AstriaClient,
	timing: Timing,
	followed: FollowedList<Entity>,
	trail: Trail | undefined,
): Promise<{ ended: Entity[]; trail: Trail; trouble?: TryOnError }> {
	if (!trail) return { ended: [], trail: await beginning(client, timing, followed) };
	const { list, isWanted, hasEnded } = followed;
	const fresh: Entity[] = [];
	let { newest } = trail;
	const idOf = (entity: Entity) => list.idOf(entity) ?? 0;
	const read = client.readerOnce('result', timing.signal);
	for await (const entity of list.each(read, {}, FIRST_PAGE)) {
		if (idOf(entity) <= trail.newest) break;
		newest = Math.max(newest, idOf(entity));
		if (isWanted(entity)) fresh.push(entity);
	}
	const { seen, left, trouble } = await lookAgain(client, timing, list, trail.open);
	const all = [...fresh, ...seen];
	const open = all.filter((entity) => !hasEnded(entity)).map(idOf);
	const ended = all.filter(hasEnded).sort((one, other) => idOf(one) - idOf(other));
	return { ended, trail: toTrail(newest, [...left, ...open]), ...(trouble && { trouble }) };
}

/** The trail of a look of which some things could not be told: they are told at the next one. */
export function keeping({ newest, open }: Trail, untold: readonly number[]): Trail {
	return { newest, open: [...untold, ...open] };
}
