import type {
	IDataObject,
	IExecuteFunctions,
	INodeExecutionData,
	IWebhookFunctions,
} from 'n8n-workflow';

import { TrainedPacks } from '../../../../lib/astria/packs/trained';
import { finishedPrompt, type Prompt } from '../../../../lib/astria/prompts/prompt';
import { FollowedTunes, type TuneJob } from '../../../../lib/astria/tunes/driver';
import type { TuneRequest } from '../../../../lib/astria/tunes/request';
import { MaxWaitError, ServiceError, toTryOnError } from '../../../../lib/errors';
import { type Followed, Follower, type Following, type Kept } from '../../../../lib/jobs/follow';
import type { Timing } from '../../../../lib/jobs/retry';
import type { FileStore } from '../../../../lib/media/download';
import { systemClock } from '../../../../lib/time';
import { buyRows, itemsOf } from '../../../shared/buyRows';
import type { RowItem } from '../../../shared/errorRow';
import { orderOf, readOutputOptions } from '../../../shared/pictures';
import { type AstriaAccess, type AstriaSession, openAstria } from '../../shared/session';
import { followedDriver, followTunes, planTunes, suspendForTunes } from './makeTunes';
import { endOf, packItem, packItems, type PackPrompt, packPrompts } from './packPictures';
import { readTrain } from './packRequest';

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
): Promise<INodeExecutionData[]> {
	const read = async (rows: readonly number[]) => {
		// An expression of the output that fails is found before anything is paid.
		readOutputOptions(context, rows[0] ?? 0);
		return await readTrain(context, rows);
	};
	const planned = planTunes(context, session, read, true);
	const { driver, callback, maxWaitMs, plan } = planned;
	if (callback) {
		const orderOfRow = (row: number) => ({
			...orderOf(readOutputOptions(context, row)),
			pictures: true,
		});
		const followed = followedPacks(context, session, session.timing);
		return await suspendForTunes(context, session, { ...planned, callback }, orderOfRow, followed);
	}
	const packs = new TrainedPacks(session.client);
	const prompts = packPrompts(context, session, maxWaitMs);
	const bought = await buyRows<TuneRequest, TuneJob, PackPrompt[]>(context, session, {
		...plan,
		finish: async (job, timing) => {
			const overdue = await driver.finish(job, timing).then(
				() => undefined,
				(error: unknown) =>
					error instanceof MaxWaitError ? error : Promise.reject(toTryOnError(error, 'wait')),
			);
			if (overdue) return [{ error: goesOn(overdue, job) }];
			const promptIds = await packs.promptIds(job, timing);
			return orNone(await prompts({ promptIds }, timing), job);
		},
		collect: async (row, job, ended) =>
			await packItems(context, session, row, ended, columnsOf(job)),
	});
	return itemsOf(context, session, bought);
}

/** Tunes that another run has trained with a pack, for the pictures of its prompts. */
function followedPacks(
	store: FileStore,
	api: AstriaAccess,
	timing: Timing,
): Followed<TuneJob, PackPrompt[], RowItem> {
	const tunes = new FollowedTunes(api.client);
	const packs = new TrainedPacks(api.client);
	return {
		driver: followedDriver(tunes),
		ended: async (jobs, askedIn) => {
			const over = await tunes.ended(jobs, askedIn);
			const trained = jobs.filter((job) => tunes.isTrained(job, askedIn));
			const making = new Set(trained.map(({ tuneId }) => String(tuneId)));
			const failed = over.filter((id) => !making.has(id));
			return [...failed, ...(await packs.ended(trained, askedIn))];
		},
		finish: async (job, readIn) => {
			await tunes.finish(job, readIn);
			const { prompts } = await packs.made(job, readIn);
			const ended = async (prompt: Prompt) =>
				await Promise.resolve(finishedPrompt(prompt) ?? prompt);
			const ends = prompts.map(async (prompt) => await endOf(prompt.id, ended(prompt)));
			return orNone(await Promise.all(ends), job);
		},
		collect: async (job, prompts, order) => {
			const stem = `astria-${job.tuneId}`;
			const run = columnsOf(job);
			return await packItem(store, { ...api, timing }, { order, prompts, stem, run });
		},
	};
}

/** Follows the tunes of a suspended execution, and the pictures of their packs where it wants them. */
export async function followPackTunes(
	context: IWebhookFunctions,
	purchases: readonly Kept[],
): Promise<Following<RowItem>> {
	if (!purchases.some(({ order }) => order.pictures === true)) {
		return await followTunes(context, purchases);
	}
	const followed = followedPacks(context, await openAstria(context), { clock: systemClock });
	return new Follower(followed, purchases);
}
