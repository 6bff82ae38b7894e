import type { IDataObject, IExecuteFunctions, INodeExecutionData } from 'n8n-workflow';
import pLimit from 'p-limit';

import {
	PACK_RUN_FIELDS,
	PACK_RUN_OPTIONS,
	TUNE_FIELDS,
	TUNE_RUN_OPTIONS,
} from '../../../../lib/astria/fields/tune';
import {
	followTunes,
	TuneDriver,
	type TuneJob,
	TuneWatch,
} from '../../../../lib/astria/tunes/driver';
import { findThere, traitsOf } from '../../../../lib/astria/tunes/find';
import type { TuneRequest } from '../../../../lib/astria/tunes/request';
import type { Tune } from '../../../../lib/astria/tunes/tune';
import type { AskedRow } from '../../../../lib/jobs/driver';
import type { Followed } from '../../../../lib/jobs/follow';
import { oncePer, SECOND_MS } from '../../../../lib/time';
import { buyAndWait } from '../../../shared/buyRows';
import type { RowItem } from '../../../shared/errorRow';
import { readRunOptions } from '../../../shared/row';
import { type Wait, waitProperties } from '../../../shared/wait';
import { isSimple } from '../../shared/output';
import { type AstriaSession, checkOwnCallback } from '../../shared/session';
import { groupsOfRun, mixedTitles } from './groups';
import { columnsOfTune } from './output';

/** Seconds that a training is waited for by callback at most, unless set otherwise: six hours. */
const TRAINING_S = 21_600;

/** The parameters about waiting for trainings. */
export const tuneWaitProperties = waitProperties({
	service: 'Astria',
	things: 'the training',
	time: 'minutes to hours',
	mayNotWait: true,
	later: 'Wait Until Trained waits for the training later',
	limit: TRAINING_S,
});

/** What can be asked of a run of tunes. */
type RunOptions = typeof TUNE_RUN_OPTIONS | typeof PACK_RUN_OPTIONS;

/** Reads what a tune is made of, from its rows. @throws InputError */
type TuneReader = (context: IExecuteFunctions, rows: readonly number[]) => Promise<TuneRequest>;

/** How many tunes are looked for at once. */
const LOOKS_AT_ONCE = 4;

/**
 * The rows for which a tune is taken that is there, or that another row of the run makes.
 *
 * @throws AstriaAnswerError, ConnectionError, StoppedError
 */
async function reusing(
	{ client, timing }: AstriaSession,
	asked: ReadonlyArray<AskedRow<TuneRequest>>,
): Promise<number[]> {
	const limit = pLimit(LOOKS_AT_ONCE);
	const byTraits = new Map<string, Array<AskedRow<TuneRequest>>>();
	for (const tune of asked.filter(({ request }) => request.orReuse)) {
		const key = JSON.stringify(traitsOf(tune.request));
		byTraits.set(key, [...(byTraits.get(key) ?? []), tune]);
	}
	const looks = [...byTraits.values()].map(async ([first, ...others]) => {
		if (!first) return [];
		const there = await limit(async () => await findThere(client, timing, first.request));
		return (there ? [first, ...others] : others).map(({ row }) => row);
	});
	return (await Promise.all(looks)).flat();
}

/**
 * Reads how the tunes of a run are to be made, and nothing that costs.
 *
 * @param read reads what comes out of a tune, too
 * @param options of the panel
 * @param callsAfterPrompts whether a suspended run goes on only after the prompts of a pack
 */
export function tunePlan(
	context: IExecuteFunctions,
	session: AstriaSession,
	{ mode, callback }: Wait,
	read: TuneReader,
	options: RunOptions,
	callsAfterPrompts = false,
) {
	const { client, timing } = session;
	const limits = readRunOptions(context, options);
	const driver = new TuneDriver({
		client,
		watch: new TuneWatch(client, timing.clock),
		callback: callback?.address,
		callsAfterPrompts,
		...(mode === 'node' && { maxWaitMs: limits.maxWait * SECOND_MS }),
	});
	const prepare = async (rows: readonly number[]) => {
		const request = await read(context, rows);
		const { callback: own, prompts_callback: ofPrompts } = request.fields;
		const isSuspended = callback !== undefined;
		const { label } = PACK_RUN_FIELDS.prompts_callback;
		checkOwnCallback(session, TUNE_FIELDS.callback.label, own, isSuspended);
		checkOwnCallback(session, label, ofPrompts, isSuspended && callsAfterPrompts);
		return request;
	};
	const approve = async (asked: ReadonlyArray<AskedRow<TuneRequest>>) => {
		const [mixed] = (await mixedTitles(context, session, asked)).values();
		if (mixed) throw mixed;
	};
	const freeOf = async (asked: ReadonlyArray<AskedRow<TuneRequest>>) =>
		await reusing(session, asked);
	const { maxJobs: countLimit } = options;
	return { driver, limits, countLimit, groups: groupsOfRun(context), prepare, approve, freeOf };
}

/**
 * Makes a tune of each group of rows and, where that is wanted, waits for its training.
 *
 * @throws RowFailure when one fails and n8n is to stop
 */
export async function makeTunes(
	context: IExecuteFunctions,
	session: AstriaSession,
	wait: Wait,
	read: TuneReader,
	options: RunOptions = TUNE_RUN_OPTIONS,
): Promise<INodeExecutionData[]> {
	// What is read before a row is paid for is not asked for again: an expression may say otherwise.
	const simpleOf = oncePer((row: number) => isSimple(context, row));
	const readAll: TuneReader = async (_context, rows) => {
		simpleOf(rows[0] ?? 0);
		return await read(context, rows);
	};
	const plan = tunePlan(context, session, wait, readAll, options);
	return await buyAndWait(context, session, wait, {
		...plan,
		finish: async (job, timing) => await plan.driver.finish(job, timing),
		collect: async (row, job, tune) => [tuneItem(session, job, tune, simpleOf(row))],
		suspended: {
			idsOf: ({ tuneId }) => ({ tuneId }),
			orderOf: (row) => ({ simplify: simpleOf(row) }),
			followed: () => followedTunes(session),
		},
	});
}

function tuneItem(session: AstriaSession, job: TuneJob, tune: Tune, simple: boolean): RowItem {
	const columns = columnsOfTune(session, tune, simple);
	const { reused, recovered } = job;
	return { json: { ...columns, reused, ...(recovered && { recovered }), ...promptsWarning(job) } };
}

/** Who filled prompts in waits for their pictures. */
function promptsWarning({ tuneId, withoutPrompts }: TuneJob): IDataObject {
	if (!withoutPrompts) return {};
	return {
		warning: `Tune ${tuneId} was there already, so that its prompts were not made: they come with a new tune only. Astria Prompt makes them.`,
	};
}

/** Tunes that somebody else has bought. */
export function followedTunes(session: AstriaSession): Followed<TuneJob, Tune, RowItem> {
	return {
		...followTunes(session.client),
		collect: async (job, tune, { simplify }) => tuneItem(session, job, tune, simplify !== false),
	};
}
