import type { Timing } from '../../jobs/retry';
import type { Clock } from '../../time';
import type { Charged } from '../../errors';
import type { AstriaClient } from '../api/client';
import type { Tune } from './calls';
import { tuneSource } from './source';
import { notTrained, trainedOrNot } from './state';
import { Watch } from '../api/watch';

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
