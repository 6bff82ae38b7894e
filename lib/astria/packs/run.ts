import type { IDataObject } from 'n8n-workflow';
import pLimit from 'p-limit';

import { TryOnError } from '../../errors';
import type { Claims } from '../../jobs/claims';
import { hashOf, type JobDriver } from '../../jobs/driver';
import { stoppedError, type Timing } from '../../jobs/retry';
import type { AstriaClient } from '../api/client';
import type { Params } from '../api/encode';
import { ASTRIA } from '../api/errors';
import { costOfEntity, idOf, isObject, numberOf, textOf } from '../api/json';
import { buyOnce, givenAt } from '../api/purchase';
import { findPackRun, type FoundRun } from './find';

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

/** All runs of packs are one kind of call: a pack has an address by its number, and one by its slug. */
const RUN = 'run of a pack';

function numbersOf(value: unknown): number[] {
	return Array.isArray(value) ? value.map(numberOf).filter((id) => id !== undefined) : [];
}

/** Astria answers with the order and its prompts, or with a message alone. */
function readRun(answer: unknown, tuneIds: readonly number[]): PackRunJob | undefined {
	if (!isObject(answer)) return undefined;
	const order = isObject(answer.order) ? answer.order : {};
	const orderId = idOf(order);
	const message = textOf(answer.message);
	const promptIds = numbersOf(answer.prompt_ids);
	if (orderId === undefined && message === undefined && promptIds.length === 0) return undefined;
	const cost = costOfEntity({ cost_mc: order.total_cost_mc });
	return {
		tuneIds: [...tuneIds],
		...(orderId !== undefined && { orderId }),
		promptIds,
		...(cost !== undefined && { cost }),
		...(message !== undefined && { message }),
		recovered: false,
	};
}

/** A run whose answer came, or one that was found. */
type Taken = { job: PackRunJob } | { found: FoundRun; sentAt: number };

function runOf({ orderId, promptIds }: FoundRun, tuneIds: readonly number[]): PackRunJob {
	return {
		tuneIds: [...tuneIds],
		...(orderId !== undefined && { orderId }),
		promptIds,
		recovered: true,
	};
}

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

	revive({
		tuneIds,
		orderId,
		promptIds,
		cost,
		message,
		recovered,
	}: IDataObject): PackRunJob | undefined {
		if (!Array.isArray(promptIds)) return undefined;
		this.take(numbersOf(promptIds));
		return {
			tuneIds: numbersOf(tuneIds),
			...(typeof orderId === 'number' && { orderId }),
			promptIds: numbersOf(promptIds),
			...(typeof cost === 'number' && { cost }),
			...(typeof message === 'string' && { message }),
			recovered: recovered === true,
		};
	}

	async finish(job: PackRunJob): Promise<PackRunJob> {
		return job;
	}

	chargeOf(): 'yes' {
		return 'yes';
	}

	hasStarted(): boolean {
		return true;
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
		const withLateOnes = async (first: FoundRun, since: number) =>
			await this.withLateOnes(
				first,
				async ({ orderId }) => await look(timing, since, orderId),
				timing,
			);
		if ('found' in thing) {
			return runOf(await withLateOnes(thing.found, thing.sentAt), tuneIds);
		}
		const { job } = thing;
		if (!this.wantsIds || job.promptIds.length > 0) return job;
		const named = { orderId: job.orderId, promptIds: [], complete: false };
		const { orderId, promptIds } = await withLateOnes(named, sentAt);
		return { ...job, promptIds, ...(orderId !== undefined && { orderId }) };
	}

	private take(promptIds: readonly number[]): void {
		promptIds.forEach((id) => this.given.take(id));
	}

	/** The prompts of a run appear one by one (a public client, prismalab, waits for them too). */
	private async withLateOnes(
		first: FoundRun,
		look: (run: FoundRun) => Promise<FoundRun | undefined>,
		timing: Timing,
	): Promise<FoundRun> {
		const { clock, signal } = timing;
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
}
