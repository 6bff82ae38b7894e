import type { IDataObject, IExecuteFunctions, INodeExecutionData } from 'n8n-workflow';

import { timeOf } from '../../../../lib/astria/api/entity';
import { PACK_RUN_OPTIONS } from '../../../../lib/astria/fields/tune';
import { QUIET_MS } from '../../../../lib/astria/packs/run';
import { TrainedPacks } from '../../../../lib/astria/packs/trained';
import { finishedPrompt, type Prompt } from '../../../../lib/astria/prompts/prompt';
import { followTunes, type TuneJob } from '../../../../lib/astria/tunes/driver';
import { stateOf } from '../../../../lib/astria/tunes/tune';
import { MaxWaitError, ServiceError, toTryOnError } from '../../../../lib/errors';
import type { Followed, Kept } from '../../../../lib/jobs/follow';
import type { FileStore } from '../../../../lib/media/download';
import { SECOND_MS } from '../../../../lib/time';
import { buyAndWait } from '../../../shared/buyRows';
import type { RowItem } from '../../../shared/errorRow';
import { orderOf, readOutputOptions } from '../../../shared/pictures';
import type { Wait } from '../../../shared/wait';
import type { AstriaSession } from '../../shared/session';
import { followedTunes, tunePlan } from './makeTunes';
import { endOf, packItem, packItems, type PackPrompt, packPrompts } from './packPictures';
import { readTrain } from './packRequest';

/** A run that makes fewer prompts than its pack lists has ended when no more have come for a while. */
const SETTLES_MS = QUIET_MS + 5 * SECOND_MS;

const GET_MANY = "Get Many of Astria Prompt lists its prompts with the filter 'Tune'.";

/** What tells the run of a pack on a new tune. */
function columnsOf({ tuneId, pack, recovered, reused }: TuneJob): IDataObject {
	return {
		...(pack && { packId: pack.id }),
		...{ tuneId, tuneIds: [tuneId] },
		...(reused && { reused }),
		...(recovered && { recovered }),
	};
}

/** Said in place of prompts where Astria shows none. */
function orNone(prompts: PackPrompt[], { tuneId }: TuneJob): PackPrompt[] {
	if (prompts.length > 0) return prompts;
	const problem = `Tune ${tuneId} is trained, but Astria shows no prompts of the pack on it so far.`;
	const details = { stage: 'result', retryable: true, cure: GET_MANY } as const;
	return [{ error: new ServiceError(problem, details) }];
}

/** Said of a training that takes longer than the user waits: nothing is lost, and nothing failed. */
function goesOn(overdue: MaxWaitError, { tuneId }: TuneJob): MaxWaitError {
	overdue.message += ` Tune ${tuneId} goes on, and Astria makes its pictures then.`;
	return overdue.advise(`Wait Until Trained waits for it. ${GET_MANY}`);
}

/**
 * Trains a tune of each group of rows, with a pack, and hands out the pictures of its prompts.
 *
 * @throws RowFailure when a row fails and n8n is to stop
 */
export async function trainForPictures(
	context: IExecuteFunctions,
	session: AstriaSession,
	wait: Wait,
): Promise<INodeExecutionData[]> {
	const plan = tunePlan(
		context,
		session,
		wait,
		async (_context, rows) => {
			// An expression of the output that fails is found before anything is paid.
			readOutputOptions(context, rows[0] ?? 0);
			return await readTrain(context, rows);
		},
		PACK_RUN_OPTIONS,
		true,
	);
	const packs = new TrainedPacks(session.client);
	const prompts = packPrompts(context, session, plan.limits.maxWait * SECOND_MS);
	return await buyAndWait(context, session, wait, {
		...plan,
		finish: async (job, timing): Promise<PackPrompt[]> => {
			try {
				await plan.driver.finish(job, timing);
			} catch (error) {
				if (error instanceof MaxWaitError) return [{ error: goesOn(error, job) }];
				throw toTryOnError(error, 'wait');
			}
			const promptIds = await packs.promptIds(job, timing);
			return orNone(await prompts({ promptIds }, timing), job);
		},
		collect: async (row, job, ended) =>
			await packItems(context, session, row, ended, columnsOf(job)),
		suspended: {
			idsOf: ({ tuneId }) => ({ tuneId }),
			orderOf: (row) => ({ ...orderOf(readOutputOptions(context, row)), pictures: true }),
			followed: () => followedPacks(context, session),
		},
	});
}

/** Tunes that another run has trained with a pack, for the pictures of its prompts. */
function followedPacks(
	store: FileStore,
	session: AstriaSession,
): Followed<TuneJob, PackPrompt[], RowItem> {
	const { seen, ...tunes } = followTunes(session.client);
	const packs = new TrainedPacks(session.client);
	return {
		driver: tunes.driver,
		settlesMs: SETTLES_MS,
		ended: async (jobs, askedIn) => {
			const over = await tunes.ended(jobs, askedIn);
			const now = session.client.astriaTime(askedIn.clock.now());
			const trained = jobs.filter(
				({ tuneId }) => stateOf(seen.get(tuneId) ?? {}, now) === 'trained',
			);
			const making = new Set(trained.map(({ tuneId }) => String(tuneId)));
			const failed = over.filter((id) => !making.has(id));
			const trainedAt = ({ tuneId }: TuneJob) => timeOf(seen.get(tuneId)?.trained_at) ?? 0;
			return [...failed, ...(await packs.ended(trained, askedIn, trainedAt))];
		},
		finish: async (job, readIn) => {
			await tunes.finish(job, readIn);
			const { prompts } = await packs.made(job, readIn);
			const ended = async (prompt: Prompt) => finishedPrompt(prompt) ?? prompt;
			const ends = prompts.map(async (prompt) => await endOf(prompt.id, ended(prompt)));
			return orNone(await Promise.all(ends), job);
		},
		collect: async (job, prompts, order) => {
			const stem = `astria-${job.tuneId}`;
			const run = columnsOf(job);
			return await packItem(store, session, { order, prompts, stem, run });
		},
	};
}

/** Follows tunes that a suspended execution has bought: for their pictures, where it wants them. */
export function followedPackTunes(
	store: FileStore,
	session: AstriaSession,
	purchases: readonly Kept[],
): Followed<TuneJob, unknown, RowItem> {
	return purchases.some(({ order }) => order.pictures === true)
		? followedPacks(store, session)
		: followedTunes(session);
}
