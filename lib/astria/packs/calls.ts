import { InputError } from '../../errors';
import { isObject, type JsonObject, numberOf, textOf, withoutUndefined } from '../../json';
import { type Cost, sumOf } from '../../money';
import type { Timing } from '../../time';
import type { AstriaClient, Query } from '../api/client';
import { costOfEntity, idOf, inDollars } from '../api/entity';
import { unreadableAnswer } from '../api/errors';
import { PACK } from '../fields/entities';

/** A pack as Astria shows it. */
export type Pack = JsonObject;

/** Whose packs: the account's own, or the public ones. */
export type PackSource = 'own' | 'gallery';

/** What a list is narrowed to (docs.astria.ai, List packs). */
interface PackFilters {
	/** Only published ones. */
	public?: boolean;
	/** Only those that are not hidden. */
	listed?: boolean;
}

const PATHS: Record<PackSource, string> = { own: '/packs', gallery: '/gallery/packs' };

/** The length of a page; the list of packs documents none of its own, that of tunes has 20. */
const PAGE = 20;

/** The address of one page of a list. */
export function packsPage(
	source: PackSource,
	filters: PackFilters,
	limit: number,
	offset: number,
): { path: string; query: Query } {
	return { path: PATHS[source], query: { ...filters, limit, offset } };
}

/** @throws ConnectionError when the answer is no list */
export function readPacks(answer: unknown): Pack[] {
	if (!Array.isArray(answer)) throw unreadableAnswer('list');
	return answer.filter(isObject);
}

/**
 * Lists packs. Their list is read by `offset` (docs.astria.ai, List packs); it ends at an empty
 * page, or at one that brings nothing new. Entries without an id are left out.
 *
 * @param limit how many at most; `undefined` for all
 */
export async function listPacks(
	client: AstriaClient,
	timing: Timing,
	source: PackSource,
	filters: PackFilters,
	limit = Infinity,
): Promise<Pack[]> {
	const packs = new Map<number, Pack>();
	for (let offset = 0; packs.size < limit; ) {
		const page = readPacks(await client.read(packsPage(source, filters, PAGE, offset), timing));
		const before = packs.size;
		for (const pack of page) {
			const id = idOf(pack);
			if (id !== undefined) packs.set(id, pack);
		}
		if (packs.size === before) break;
		offset += page.length;
	}
	return [...packs.values()].slice(0, limit);
}

/**
 * @param id number, or the slug of the pack's address
 * @throws InputError for a dot or two, which stand for another place than a pack
 */
export function packPath(id: string): string {
	if (['.', '..'].includes(id)) {
		throw new InputError(
			PACK.label,
			`is "${id}", which is no pack`,
			'Use its number or the last part of its address at astria.ai.',
		);
	}
	return `/p/${encodeURIComponent(id)}`;
}

/** Reads one pack, with its prompts and prices. @throws AstriaAnswerError 404 */
export async function packById(client: AstriaClient, timing: Timing, id: string): Promise<Pack> {
	const pack = await client.read({ path: packPath(id) }, timing);
	if (!isObject(pack)) throw unreadableAnswer('pack');
	return pack;
}

/** What a pack costs for each class, where Astria tells it in either of its two ways. */
function costsOf(pack: Pack): Record<string, number> {
	const costs = isObject(pack.costs) ? pack.costs : pack.cost_mc_hash;
	if (!isObject(costs)) return {};
	return withoutUndefined(
		Object.fromEntries(
			Object.entries(costs).map(([name, cost]) => {
				const millicents = isObject(cost) ? (cost.cost_mc ?? cost.cost) : cost;
				return [name, costOfEntity({ cost_mc: millicents })];
			}),
		),
	);
}

/**
 * What a run of a pack on a new tune costs, as Astria tells it with the pack.
 *
 * @param className class of the new tune
 */
export function trainCost(pack: Pack, className: string): Cost | undefined {
	return inDollars(costsOf(pack)[className]);
}

/** Ids of the prompts that a pack runs on a tune of a class; `undefined` where it does not tell. */
function promptIdsFor(pack: Pack, className: string): number[] | undefined {
	if (!isObject(pack.prompts_per_class)) return undefined;
	const prompts: unknown = pack.prompts_per_class[className];
	return Array.isArray(prompts) ? prompts.flatMap((prompt) => idOf(prompt) ?? []) : [];
}

/**
 * What a run of a pack on a tune that exists costs, where Astria tells the price of each prompt.
 *
 * @param className class of the tune
 * @param chosen only these prompts
 */
export function runCost(
	pack: Pack,
	className: string,
	chosen?: readonly number[],
): { pictures: number; cost: Cost | undefined } {
	const listed: unknown[] = Array.isArray(pack.template_prompts) ? pack.template_prompts : [];
	const ids = chosen ?? promptIdsFor(pack, className);
	const prompts = listed.filter(isObject).filter((prompt) => ids?.includes(idOf(prompt) ?? 0));
	const { cost, unknown } = sumOf(prompts.map((prompt) => inDollars(costOfEntity(prompt))));
	return { pictures: prompts.length, cost: unknown > 0 ? undefined : cost };
}

/**
 * A pack as it comes out of the node; `costs` in US dollars by class.
 *
 * @returns columns without those that Astria does not tell
 */
export function packOutput(pack: Pack) {
	const prompts: unknown = pack.template_prompts;
	const costs = costsOf(pack);
	return withoutUndefined({
		packId: idOf(pack),
		slug: textOf(pack.slug),
		title: textOf(pack.title),
		subtitle: textOf(pack.subtitle),
		modelType: textOf(pack.model_type),
		baseTuneId: numberOf(pack.base_tune_id),
		name: textOf(pack.main_class_name),
		classes: Object.keys(costs),
		costs,
		promptIds: Array.isArray(prompts)
			? prompts.map(idOf).filter((id) => id !== undefined)
			: undefined,
		publicAt: textOf(pack.public_at),
	});
}
