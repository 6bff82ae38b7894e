import type {
	IDataObject,
	INodeExecutionData,
	IWebhookDescription,
	IWebhookFunctions,
	IWebhookResponseData,
} from 'n8n-workflow';

import { toTryOnError } from '../../lib/errors';
import { Follower } from '../../lib/jobs/follow';
import { Lookout } from '../../lib/jobs/lookout';
import { objectOf, textOf } from '../../lib/json';
import { systemClock, type Timing, within } from '../../lib/time';
import type { RowItem } from './errorRow';
import { type NodeWork, operationOf, type Session } from './operation';
import { findKeptRun, itemsOfRun, type KeptRun } from './suspend';
import { answerCall } from './webhook';

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
		path: '',
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
	// Of many calls at once, nearly all end here.
	if (LOOKOUT.joins(context.getExecutionId(), about)) return STILL_WAITING;
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
