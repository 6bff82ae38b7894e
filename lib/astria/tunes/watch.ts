import { type Charged, ConnectionError } from '../../errors';
import type { Timing } from '../../jobs/retry';
import type { PollSchedule } from '../../jobs/schedule';
import type { Clock } from '../../time';
import type { AstriaClient } from '../api/client';
import { endedOf } from '../api/ended';
import { idOf } from '../api/json';
import type { WatchSource } from '../api/sweep';
import { Watch } from '../api/watch';
import { getTune, readTune, readTunes, type Tune, tunesPage } from './calls';
import type { TuneJob } from './driver';
import { chargeOf, notTrained, stateOf, trainedOrNot } from './state';

/** How long, and for what, a tune is waited for. */
export interface TrainingWait {
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
		this.watch = new Watch<Tune>(clock, tuneSource(client));
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
	first: 5_000,
	interval: 5_000,
	growAfter: 30_000,
	growth: 1.3,
	longest: 60_000,
};

/** How tunes are looked at. */
export function tuneSource(client: AstriaClient): WatchSource<Tune> {
	return {
		schedule: SCHEDULE,
		idOf,
		list: async (beforeId, limit, signal) =>
			readTunes(await client.readOnce(tunesPage('own', {}, limit, beforeId), 'wait', signal)),
		get: async (id, signal) =>
			readTune(await client.readOnce({ path: `/tunes/${id}` }, 'wait', signal)) ?? {},
	};
}

/** Tunes that somebody else has bought. */
export class FollowedTunes {
	/** Those whose training has ended, as Astria showed them. */
	private readonly seen = new Map<number, Tune>();

	constructor(private readonly client: AstriaClient) {}

	/**
	 * Looks once at each, and does not throw.
	 *
	 * @returns the ids of those whose training has ended, well or badly
	 */
	async ended(jobs: readonly TuneJob[], timing: Timing): Promise<string[]> {
		const ids = jobs.map(({ tuneId }) => tuneId);
		const ended = await endedOf(tuneSource(this.client), timing, ids, (id, tune) => {
			const hasEnded = !['queued', 'training'].includes(stateOf(tune, this.now(timing)));
			if (hasEnded) this.seen.set(id, tune);
			return hasEnded;
		});
		return ended.map(String);
	}

	/**
	 * Reads one whose training has ended.
	 *
	 * @throws JobFailedError when it failed or expired; AstriaAnswerError, ConnectionError
	 */
	async finish({ tuneId }: TuneJob, timing: Timing): Promise<Tune> {
		const tune = this.seen.get(tuneId) ?? (await getTune(this.client, timing, tuneId));
		this.seen.set(tuneId, tune);
		const trained = trainedOrNot(tune, this.now(timing));
		if (trained) return trained;
		throw new ConnectionError(
			'Astria has shown the training as finished, and then not any more.',
			{ stage: 'result', retryable: true },
			true,
		);
	}

	/** What a tune costs that was bought, and nothing for one that was there before. */
	chargeOf({ tuneId, reused }: TuneJob): Charged {
		return reused ? 'no' : chargeOf(this.seen.get(tuneId));
	}

	private now({ clock }: Timing): number {
		return this.client.astriaTime(clock.now());
	}
}
