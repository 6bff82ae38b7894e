import type { IDataObject } from 'n8n-workflow';
import pLimit from 'p-limit';

import { type Charged, ConnectionError, TryOnError } from '../../errors';
import type { JobDriver } from '../../jobs/driver';
import type { Followed } from '../../jobs/follow';
import type { Claims } from '../../jobs/memory';
import { isObject, numbersOf, textOf } from '../../json';
import { type Clock, type PollSchedule, stoppedError, type Timing } from '../../time';
import type { AstriaClient } from '../api/client';
import { idOf, timeOf } from '../api/entity';
import { ASTRIA } from '../api/errors';
import { buyOnce, givenAt, inTurn } from '../api/purchase';
import { Orders, Watch } from '../api/watch';
import { findCreated, findThere, traitsOf } from './find';
import { type PackOfTune, tuneBody, tuneFingerprint, type TuneRequest } from './request';
import {
	chargeOfTune,
	notTrained,
	readTune,
	stateOf,
	trainedOrNot,
	type Tune,
	tuneById,
	TUNES,
} from './tune';

/** How long, and for what, a tune is waited for. */
interface TrainingWait {
	id: number;
	/** What is known of it; a tune of which nothing is known is looked at at once. */
	known?: Tune;
	/** Milliseconds from now. */
	maxWaitMs: number;
	/** Whether the tune was bought by who waits. */
	charged: Charged;
	/** Is told what Astria shows of it. */
	onSeen?(tune: Tune): void;
}

/** Waits for trainings, all of a node's with one list call. */
export class TuneWatch {
	private readonly watch: Watch<Tune>;

	constructor(
		private readonly client: AstriaClient,
		private readonly clock: Clock,
	) {
		this.watch = new Watch(clock, TUNES.own.source(client, 'wait'), SCHEDULE);
	}

	/**
	 * @returns the tune, trained
	 * @throws JobFailedError when it failed or expired; MaxWaitError; StoppedError; AstriaAnswerError
	 * 404 when it is gone
	 */
	async untilTrained(wait: TrainingWait, { signal }: Pick<Timing, 'signal'>): Promise<Tune> {
		const { id, known, maxWaitMs, charged, onSeen } = wait;
		const look = (tune: Tune) => {
			onSeen?.(tune);
			return trainedOrNot(tune, this.client.astriaTime(this.clock.now()));
		};
		const done = known && look(known);
		if (done) return done;
		return await this.watch.until({
			id,
			look,
			deadline: this.clock.now() + maxWaitMs,
			overdue: (last) => notTrained(last ?? known, maxWaitMs, charged),
			signal,
			...(known === undefined && { first: 0 }),
		});
	}
}

/** A training takes minutes to hours, so it is noticed within a minute; a mock takes seconds. */
const SCHEDULE: PollSchedule = {
	firstMs: 5_000,
	intervalMs: 5_000,
	growAfterMs: 30_000,
	growth: 1.3,
	longestMs: 60_000,
};

/** A tune that a row has; a type and not an interface, so that n8n can store it as JSON. */
export type TuneJob = {
	tuneId: number;
	/** Whether it was there before, so that nothing was bought. */
	reused: boolean;
	/** Whether its answer was lost and it was found by its title. */
	recovered: boolean;
	/** What Astria calls when the training has ended; absent for one that was there before. */
	callback?: string;
	/** Whether it was asked for with prompts, which only a new tune makes. */
	withoutPrompts?: true;
	/** Of a pack's run: a later try finds its prompts by it, whatever its expressions say then. */
	pack?: PackOfTune;
};

function revivePack(stored: unknown): PackOfTune | undefined {
	if (!isObject(stored)) return undefined;
	const { id, className, promptIds } = stored;
	const name = textOf(id);
	if (name === undefined) return undefined;
	return { id: name, className: textOf(className) ?? '', promptIds: numbersOf(promptIds) };
}

/** Reads a tune back from where it was kept; `undefined` when it is none. */
function reviveTune({ tuneId, ...stored }: IDataObject): TuneJob | undefined {
	if (typeof tuneId !== 'number') return undefined;
	return {
		tuneId,
		reused: stored.reused === true,
		recovered: stored.recovered === true,
		callback: textOf(stored.callback),
		withoutPrompts: stored.withoutPrompts === true || undefined,
		pack: revivePack(stored.pack),
	};
}

/** Tunes that another run has bought. */
interface FollowedTunes extends Omit<Followed<TuneJob, Tune, never>, 'collect'> {
	/** Those whose training has ended, by id, as Astria showed them. */
	seen: ReadonlyMap<number, Tune>;
}

/** How tunes are followed that another run has bought. */
export function followTunes(client: AstriaClient): FollowedTunes {
	const own = TUNES.own.source(client, 'wait');
	const orders = new Orders<TuneJob, Tune>(
		({ tuneId }) => tuneId,
		() => own,
	);
	const { seen } = orders;
	const now = ({ clock }: Timing) => client.astriaTime(clock.now());
	return {
		seen,
		driver: {
			service: ASTRIA,
			noun: 'Tune',
			revive: reviveTune,
			chargeOf: ({ tuneId, reused }) => (reused ? 'no' : chargeOfTune(seen.get(tuneId))),
			idOf: ({ tuneId }) => String(tuneId),
		},
		ended: async (jobs, timing) =>
			await orders.ended(
				jobs,
				timing,
				(tune) => !['queued', 'training'].includes(stateOf(tune, now(timing))),
			),
		finish: async ({ tuneId }, timing) => {
			const tune = seen.get(tuneId) ?? (await tuneById(client, timing, tuneId));
			orders.seen.set(tuneId, tune);
			const trained = trainedOrNot(tune, now(timing));
			if (trained) return trained;
			throw new ConnectionError(
				'Astria would not tell of the training while this run waited for it, and has not ended it yet.',
				{ stage: 'result', retryable: true },
				true,
			);
		},
	};
}

/** How many uploads are under way at once, so that a slow line serves each of them in time. */
const UPLOADS_AT_ONCE = 4;

/** Milliseconds that a tune is older at least, which was there before it was asked for. */
const OLD = 60_000;

/** How tunes are made. */
interface TuneDriverOptions {
	client: AstriaClient;
	watch: TuneWatch;
	/** Milliseconds for a training, or `undefined` not to wait for it. */
	maxWaitMs?: number;
	/** What Astria is to call when a training has ended; it is not part of what a row asks for. */
	callback?: string;
	/** Whether it is to be called when all prompts of a pack have ended, too. */
	callsAfterPrompts?: boolean;
}

const CURE =
	'Look for it among your tunes at astria.ai before you run this row again, or use the operation Create or Reuse.';

/** Tunes of the account, trained or registered, each bought at most once. */
export class TuneDriver implements JobDriver<TuneRequest, TuneJob> {
	readonly service = ASTRIA;
	readonly noun = 'Tune';
	/** What Astria last showed of each tune of this run. */
	private readonly seen = new Map<number, Tune>();
	/** Tunes that rows of this run have been given: none of them is another row's lost answer. */
	private readonly given = new Set<number>();
	/** What rows of any run have bought. What one reuses may be another's lost answer all the same. */
	private readonly bought: Claims<number>;
	private readonly uploads = pLimit(UPLOADS_AT_ONCE);

	constructor(private readonly options: TuneDriverOptions) {
		this.bought = givenAt(options.client.baseUrl, 'tune');
	}

	fingerprint(request: TuneRequest): string {
		return tuneFingerprint(request);
	}

	async submit(request: TuneRequest, timing: Timing): Promise<TuneJob> {
		// A lost answer is found by its title beyond doubt, and what one row reuses no other makes anew.
		const key = `${this.options.client.baseUrl} ${request.title.trim()}`;
		return await inTurn(key, timing, async () => await this.reuseOrBuy(request, timing));
	}

	revive(stored: IDataObject): TuneJob | undefined {
		const job = reviveTune(stored);
		if (job) this.given.add(job.tuneId);
		if (job && !job.reused) this.bought.take(job.tuneId);
		return job;
	}

	async finish(job: TuneJob, timing: Timing): Promise<Tune> {
		const { tuneId, reused } = job;
		const { client, watch, maxWaitMs } = this.options;
		const known = this.seen.get(tuneId);
		if (maxWaitMs === undefined) return known ?? (await tuneById(client, timing, tuneId));
		const charged = this.chargeOf(job);
		const onSeen = (tune: Tune) => this.seen.set(tuneId, tune);
		try {
			return await watch.untilTrained({ id: tuneId, known, maxWaitMs, charged, onSeen }, timing);
		} catch (error) {
			throw error instanceof TryOnError && reused ? error.add({ charged }) : error;
		}
	}

	/** Astria bills a tune when it takes it; one that was there before costs nothing. */
	chargeOf({ tuneId, reused }: TuneJob): Charged {
		return reused ? 'no' : chargeOfTune(this.seen.get(tuneId));
	}

	idOf({ tuneId }: TuneJob): string {
		return String(tuneId);
	}

	private async reuseOrBuy(request: TuneRequest, timing: Timing): Promise<TuneJob> {
		const { client } = this.options;
		const traits = traitsOf(request);
		const there = request.orReuse ? await findThere(client, timing, request) : undefined;
		if (there) return this.give(there, request, { reused: true, recovered: false });
		const start = timing.clock.now();
		const { thing, recovered } = await buyOnce(timing, {
			what: `tune "${request.title}"`,
			send: async () => await this.uploads(async () => await this.send(request, timing)),
			read: readTune,
			find: async (sentAt, asking) => {
				const isOthers = (id: number) => this.given.has(id) || this.bought.has(id);
				return await findCreated(client, asking, traits, sentAt, isOthers);
			},
			cure: CURE,
		});
		this.bought.take(idOf(thing) ?? 0);
		return this.give(thing, request, { reused: this.wasThere(thing, start), recovered });
	}

	/**
	 * With idempotency switched on in the account, Astria hands back a tune with the same title in
	 * place of a new one (docs.astria.ai, API overview).
	 */
	private wasThere(tune: Tune, start: number): boolean {
		const created = timeOf(tune.created_at) ?? Infinity;
		return this.given.has(idOf(tune) ?? 0) || created < this.options.client.astriaTime(start) - OLD;
	}

	/** @throws StoppedError when the row was stopped while it waited for its turn */
	private async send(request: TuneRequest, { signal }: Timing): Promise<unknown> {
		if (signal?.aborted) throw stoppedError(signal);
		const { client, callback, callsAfterPrompts } = this.options;
		return await client.call({
			method: 'POST',
			path: request.path,
			body: tuneBody(request, callback, callsAfterPrompts ? callback : undefined),
			stage: 'submit',
		});
	}

	private give(
		tune: Tune,
		{ fields, pack }: TuneRequest,
		how: Pick<TuneJob, 'reused' | 'recovered'>,
	): TuneJob {
		const tuneId = idOf(tune) ?? 0;
		this.given.add(tuneId);
		this.seen.set(tuneId, tune);
		const { callback } = this.options;
		return {
			...{ tuneId, ...how },
			...(callback !== undefined && !how.reused && { callback }),
			...(fields.prompts_attributes !== undefined && how.reused && { withoutPrompts: true }),
			...(pack && { pack }),
		};
	}
}
