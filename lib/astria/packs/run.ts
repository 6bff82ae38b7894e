import type { IDataObject } from 'n8n-workflow';
import pLimit from 'p-limit';

import { TryOnError } from '../../errors';
import type { JobDriver } from '../../jobs/driver';
import type { Claims } from '../../jobs/memory';
import {
	hashOf,
	isObject,
	type JsonObject,
	numberOf,
	numbersOf,
	objectOf,
	textOf,
} from '../../json';
import { stoppedError, type Timing } from '../../time';
import type { AstriaClient, Params } from '../api/client';
import { costOfEntity, CREATED_AT_ROUNDING_MS, idOf, timeOf } from '../api/entity';
import { ASTRIA, unreadableAnswer } from '../api/errors';
import { buyOnce, givenAt, UndecidedError } from '../api/purchase';
import { PROMPTS } from '../prompts/prompt';

/** A run of a pack whose prompts nobody has named, and what is known of it. */
interface LostRun {
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

interface FoundRun {
	orderId?: number;
	/** In the order in which they were made. */
	promptIds: number[];
	/** Whether it has as many prompts as the pack makes at most, so that no more will appear. */
	complete: boolean;
}

/** What the prompts of a pack are known by. */
export interface PackTraits {
	id: number;
	templates: ReadonlySet<number>;
	/** How many prompts each class has; empty where the pack does not tell. */
	counts: ReadonlyMap<string, number>;
	/** Those of the class that has most of them; 0 where the pack does not tell. */
	most: number;
}

/**
 * Reads what the prompts of a pack are known by (docs.astria.ai, Retrieve a pack).
 *
 * @throws UnreadableAnswer when it is no pack
 */
export function traitsOf(pack: unknown): PackTraits {
	const id = idOf(pack);
	if (!isObject(pack) || id === undefined) throw unreadableAnswer('pack');
	const perClass = Object.entries(objectOf(pack.prompts_per_class));
	const lists = perClass.map(([name, list]): [string, unknown[]] => [
		name,
		Array.isArray(list) ? list : [],
	]);
	const others: unknown[] = Array.isArray(pack.template_prompts) ? pack.template_prompts : [];
	const ofClasses = lists.flatMap(([, list]) => list);
	const counts = new Map(lists.map(([name, { length }]) => [name, length]));
	const ids = [...ofClasses, ...others].map(idOf).filter((known) => known !== undefined);
	return { id, templates: new Set(ids), counts, most: Math.max(0, ...counts.values()) };
}

/** A prompt names its pack, and the template that it was made from. */
export function isOfPack(prompt: JsonObject, { id, templates }: PackTraits): boolean {
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
	const found: JsonObject[] = [];
	for await (const { json } of PROMPTS.each(client.readerOnce('submit', signal), {})) {
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
async function findPackRun(
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
	const complete = most > 0 && ids.length >= most;
	return { orderId, promptIds: ids.sort((a, b) => a - b), complete };
}

/** A run of a pack on tunes that exist. */
export interface PackRunRequest {
	/** Address of the run. */
	path: string;
	tuneIds: readonly number[];
	/** By API name, `tune_ids` included. */
	fields: Params;
}

/** What Astria has taken; a type and not an interface, so that n8n can store it as JSON. */
export type PackRunJob = {
	tuneIds: number[];
	orderId?: number;
	promptIds: number[];
	/** US dollars. */
	cost?: number;
	message?: string;
	/** Whether its answer was lost and its prompts were found by their tunes. */
	recovered: boolean;
};

/** Milliseconds between questions for prompts of a run that may appear late. */
const LATE_PAUSE_MS = 10_000;

/** How many questions in a row bring nothing new, until a run is taken to have no more prompts. */
const QUIET_QUESTIONS = 6;

/** Milliseconds after which that is so where nobody asks again and again. */
export const QUIET_MS = LATE_PAUSE_MS * QUIET_QUESTIONS;

/**
 * Looks again until a run has all its prompts, or no more come: they appear one by one (a public
 * client, prismalab, waits for them too). It ends at once after Stop, with what is there.
 *
 * @param look asks for all of them; an error of ours is one question without an answer
 */
export async function withLateOnes<Run extends Pick<FoundRun, 'promptIds' | 'complete'>>(
	first: Run,
	look: (run: Run) => Promise<Run | undefined>,
	{ clock, signal }: Timing,
): Promise<Run> {
	let run = first;
	let quiet = 0;
	while (!run.complete && quiet < QUIET_QUESTIONS) {
		await clock.sleep(LATE_PAUSE_MS, signal);
		if (signal?.aborted) break;
		quiet += 1;
		try {
			const next = await look(run);
			if (next === undefined || next.promptIds.length <= run.promptIds.length) continue;
			run = next;
			quiet = 0;
		} catch (error) {
			if (!(error instanceof TryOnError)) throw error;
			// What was found stays found; the next question may be answered.
		}
	}
	return run;
}

/** All runs of packs are one kind of call: a pack has an address by its number, and one by its slug. */
const RUN = 'run of a pack';

/** Astria answers with the order and its prompts, or with a message alone. */
function readRun(answer: unknown, tuneIds: readonly number[]): PackRunJob | undefined {
	if (!isObject(answer)) return undefined;
	const order = isObject(answer.order) ? answer.order : {};
	const orderId = idOf(order);
	const message = textOf(answer.message);
	const promptIds = numbersOf(answer.prompt_ids);
	if (orderId === undefined && message === undefined && promptIds.length === 0) return undefined;
	const cost = costOfEntity({ cost_mc: order.total_cost_mc });
	return { tuneIds: [...tuneIds], orderId, promptIds, cost, message, recovered: false };
}

type Taken = { job: PackRunJob } | { found: FoundRun; sentAt: number };

/** Runs of packs on tunes that exist: they make prompts and no tune. */
export class PackRunDriver implements JobDriver<PackRunRequest, PackRunJob> {
	readonly service = ASTRIA;
	readonly noun = 'Order';
	/** Prompts that rows of any run have been given: none of them is another's lost answer. */
	private readonly given: Claims<number>;
	/** One call at a time, so that a lost answer's prompts are told from those of another call. */
	private readonly queue = pLimit(1);

	/**
	 * @param wantsIds whether the prompts of a run are looked for when Astria's answer does not name
	 * them, as that of a pack for one tune does not
	 */
	constructor(
		private readonly client: AstriaClient,
		private readonly wantsIds = false,
	) {
		this.given = givenAt(client.baseUrl, 'prompt');
	}

	fingerprint({ path, fields }: PackRunRequest): string {
		return hashOf([path, fields]);
	}

	async submit(request: PackRunRequest, timing: Timing): Promise<PackRunJob> {
		return await this.queue(async () => {
			if (timing.signal?.aborted) throw stoppedError(timing.signal);
			return await this.buy(request, timing);
		});
	}

	revive(stored: IDataObject): PackRunJob | undefined {
		if (!Array.isArray(stored.promptIds)) return undefined;
		const promptIds = numbersOf(stored.promptIds);
		this.take(promptIds);
		return {
			tuneIds: numbersOf(stored.tuneIds),
			orderId: numberOf(stored.orderId),
			promptIds,
			cost: numberOf(stored.cost),
			message: textOf(stored.message),
			recovered: stored.recovered === true,
		};
	}

	chargeOf(): 'yes' {
		return 'yes';
	}

	idOf({ tuneIds, orderId }: PackRunJob): string {
		return orderId === undefined ? `on tunes ${tuneIds.join(', ')}` : String(orderId);
	}

	private async buy(
		{ path, tuneIds, fields }: PackRunRequest,
		timing: Timing,
	): Promise<PackRunJob> {
		/** What was found for this run: its later questions find it again. */
		const own = new Set<number>();
		const look = async (asking: Pick<Timing, 'signal'>, since: number, orderId?: number) => {
			const found = await findPackRun(this.client, asking, {
				packPath: path.replace(/\/tunes$/, ''),
				tuneIds,
				promptIds: numbersOf(fields.prompt_ids),
				sentAt: since,
				orderId,
				others: async () => {
					await this.given.settled(RUN, asking.signal);
					return (id) => !own.has(id) && this.given.has(id);
				},
			});
			found?.promptIds.forEach((id) => own.add(id));
			this.take(found?.promptIds ?? []);
			return found;
		};
		let sentAt = timing.clock.now();
		const { thing } = await buyOnce<Taken>(timing, {
			what: 'pictures of this run',
			send: async () => {
				sentAt = timing.clock.now();
				const call = { method: 'POST', path, body: { tune: fields }, stage: 'submit' } as const;
				return await this.given.during(RUN, async () => {
					const answer = await this.client.call(call);
					this.take(readRun(answer, tuneIds)?.promptIds ?? []);
					return answer;
				});
			},
			read: (answer) => {
				const job = readRun(answer, tuneIds);
				return job && { job };
			},
			find: async (since, asking) => {
				const found = await look(asking, since);
				return found && { found, sentAt: since };
			},
			cure: 'Look at the prompts of your tunes at astria.ai before you run this row again.',
		});
		const whole = async (first: FoundRun, since: number) =>
			await withLateOnes(first, async ({ orderId }) => await look(timing, since, orderId), timing);
		if ('found' in thing) {
			const { orderId, promptIds } = await whole(thing.found, thing.sentAt);
			return { tuneIds: [...tuneIds], orderId, promptIds, recovered: true };
		}
		const { job } = thing;
		if (!this.wantsIds || job.promptIds.length > 0) return job;
		const named = { orderId: job.orderId, promptIds: [], complete: false };
		const { orderId, promptIds } = await whole(named, sentAt);
		return { ...job, promptIds, ...(orderId !== undefined && { orderId }) };
	}

	private take(promptIds: readonly number[]): void {
		promptIds.forEach((id) => this.given.take(id));
	}
}
