import type { IExecuteFunctions, INodeExecutionData, IWebhookFunctions } from 'n8n-workflow';

import { TEMPORARY_KEY, TemporaryTunes } from '../../../../lib/astria/tryOn/temporary';
import type { TryOnError } from '../../../../lib/errors';
import { type Outcome, RowFailure } from '../../../../lib/jobs/outcome';
import { isObject, numberOf } from '../../../../lib/json';
import type { Timing } from '../../../../lib/time';
import { type Bought, itemsOf } from '../../../shared/buyRows';
import type { RowItem } from '../../../shared/errorRow';
import { identityOf, isTool } from '../../../shared/row';
import { nodeMemory } from '../../../shared/suspend';
import type { AstriaSession } from '../../shared/session';

/** How often n8n tries a node: 3 times unless the node says otherwise, and from 2 to 5 times. */
const TRIES = { usual: 3, fewest: 2, most: 5 };

/** The temporary tunes of this run of the node. */
export function openTemporary(
	context: IExecuteFunctions,
	{ client }: AstriaSession,
): TemporaryTunes {
	return new TemporaryTunes(client, context.getContext('node'), identityOf(context));
}

/**
 * Those of a suspended run of the node, for whoever goes on with it: the option itself may be an
 * expression about rows that are not at hand then.
 *
 * @returns `undefined` where its tunes are to stay
 */
export function reopenTemporary(
	context: IWebhookFunctions,
	{ client }: AstriaSession,
): TemporaryTunes | undefined {
	const notes = nodeMemory(context, TEMPORARY_KEY);
	if (!isObject(notes)) return undefined;
	const identity = { execution: context.getExecutionId(), run: numberOf(notes.run) ?? 0 };
	return new TemporaryTunes(client, { [TEMPORARY_KEY]: notes }, identity);
}

/** Whether n8n runs the node once more, for the rows that have failed. */
function comesAgain(context: IExecuteFunctions, { tries }: TemporaryTunes): boolean {
	const { retryOnFail, maxTries } = context.getNode();
	if (retryOnFail !== true || isTool(context)) return false;
	return tries < Math.min(Math.max(maxTries || TRIES.usual, TRIES.fewest), TRIES.most);
}

/** Says in a row's error which of its tunes are still there. */
function tell(error: TryOnError, ids: readonly number[]): void {
	if (ids.length === 0) return;
	error.message += ` Temporary tune ${ids.join(', ')} was not deleted.`;
	error
		.advise('Delete temporary tunes when they are needed no more.')
		.add({ tunesNotDeleted: ids.map(String) });
}

function tunesOf({ details }: TryOnError, temporary: TemporaryTunes): number[] {
	const { tuneIds, promptTuneIds, requestId } = details;
	const named = [tuneIds, promptTuneIds].flatMap((ids) => (Array.isArray(ids) ? ids : []));
	return [...named.map(Number), ...temporary.heldBy(numberOf(requestId) ?? 0)];
}

/** The failure that ended a run, which tells of tunes that are still there. */
async function afterFailure(
	temporary: TemporaryTunes,
	timing: Timing,
	failure: unknown,
): Promise<unknown> {
	const left = await temporary.deleteUnneeded(timing);
	if (failure instanceof RowFailure) tell(failure.error, [...left]);
	return failure;
}

/** The columns of an item about its temporary tunes. */
function withColumns<Item extends RowItem>(item: Item, left: ReadonlySet<number>): Item {
	const { tuneIds } = item.json;
	const ids: unknown[] = Array.isArray(tuneIds) ? tuneIds : [];
	const tunesNotDeleted = ids.map(Number).filter((id) => left.has(id));
	const json = {
		...item.json,
		tunesDeleted: tunesNotDeleted.length === 0,
		...(tunesNotDeleted.length > 0 && { tunesNotDeleted }),
	};
	return { ...item, json };
}

/** Says in a row's error which of its tunes are still there. */
function tellOwn(error: TryOnError, temporary: TemporaryTunes, left: ReadonlySet<number>): void {
	const own = new Set(tunesOf(error, temporary).filter((id) => left.has(id)));
	tell(error, [...own]);
}

/**
 * Buys rows; where a failed row ends the run, the temporary tunes that no prompt can need any more
 * are deleted, unless n8n is to try again.
 *
 * @throws what `buy` throws
 */
export async function orDelete<T>(
	context: IExecuteFunctions,
	{ timing }: AstriaSession,
	temporary: TemporaryTunes,
	buy: () => Promise<T>,
): Promise<T> {
	const mayComeAgain = comesAgain(context, temporary) && !timing.signal?.aborted;
	try {
		return await buy();
	} catch (error) {
		throw mayComeAgain ? error : await afterFailure(temporary, timing, error);
	}
}

/**
 * Buys rows, then deletes the temporary tunes that no prompt can need any more, also when the run
 * was stopped or a row has ended it. They stay while n8n is to try the failed rows again.
 *
 * @returns the items of the rows, with columns that tell which of their tunes are still there
 * @throws what `buy` throws
 */
export async function thenDelete(
	context: IExecuteFunctions,
	session: AstriaSession,
	temporary: TemporaryTunes,
	buy: () => Promise<Bought[]>,
): Promise<INodeExecutionData[]> {
	const { timing } = session;
	const mayComeAgain = comesAgain(context, temporary) && !timing.signal?.aborted;
	const bought = await orDelete(context, session, temporary, buy);
	const [first] = bought;
	if (mayComeAgain && first && 'error' in first) return itemsOf(context, session, bought);
	const left = await temporary.deleteUnneeded(timing);
	for (const ended of bought) if ('error' in ended) tellOwn(ended.error, temporary, left);
	return itemsOf(context, session, bought).map((item) =>
		'error' in item.json ? item : withColumns(item, left),
	);
}

/** The same for rows that were waited for by callback, when they are handed out. */
export async function settleTemporary(
	temporary: TemporaryTunes,
	timing: Timing,
	outcomes: ReadonlyArray<Outcome<RowItem>>,
): Promise<void> {
	const left = await temporary.deleteUnneeded(timing);
	for (const outcome of outcomes) {
		if ('error' in outcome) tellOwn(outcome.error, temporary, left);
		else outcome.output = withColumns(outcome.output, left);
	}
}
