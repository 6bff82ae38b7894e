import type { PollSchedule } from '../../jobs/schedule';
import type { Timing } from '../../jobs/retry';
import type { Clock } from '../../time';
import type { Charged } from '../../errors';
import type { AstriaClient } from '../api/client';
import { idOf } from '../api/json';
import { readTune, readTunes, type Tune, tunesPage } from './calls';
import { notTrained, trainedOrNot } from './state';
import { Watch } from '../api/watch';

/** A training takes minutes to hours, so it is noticed within a minute; a mock takes seconds. */
const SCHEDULE: PollSchedule = {
	first: 5_000,
	interval: 5_000,
	growAfter: 30_000,
	growth: 1.3,
	longest: 60_000,
};

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
		this.watch = new Watch<Tune>(clock, {
			schedule: SCHEDULE,
			idOf,
			list: async (beforeId, limit, signal) =>
				readTunes(await client.readOnce(tunesPage('own', {}, limit, beforeId), 'wait', signal)),
			get: async (id, signal) =>
				readTune(await client.readOnce({ path: `/tunes/${id}` }, 'wait', signal)) ?? {},
		});
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
