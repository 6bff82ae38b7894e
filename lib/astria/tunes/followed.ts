import { type Charged, ConnectionError } from '../../errors';
import type { Timing } from '../../jobs/retry';
import type { AstriaClient } from '../api/client';
import { endedOf } from '../api/ended';
import { getTune, type Tune } from './calls';
import type { TuneJob } from './driver';
import { tuneSource } from './source';
import { chargeOf, stateOf, trainedOrNot } from './state';

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
