import pLimit from 'p-limit';

import { about } from '../../errors';
import type { Told } from '../../jobs/lookout';
import { mayPass, stoppedError, type Timing } from '../../time';
import type { AstriaClient, Read } from '../api/client';
import { timeOf } from '../api/entity';
import { hasEnded, type Prompt, promptsAt } from '../prompts/prompt';
import type { TuneJob } from '../tunes/driver';
import { packPath } from './calls';
import { isOfPack, type PackTraits, QUIET_MS, traitsOf, withLateOnes } from './run';

/** What a pack has made on a tune that it has trained, so far. */
interface Made {
	/** Oldest first. */
	prompts: Prompt[];
	promptIds: number[];
	/** Whether it has made as many as were asked for, so that no more will appear. */
	complete: boolean;
}

/** How many tunes are looked at at once. */
const LOOKS_AT_ONCE = 5;

/** When it ended, as far as Astria tells. */
const endOf = ({ json }: Prompt) => timeOf(json.trained_at) ?? timeOf(json.updated_at) ?? 0;

/**
 * The prompts of packs that run on tunes which they have trained. Such a run "adds prompts", and they
 * are found as those of its tune (docs.astria.ai, Create a tune from a pack; The pack object, Example
 * user flow). When they come to exist is said nowhere, so that they are waited for: until there are as
 * many as the pack lists for the class of the tune (`prompts_per_class`; the documentation's example
 * has one picture in `num_images` for each), or until no more come.
 */
export class TrainedPacks {
	/** By id, as the rows have it. */
	private readonly packs = new Map<string, PackTraits>();
	private readonly looks = pLimit(LOOKS_AT_ONCE);

	constructor(private readonly client: AstriaClient) {}

	/**
	 * Waits for the prompts of a tune that is trained, not for their pictures.
	 *
	 * @returns none where Astria shows none
	 * @throws ServiceError when they can never be found out; ConnectionError, StoppedError
	 */
	async promptIds(job: TuneJob, timing: Timing): Promise<number[]> {
		const { signal } = timing;
		const look = async () => await this.made(job, timing);
		try {
			const { promptIds } = await withLateOnes(await look(), look, timing);
			if (!signal?.aborted) return promptIds;
		} catch (error) {
			// A call that Stop breaks off says that it was broken off.
			if (!signal?.aborted) throw error;
		}
		throw stoppedError(signal);
	}

	/** Reads the prompts that there are. @throws ServiceError, ConnectionError, StoppedError */
	async made(job: TuneJob, timing: Timing): Promise<Made> {
		return await this.look(job, this.client.reader(timing));
	}

	/**
	 * Looks once at each tune whose training has ended well, and does not throw.
	 *
	 * @param trainedAt when the training of one has ended, in milliseconds by Astria's clock
	 * @returns of which the prompts have ended, well or badly
	 */
	async ended(
		jobs: readonly TuneJob[],
		timing: Timing,
		trainedAt: (job: TuneJob) => number,
	): Promise<Told> {
		const told: Told = { ended: [], refused: [], failed: false };
		const lookAt = async (job: TuneJob): Promise<void> => {
			const id = String(job.tuneId);
			try {
				if (await this.haveEnded(job, timing, trainedAt(job))) told.ended.push(id);
			} catch (error) {
				if (mayPass(error)) told.failed = true;
				else told.refused.push(id);
			}
		};
		await Promise.all(jobs.map(async (job) => await this.looks(lookAt, job)));
		return told;
	}

	/** @throws ServiceError, ConnectionError, StoppedError */
	private async haveEnded(
		job: TuneJob,
		{ clock, signal }: Timing,
		trainedAt: number,
	): Promise<boolean> {
		const { prompts, complete } = await this.look(job, this.client.readerOnce('wait', signal));
		if (!prompts.every(hasEnded)) return false;
		const last = Math.max(trainedAt, ...prompts.map(endOf));
		return complete || this.client.astriaTime(clock.now()) - last >= QUIET_MS;
	}

	private async look({ tuneId, pack }: TuneJob, read: Read): Promise<Made> {
		if (!pack) return { prompts: [], promptIds: [], complete: true };
		const { id, className, promptIds: chosen } = pack;
		const traits = await this.traits(id, read);
		const prompts: Prompt[] = [];
		for await (const prompt of promptsAt(`/tunes/${tuneId}/prompts`).each(read, {})) {
			if (isOfPack(prompt.json, traits)) prompts.push(prompt);
		}
		prompts.sort((a, b) => a.id - b.id);
		const expected = chosen.length || traits.counts.get(className) || traits.most;
		const complete = expected > 0 && prompts.length >= expected;
		return { prompts, promptIds: prompts.map(({ id: promptId }) => promptId), complete };
	}

	private async traits(id: string, read: Read): Promise<PackTraits> {
		const known = this.packs.get(id);
		if (known) return known;
		const traits = await about('Pack', id, async () =>
			traitsOf(await read({ path: packPath(id) })),
		);
		this.packs.set(id, traits);
		return traits;
	}
}
