import type { Timing } from '../../jobs/retry';
import type { AstriaClient } from '../api/client';
import { idOf, isObject, type JsonObject, numberOf, textOf, timeOf } from '../api/json';
import { unreadableAnswer } from '../api/errors';
import { CREATED_AT_ROUNDING_MS, newestFirst } from '../api/pages';
import { UndecidedError } from '../api/purchase';
import { promptsPage } from '../prompts/calls';
import { readPrompts } from '../prompts/prompt';

/** A run of a pack whose prompts nobody has named, and what is known of it. */
export interface LostRun {
	/** Address of the pack. */
	packPath: string;
	tuneIds: readonly number[];
	/** The prompts of the pack that it was asked for; empty for all. */
	promptIds: readonly number[];
	/** Milliseconds since the epoch, by this machine's clock. */
	sentAt: number;
	/** What Astria has told of its order. */
	orderId?: number;
	/** Called when the list is there; whether a prompt is known to be of another run. */
	others(): Promise<(promptId: number) => boolean>;
}

/** What Astria shows of a run. */
export interface FoundRun {
	orderId?: number;
	/** In the order in which they were made. */
	promptIds: number[];
	/** Whether it has as many prompts as the pack makes at most, so that no more will appear. */
	complete: boolean;
}

interface PackTraits {
	id: number;
	templates: ReadonlySet<number>;
	/** Prompts of the class that has most of them; 0 where the pack does not tell. */
	most: number;
}

/** What the prompts of a pack are known by (docs.astria.ai, Retrieve a pack). */
function traitsOf(pack: unknown): PackTraits {
	const id = idOf(pack);
	if (!isObject(pack) || id === undefined) {
		throw unreadableAnswer('pack', 'submit');
	}
	const perClass: unknown[] = isObject(pack.prompts_per_class)
		? Object.values(pack.prompts_per_class)
		: [];
	const lists = perClass.map((list): unknown[] => (Array.isArray(list) ? list : []));
	const others: unknown[] = Array.isArray(pack.template_prompts) ? pack.template_prompts : [];
	const ids = [...lists.flat(), ...others].map(idOf).filter((known) => known !== undefined);
	return {
		id,
		templates: new Set(ids),
		most: Math.max(0, ...lists.map(({ length }) => length)),
	};
}

/** A prompt names its pack, and the template that it was made from. */
function isOfPack(prompt: JsonObject, { id, templates }: PackTraits): boolean {
	const pack = numberOf(prompt.base_pack_id);
	if (pack !== undefined) return pack === id;
	return templates.has(numberOf(prompt.orig_prompt_id) ?? 0);
}

/** Whether a prompt runs on one of the tunes: under it, or with its token in the text. */
function isOnTunes(prompt: JsonObject, tuneIds: readonly number[]): boolean {
	const under = numberOf(prompt.tune_id);
	const text = textOf(prompt.text) ?? '';
	return tuneIds.some((id) => id === under || text.includes(`:${id}:`));
}

/** Everything of the account that was made since then, page by page. */
async function promptsSince(
	client: AstriaClient,
	since: number,
	signal: AbortSignal | undefined,
): Promise<JsonObject[]> {
	const page = async (limit: number, beforeId?: number) =>
		readPrompts(await client.readOnce(promptsPage({}, limit, beforeId), 'submit', signal));
	const found: JsonObject[] = [];
	for await (const { json } of newestFirst(page, ({ id }) => id)) {
		const created = timeOf(json.created_at);
		if (created === undefined) continue;
		if (created < since) break;
		found.push(json);
	}
	return found;
}

function undecided(orders: ReadonlyArray<number | undefined>): UndecidedError {
	const ids = orders.map((id) => String(id ?? 'one without an id'));
	return new UndecidedError(
		`Astria has several orders of this pack on these tunes that were made just now: ${ids.join(', ')}. Nobody can say which of them is this row's.`,
		{
			stage: 'submit',
			retryable: false,
			charged: 'unknown',
			candidateIds: ids,
		},
	);
}

/**
 * Asks Astria whether it has the prompts of a run whose answer was lost, or did not name them: those
 * of the same pack, on the same tunes, of one order, made since the call was sent.
 *
 * @returns `undefined` when Astria does not have any (yet); those that appear late may be missing
 * @throws UndecidedError when several orders fit; AstriaAnswerError, ConnectionError
 */
export async function findPackRun(
	client: AstriaClient,
	{ signal }: Pick<Timing, 'signal'>,
	{ packPath, tuneIds, promptIds, sentAt, orderId: known, others }: LostRun,
): Promise<FoundRun | undefined> {
	const pack = traitsOf(await client.readOnce({ path: packPath }, 'submit', signal));
	const since = client.astriaTime(sentAt) - CREATED_AT_ROUNDING_MS;
	const listed = await promptsSince(client, since, signal);
	const isOthers = await others();
	const ours = listed
		.filter(({ order_id }) => known === undefined || numberOf(order_id) === known)
		.filter((prompt) => isOfPack(prompt, pack) && isOnTunes(prompt, tuneIds))
		.filter((prompt) => !isOthers(idOf(prompt) ?? 0));
	if (ours.length === 0) return undefined;
	const orders = [...new Set(ours.map(({ order_id }) => numberOf(order_id)))];
	if (orders.length > 1) throw undecided(orders);
	const [orderId] = orders;
	const ids = ours.map(idOf).filter((id) => id !== undefined);
	const most = (promptIds.length || pack.most) * tuneIds.length;
	return {
		...(orderId !== undefined && { orderId }),
		promptIds: ids.sort((a, b) => a - b),
		complete: most > 0 && ids.length >= most,
	};
}
