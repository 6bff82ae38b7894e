import type {
	IDataObject,
	IExecuteFunctions,
	INode,
	INodeExecutionData,
	IWebhookDescription,
	IWebhookFunctions,
	IWebhookResponseData,
} from 'n8n-workflow';

import { toTryOnError } from '../../lib/errors';
import { type Followed, Follower, type Kept } from '../../lib/jobs/follow';
import { Lookout, Refusals } from '../../lib/jobs/lookout';
import { isObject, objectOf, textOf } from '../../lib/json';
import { systemClock, type Timing, within } from '../../lib/time';
import type { Bought } from './buyRows';
import { errorRow, mayHaveDetails, type RowContext, type RowItem } from './errorRow';
import { type NodeWork, operationOf, type Session } from './operation';
import { type IdColumn, rowName, SHEET_ROW, withColumns } from './row';
import { answerCall } from './webhook';

/** What a run is to be suspended with. */
export interface Callback {
	/** That the service is to call when a job of this run has ended. */
	address: string;
	/** Milliseconds after which the run goes on all the same. */
	limitMs: number;
	/** Whether good rows keep the columns that they came with. */
	includesInput: boolean;
}

/** What a suspended run leaves behind for whoever goes on with it. */
interface KeptRun {
	/** Tells it from every other run that is suspended. */
	id: string;
	/** When n8n goes on by itself; milliseconds since the epoch. */
	until: number;
	/** Whether this version of n8n routes error rows that have details. */
	details: boolean;
	/** The columns that the rows came with. */
	inputs: IDataObject[];
	/** Whether good rows keep them. */
	includesInput: boolean;
	/** What was bought. */
	made?: IdColumn;
	purchases: Kept[];
}

const KEY = 'suspendedRun';

/**
 * What n8n's address of a suspended execution is followed by, so that a call for this node ends no
 * other node's wait: fal may call again, hours later, and the next node may wait for an approval.
 */
export const RESUME_PATH = 'try-on';

function isKeptRun(value: unknown): value is KeptRun {
	return (
		isObject(value) &&
		typeof value.id === 'string' &&
		typeof value.until === 'number' &&
		Array.isArray(value.inputs) &&
		Array.isArray(value.purchases)
	);
}

/** A text inside an expression; n8n would take braces for the expression's end. */
function quoted(text: string): string {
	return JSON.stringify(text).replace(/[{}]/g, (brace) => (brace === '{' ? '\\u007b' : '\\u007d'));
}

/**
 * What the node has kept with the execution. n8n hands it to nobody but `execute()`, and to
 * expressions.
 *
 * @param key a plain name
 */
export function nodeMemory(context: IWebhookFunctions, key: string): unknown {
	const name = quoted(context.getNode().name);
	return context.evaluateExpression(`{{ $node[${name}].context.${key} }}`);
}

/** Finds the run again; `undefined` when none is kept. */
function findKeptRun(context: IWebhookFunctions): KeptRun | undefined {
	const found = nodeMemory(context, KEY);
	const run: unknown = typeof found === 'string' ? JSON.parse(found) : undefined;
	return isKeptRun(run) ? run : undefined;
}

function rowContextOf(node: INode, { details, inputs }: KeptRun): RowContext {
	return {
		getNode: () => node,
		getInputData: () => inputs.map((json) => ({ json })),
		...(details && { isToolExecution: () => false }),
	};
}

/**
 * The output of a run whose jobs have ended: exactly one item for each item of the input, in their
 * order, since n8n pairs them so. Several rows of one purchase have the same, unless it is the only
 * one: then there is one item, which n8n pairs with the first of them.
 */
async function itemsOfRun(
	node: INode,
	service: string,
	run: KeptRun,
	follower: Pick<Follower<IDataObject, unknown, RowItem>, 'handOut'>,
	timing: Timing,
): Promise<INodeExecutionData[]> {
	const context = rowContextOf(node, run);
	const { inputs, includesInput, made, purchases } = run;
	const outcomes = await follower.handOut(timing, (row) => rowName(context, row));
	const items: INodeExecutionData[] = inputs.map(() => ({ json: {} }));
	const goodRow = (row: number, item: RowItem) =>
		includesInput ? withColumns(inputs[row] ?? {}, item) : item;
	for (const { row: first, ...end } of outcomes) {
		const { rows = [first] } = purchases.find(({ rows: [row] }) => row === first) ?? {};
		for (const row of rows) {
			items[row] =
				'error' in end
					? errorRow(context, service, row, end.error, made)
					: { ...goodRow(row, end.output), pairedItem: { item: row } };
		}
	}
	return outcomes.length === 1 ? items.slice(0, 1) : items;
}

/** What a row says that is waited for, and that ran out of time. */
const WAITING = 'waiting';

/** A purchase of a run that is about to be suspended. */
export interface Suspended<Job extends IDataObject> {
	job: Job & { callback?: string };
	/** What tells it, for Get. */
	ids: IDataObject;
	/** What is wanted of its output. */
	order: IDataObject;
}

/** Milliseconds between looks at jobs that call nobody here. */
const LOOK_EVERY_MS = 5_000;

/**
 * Waits in place for jobs that another execution has bought and this one has taken over, as the
 * editor's Retry does: they call that one. It ends with Stop, too.
 *
 * @returns the ids of those that have ended
 */
async function awaitForeign(
	follower: Pick<Follower<IDataObject, unknown, RowItem>, 'ended'>,
	ids: readonly string[],
	until: number,
	timing: Timing,
): Promise<string[]> {
	const { clock, signal } = timing;
	const refusals = new Refusals();
	const over = new Set<string>();
	let open = ids;
	while (open.length > 0 && clock.now() < until && signal?.aborted !== true) {
		const { ended, refused } = await follower.ended(open, timing);
		for (const id of [...ended, ...refusals.believed(refused, clock.now())]) over.add(id);
		open = open.filter((id) => !over.has(id));
		if (open.length > 0) await clock.sleep(LOOK_EVERY_MS, signal);
	}
	return [...over];
}

/** What a run is suspended with. */
interface Suspension<Job extends IDataObject, Result> {
	callback: Callback;
	followed: Followed<Job, Result, RowItem>;
	bought: readonly Bought[];
	/** By the first row of each purchase. */
	jobs: ReadonlyMap<number, Suspended<Job>>;
}

/**
 * Suspends an execution until its jobs have ended, unless they all have by now.
 *
 * n8n hands the input on as a success when the time is over, so each row's JSON is replaced by one
 * that says so. After Stop nothing is suspended: the jobs are given up, as those of a run that waits.
 *
 * @returns what stands for the output meanwhile; or the output, where there is nothing to wait for
 */
export async function suspend<Job extends IDataObject, Result>(
	context: IExecuteFunctions,
	{ service, timing, made }: Session,
	{ callback, followed, bought, jobs }: Suspension<Job, Result>,
): Promise<INodeExecutionData[]> {
	const input = context.getInputData();
	const until = timing.clock.now() + callback.limitMs;
	const run: KeptRun = {
		id: `${context.getExecutionId()}: ${until}`,
		until,
		details: mayHaveDetails(context),
		inputs: input.map(({ json }) => json),
		includesInput: callback.includesInput,
		made,
		purchases: bought.flatMap((ended) => keptOf(ended, jobs)),
	};
	const follower = new Follower(followed, run.purchases);
	const foreign = [...jobs.values()].filter(({ job }) => job.callback !== callback.address);
	const foreignIds = foreign.map(({ job }) => followed.driver.idOf(job));
	const over = await awaitForeign(follower, foreignIds, until, timing);
	// Whatever ended before n8n has stored the wait has called in vain.
	const allHaveEnded = async () => {
		const open = follower.ids.filter((id) => !over.includes(id));
		const { ended } = await follower.ended(open, timing);
		return open.every((id) => ended.includes(id));
	};
	if (timing.signal?.aborted === true || (await allHaveEnded())) {
		return await itemsOfRun(context.getNode(), service, run, follower, timing);
	}
	// As one text: n8n lets it be read through an expression, whose engine takes seconds for the objects
	// of a thousand rows, and has no memory for those of twenty thousand.
	Object.assign(context.getContext('node'), { [KEY]: JSON.stringify(run) });
	await context.putExecutionToWait(new Date(until));
	for (const { rows, ...end } of bought) {
		const { ids = {} } = jobs.get(rows[0] ?? 0) ?? {};
		for (const row of rows) {
			const item = input[row];
			if (!item) continue;
			const waiting = { json: { ...numberOf(item.json), ...ids, status: WAITING } };
			const ofGood = callback.includesInput ? withColumns(item.json, waiting) : waiting;
			item.json =
				'error' in end ? errorRow(context, service, row, end.error, made).json : ofGood.json;
		}
	}
	// Retry On Fail would run the node again for an error in the first item, and n8n then suspends the
	// execution whatever comes out of that.
	return input.map(({ json: { error, ...json } }, item) => ({
		json: error === undefined ? json : { ...json, status: 'failed', reason: error },
		pairedItem: { item },
	}));
}

/** Who finds a row of a sheet again does so by its number. */
function numberOf({ [SHEET_ROW]: number }: IDataObject = {}): IDataObject {
	return number === undefined ? {} : { [SHEET_ROW]: number };
}

function keptOf<Job extends IDataObject>(
	{ rows, ...end }: Bought,
	jobs: ReadonlyMap<number, Suspended<Job>>,
): Kept[] {
	if ('error' in end) {
		const { message, details } = end.error;
		return [{ rows: [...rows], order: {}, error: { message, details } }];
	}
	const suspended = jobs.get(rows[0] ?? 0);
	return suspended ? [{ rows: [...rows], order: suspended.order, job: suspended.job }] : [];
}

/**
 * How n8n takes the calls that a suspended execution waits for. What it answers by itself, once the
 * execution goes on, is empty: nobody but the service asks, and it has no use for the rows.
 */
export const RESUME_WEBHOOKS: IWebhookDescription[] = [
	{
		name: 'default',
		httpMethod: 'POST',
		responseMode: 'onReceived',
		responseData: '',
		path: RESUME_PATH,
		restartWebhook: true,
	},
];

/** What the editor says of a node that is suspended. */
export const WAITING_TOOLTIP =
	'Suspended until the service has called back for every row, or the time is over';

/**
 * Milliseconds within which a call is answered. Looking at the jobs may take longer, and fetching
 * their pictures does: then the caller is asked to call again, since whoever ends n8n meanwhile ends
 * that as well. fal calls again after anything but a 2xx (fal.ai docs, Webhooks).
 */
const ANSWER_MS = 400;

/** What it is answered then. */
const CALL_AGAIN = 503;

/** Milliseconds for the results and the pictures of all rows. */
const HAND_OUT_MS = 1_800_000;

/** The answer to a call that ends nothing: without `workflowData` the execution stays suspended. */
const STILL_WAITING: IWebhookResponseData = { webhookResponse: { status: 'waiting' } };

/** What this process knows of suspended runs. */
const LOOKOUT = new Lookout();

/** Finds out what an execution waits for. */
async function prepare<Opened extends Session>(
	context: IWebhookFunctions,
	{ open, resources }: NodeWork<Opened>,
): Promise<{ run: KeptRun; follower: Follower<IDataObject, unknown, RowItem> } | undefined> {
	const run = findKeptRun(context);
	const operation = operationOf(
		resources,
		context.getNodeParameter('resource'),
		context.getNodeParameter('operation'),
	);
	if (!run || !operation?.resume) return undefined;
	const followed = operation.resume(context, await open(context), run.purchases);
	return { run, follower: new Follower(followed, run.purchases) };
}

/** @returns the items, for the one call that shall go on with the execution */
async function lookAt<Opened extends Session>(
	context: IWebhookFunctions,
	work: NodeWork<Opened>,
): Promise<INodeExecutionData[] | undefined> {
	const execution = context.getExecutionId();
	const timing: Timing = { clock: systemClock };
	const prepared = await prepare(context, work).catch((error: unknown) => {
		LOOKOUT.depart(execution);
		throw error;
	});
	if (!prepared) {
		LOOKOUT.depart(execution);
		return undefined;
	}
	const { run, follower } = prepared;
	const finding = await LOOKOUT.knock(execution, run.id, {
		ids: follower.ids,
		settlesMs: follower.settlesMs,
		ended: async (ids) => await follower.ended(ids, timing),
		timing,
	});
	if (finding !== 'ended') return undefined;
	let handedOut = false;
	try {
		const items = await within(systemClock, HAND_OUT_MS, async (signal) =>
			itemsOfRun(context.getNode(), work.service, run, follower, { clock: systemClock, signal }),
		);
		// n8n has gone on by itself: the next wait of this execution is not for these jobs.
		handedOut = systemClock.now() < run.until;
		return handedOut ? items : undefined;
	} finally {
		LOOKOUT.leave(execution, timing, handedOut);
	}
}

/**
 * Takes a call of a service. What it says is not believed: whatever comes is a reason to ask the
 * service itself, and what comes out is read there. It never throws: n8n would go on with the
 * execution, with nothing in it.
 */
export async function takeCall<Opened extends Session>(
	context: IWebhookFunctions,
	work: NodeWork<Opened>,
): Promise<IWebhookResponseData> {
	const { idKey } = work;
	const about = idKey === undefined ? undefined : textOf(objectOf(context.getBodyData())[idKey]);
	const execution = context.getExecutionId();
	// Of many calls at once, nearly all end here.
	if (LOOKOUT.joins(execution, about)) {
		if (about === undefined || !LOOKOUT.isInTrouble(execution)) return STILL_WAITING;
		answerCall(context, CALL_AGAIN, { status: 'busy' });
		return { noWebhookResponse: true };
	}
	const looking = lookAt(context, work).then(
		(items) => ({ items }),
		(error: unknown) => {
			context.logger.warn(`A callback led to nothing: ${toTryOnError(error, 'wait').message}`);
			return { failed: true, items: undefined };
		},
	);
	const done = new AbortController();
	const found = await Promise.race([
		looking,
		systemClock.sleep(ANSWER_MS, done.signal).then(() => undefined),
	]);
	done.abort();
	if (found && !('failed' in found)) {
		return found.items ? { workflowData: [found.items] } : STILL_WAITING;
	}
	answerCall(context, CALL_AGAIN, { status: 'busy' });
	const { items } = await looking;
	return { noWebhookResponse: true, ...(items && { workflowData: [items] }) };
}
