import type {
	IDataObject,
	IExecuteFunctions,
	INodeExecutionData,
	INodeProperties,
} from 'n8n-workflow';

import { timeOf } from '../../../../lib/astria/api/entity';
import { PACK_RUN_OPTIONS } from '../../../../lib/astria/fields/tune';
import { type PackRunJob, QUIET_MS } from '../../../../lib/astria/packs/run';
import { TrainedPacks } from '../../../../lib/astria/packs/trained';
import { PromptDriver } from '../../../../lib/astria/prompts/driver';
import {
	finishedPrompt,
	type Prompt,
	type PromptStatus,
} from '../../../../lib/astria/prompts/prompt';
import { followTunes, type TuneJob } from '../../../../lib/astria/tunes/driver';
import { stateOf } from '../../../../lib/astria/tunes/tune';
import {
	JobFailedError,
	MaxWaitError,
	ServiceError,
	StoppedError,
	toTryOnError,
	type TryOnError,
	wholeMessage,
} from '../../../../lib/errors';
import { readField } from '../../../../lib/fields/values';
import type { Followed, Kept } from '../../../../lib/jobs/follow';
import type { FileStore } from '../../../../lib/media/download';
import { SECOND_MS, type Timing } from '../../../../lib/time';
import { buyAndWait } from '../../../shared/buyRows';
import type { RowItem } from '../../../shared/errorRow';
import { type Column, type Columns, shownWhen } from '../../../shared/operation';
import {
	itemsOfPictures,
	orderedOutput,
	orderOf,
	outputProperties,
	PICTURE_COLUMNS,
	readOutputOptions,
} from '../../../shared/pictures';
import { type Wait, waitedOutputProperties } from '../../../shared/wait';
import { itemsOfPrompt, madeColumns, simplifyProperty } from '../../shared/output';
import type { AstriaSession } from '../../shared/session';
import { followedTunes, tunePlan } from './makeTunes';
import { readTrain } from './packRequest';

/** Whether the node waits for the pictures of a run. */
const WAIT = 'waitForPictures';

function waitProperty(without: string): INodeProperties {
	return {
		displayName: 'Wait for Pictures',
		name: WAIT,
		type: 'boolean',
		default: false,
		description: `Whether to wait for the prompts of the pack and hand out their pictures. Without it ${without}.`,
	};
}

/** The parameters about waiting for pictures, and about what comes out then, on tunes that exist. */
export const pictureProperties: INodeProperties[] = [
	waitProperty('the node hands back the IDs at once'),
	...shownWhen({ [WAIT]: [true] }, outputProperties),
];

/**
 * The same on a new tune: whoever waits for its training may wait for its pictures, too. What says how
 * a tune comes out is there where one does.
 */
export const newTunePictureProperties: INodeProperties[] = [
	...shownWhen({ wait: ['node', 'callback'] }, [
		waitProperty(
			'the tune comes out as soon as it is trained, and its pictures are made after that',
		),
		...shownWhen({ [WAIT]: [false] }, [simplifyProperty]),
	]),
	...shownWhen({ wait: ['none'] }, [simplifyProperty]),
	...shownWhen({ [WAIT]: [true] }, waitedOutputProperties),
];

/** Whether the rows of this run wait for pictures. */
export function waitsForPictures(context: IExecuteFunctions): boolean {
	const field = { type: 'boolean', label: 'Wait for Pictures', help: '', default: false } as const;
	return readField(field, context.getNodeParameter(WAIT, 0, '')) === true;
}

/** How a prompt of a run has ended; without an id, why there is none. */
export type PackPrompt = { id?: number } & ({ prompt: Prompt } | { error: TryOnError });

/**
 * How a prompt has ended, a failed one too.
 *
 * @throws StoppedError
 */
export async function endOf(id: number, end: Promise<Prompt>): Promise<PackPrompt> {
	return await end.then(
		(prompt) => ({ id, prompt }),
		(error: unknown) =>
			error instanceof StoppedError
				? Promise.reject(error)
				: { id, error: toTryOnError(error, 'wait') },
	);
}

/**
 * Waits for all prompts of a run, with the calls of one. A prompt that fails, or takes too long, takes
 * nothing from the others.
 *
 * @param maxWaitMs milliseconds
 * @throws StoppedError
 */
export function packPrompts(
	context: IExecuteFunctions,
	{ client, timing: { clock } }: AstriaSession,
	maxWaitMs: number,
) {
	const driver = new PromptDriver({ client, clock, logger: context.logger, maxWaitMs });
	return async (
		{ promptIds }: Pick<PackRunJob, 'promptIds'>,
		timing: Timing,
	): Promise<PackPrompt[]> => {
		const submittedAt = clock.now();
		const ends = promptIds.map(async (promptId) => {
			const unknown = { tuneId: null, workspaceId: null, seed: null };
			const job = { ...unknown, promptId, submittedAt, recovered: false };
			return await endOf(promptId, driver.finish(job, timing));
		});
		return await Promise.all(ends);
	};
}

/** Said of a run that Astria has taken, and whose prompts it does not tell. */
const NOT_FOUND =
	"Astria has taken the run, but its answer did not name the prompts, and they could not be told among your newest. Look for them with Astria Prompt's Get Many.";

/** Only Astria's own word about a prompt ends it: whatever else went wrong, it may go on. */
function statusAfter(error: TryOnError): PromptStatus | 'UNKNOWN' {
	if (error instanceof JobFailedError) return 'FAILED';
	return error instanceof MaxWaitError ? 'IN_PROGRESS' : 'UNKNOWN';
}

/** The pictures of a run, and a row for each prompt that has none, or for a run without any. */
export async function packItems(
	context: IExecuteFunctions,
	session: AstriaSession,
	row: number,
	prompts: readonly PackPrompt[],
	run: IDataObject,
): Promise<RowItem[]> {
	if (prompts.length === 0)
		return [{ json: { status: 'UNKNOWN', promptError: NOT_FOUND, ...run } }];
	const items = prompts.map(async ({ id, ...ended }): Promise<RowItem[]> => {
		if ('prompt' in ended)
			return await itemsOfPrompt(
				context,
				session,
				readOutputOptions(context, row),
				ended.prompt,
				run,
			);
		const promptError = wholeMessage(ended.error);
		const status = statusAfter(ended.error);
		return [{ json: { ...(id !== undefined && { promptId: id }), status, promptError, ...run } }];
	});
	return (await Promise.all(items)).flat();
}

/** What a suspended run has made of a row, and what is wanted of it. */
interface PackOrder {
	/** As `orderOf` has kept it. */
	order: IDataObject;
	prompts: readonly PackPrompt[];
	/** Begins the names of the files. */
	stem: string;
	/** What tells the run. */
	run: IDataObject;
}

/** The same in one item, for a suspended run. */
async function packItem(
	store: FileStore,
	session: Pick<AstriaSession, 'door' | 'timing'>,
	{ order, prompts, stem, run }: PackOrder,
): Promise<RowItem> {
	const made = prompts.flatMap((ended) => ('prompt' in ended ? ended.prompt : []));
	const failed = prompts.flatMap((ended) => ('error' in ended ? ended : []));
	const [first] = failed;
	const status = made.length === 0 && first ? statusAfter(first.error) : 'COMPLETED';
	const promptError = failed.map(({ id, error }) =>
		id === undefined ? wholeMessage(error) : `Prompt ${id}: ${wholeMessage(error)}`,
	);
	const [item = { json: {} }] = await itemsOfPictures(store, session, orderedOutput(order), {
		pictures: made.flatMap(({ outputs }) => outputs),
		stem,
		common: {
			status,
			promptIds: prompts.flatMap(({ id }) => id ?? []),
			...(failed.length > 0 && { promptError: promptError.join(' ') }),
			...run,
		},
	});
	return item;
}

const PROMPT_ERROR: Column = {
	meaning:
		'Why a prompt has no pictures, or none yet: Get of Astria Prompt fetches them later. Or that the prompts of the run were not found, or that its tune is still in training; then there is no `promptId`',
	optional: true,
};

/** Of a picture of a run; a prompt without any has its id, its status and why. */
export const packPictureColumns = (run: Columns): Columns => ({
	...madeColumns(),
	promptError: PROMPT_ERROR,
	...run,
});

/** The same in one item. */
export const packItemColumns = (run: Columns): Columns => ({
	...Object.fromEntries(Object.entries(PICTURE_COLUMNS).filter(([name]) => name !== 'imageIndex')),
	imageUrls: { meaning: 'Addresses of all pictures; the columns above are those of the first' },
	status: { meaning: '`COMPLETED`, or `FAILED` where no prompt has made anything' },
	promptIds: { meaning: 'Ids of the prompts' },
	promptError: { meaning: 'Which prompts have no pictures, and why', optional: true },
	...run,
});

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
			const failed = over.ended.filter((id) => !making.has(id));
			const trainedAt = ({ tuneId }: TuneJob) => timeOf(seen.get(tuneId)?.trained_at) ?? 0;
			const made = await packs.ended(trained, askedIn, trainedAt);
			return {
				ended: [...failed, ...made.ended],
				refused: [...over.refused, ...made.refused],
				failed: over.failed || made.failed,
			};
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
