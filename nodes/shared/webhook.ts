import type {
	IHookFunctions,
	IWebhookDescription,
	IWebhookFunctions,
	IWebhookResponseData,
	TriggerPanelDefinition,
} from 'n8n-workflow';
import pLimit from 'p-limit';

import { obstacleTo } from '../../lib/url';
import { joined, ofFreeCall, toTryOnError, wholeMessage } from '../../lib/errors';
import { type Bell, once, type Settle } from '../../lib/jobs/knocks';
import { isObject } from '../../lib/json';
import { systemClock } from '../../lib/time';
import type { RowItem } from './errorRow';

/** HTTP statuses that a service is answered with; all but those of 2xx make fal call again. */
const UNAUTHORIZED = 401;
const METHOD_NOT_ALLOWED = 405;
const BAD_REQUEST = 400;
const UNAVAILABLE = 503;

/** What to do about a job that has not started the workflow, and may never do so by itself. */
export const FETCH = 'Fetch it with Get by its id.';

const JOBS_AT_ONCE = 5;

/**
 * The calls that a trigger takes: those of its service, and that of a browser, which shows a sample
 * while a person listens in the editor.
 */
export const TRIGGER_WEBHOOKS: IWebhookDescription[] = [
	{ name: 'default', httpMethod: 'POST', responseMode: 'onReceived', path: 'webhook' },
	{
		name: 'setup',
		httpMethod: 'GET',
		responseMode: 'onReceived',
		path: 'webhook',
		ndvHideUrl: true,
	},
];

/** What the editor says while nothing has come yet; n8n's own words while it listens cannot be changed. */
export const TRIGGER_PANEL: TriggerPanelDefinition = {
	header: 'Execute this step, then open the Test URL in a browser: a sample comes in',
};

/**
 * What a trigger registers of whose address the service learns with each order: nothing. An address
 * that the service cannot get to is told in n8n's log, and not refused: whoever has a tunnel may hand
 * out another one.
 *
 * @param serviceOf the service's own address
 */
export function nothingToRegister(serviceOf: (context: IHookFunctions) => Promise<string>) {
	return {
		async checkExists(this: IHookFunctions): Promise<boolean> {
			if (this.getActivationMode() === 'manual') return true;
			const address = this.getNodeWebhookUrl('default') ?? '';
			const obstacle = obstacleTo(address, await serviceOf(this));
			if (obstacle) {
				this.logger.warn(
					`The address of '${this.getNode().name}', ${address}, ${obstacle.problem}. Set the environment variable WEBHOOK_URL of n8n to its public https:// address.`,
				);
			}
			return true;
		},
		create: async () => true,
		delete: async () => true,
	};
}

function answer(context: IWebhookFunctions, status: number, message: string): IWebhookResponseData {
	answerCall(context, status, { message });
	return { noWebhookResponse: true };
}

/** The call is not to be trusted; the workflow does not start. */
export function refuse(context: IWebhookFunctions, why: string): IWebhookResponseData {
	context.logger.warn(`A call was refused: ${why}`);
	return answer(context, UNAUTHORIZED, `This call was refused. ${why}`);
}

/** The body of a call as it came; `undefined` where n8n has taken it apart, as it does with forms. */
export function rawBodyOf(context: IWebhookFunctions): Buffer | undefined {
	const request: unknown = context.getRequestObject();
	return isObject(request) && Buffer.isBuffer(request.rawBody) ? request.rawBody : undefined;
}

/** Makes what the workflow starts with because of one job; nothing when nobody wants it. */
type Reader = (id: string) => Promise<RowItem[]>;

/** What else is done about the jobs of a call. */
interface Calling {
	/** Whether the service may not call again, whatever it is answered. */
	callsOnce: boolean;
	/** Hears whether a job that was read has started the workflow; not of one that makes no items. */
	settle?(id: string, hasStarted: boolean): void;
}

function bellOf(context: IWebhookFunctions): Bell {
	const name = `${String(context.getWorkflow().id)}/${context.getNode().id}`;
	return { name, saved: context.getWorkflowStaticData('node'), clock: systemClock };
}

/** The error of a call about what the account does not have. */
export class RefusedCall extends Error {}

/** @param cure what to do, a full sentence */
function tellInLog(context: IWebhookFunctions, what: string, thrown: unknown, cure?: string): void {
	const message = joined(wholeMessage(toTryOnError(thrown, 'result')), cure);
	context.logger.error(`A call about ${what} has not started the workflow: ${message}`);
}

/**
 * What goes wrong with a call is no answer about its job: the service is to call again.
 *
 * @param cure what to do if it does not
 */
export function comeAgain(
	context: IWebhookFunctions,
	what: string,
	thrown: unknown,
	cure?: string,
): IWebhookResponseData {
	tellInLog(context, what, thrown, cure);
	return answer(context, UNAVAILABLE, 'Try again later.');
}

/** The error of a call about what another call works on, which starts the workflow or says why not. */
class BusyCall extends Error {}

/** What may be done about one of the jobs of a call: nothing where it is not to be trusted, or busy. */
function cureOf(thrown: unknown): string | undefined {
	return thrown instanceof RefusedCall || thrown instanceof BusyCall ? undefined : FETCH;
}

/** The part of Node's answer that says how it was sent. */
interface SentAnswer {
	statusCode: number;
	once(event: 'finish' | 'close', listener: () => void): unknown;
}

function isSentAnswer(value: unknown): value is SentAnswer {
	return (
		isObject(value) && typeof value.once === 'function' && typeof value.statusCode === 'number'
	);
}

/**
 * Tells, once n8n has answered the call, whether it has started the workflow: where it could not
 * store the execution it answers with an error. n8n 1.x answers before it stores, so that nothing is
 * known there. A caller that does not wait for the answer keeps n8n from nothing.
 *
 * @returns whether it will be told
 */
function whenAnswered(context: IWebhookFunctions, settle: Settle): boolean {
	const answer: unknown = context.getResponseObject();
	if (!isSentAnswer(answer)) return false;
	let isSettled = false;
	const settleOnce = (hasStarted: boolean) => {
		if (!isSettled) settle(hasStarted);
		isSettled = true;
	};
	answer.once('finish', () => settleOnce(answer.statusCode < BAD_REQUEST));
	answer.once('close', () => settleOnce(true));
	return true;
}

/**
 * Starts the workflow with what a call is about, once for each job. n8n answers 200 when the
 * execution is there; until then the service is told to call again, so that no failure on the way
 * loses a job. Nothing is thrown: n8n would start the workflow with an empty item.
 *
 * @param ids of the jobs that the call is about
 * @param read makes the items of one; what it throws leaves the job to a later call and is told in
 * n8n's log, and RefusedCall to the caller
 */
export async function startOnce(
	context: IWebhookFunctions,
	ids: readonly string[],
	read: Reader,
	{ callsOnce, settle: settleMore }: Calling,
): Promise<IWebhookResponseData> {
	const limit = pLimit(JOBS_AT_ONCE);
	const handOver = (id: string) => (made: RowItem[], settle: Settle) => {
		const settleAll = (hasStarted: boolean) => {
			settle(hasStarted);
			settleMore?.(id, hasStarted);
		};
		if (made.length === 0) return false;
		if (!whenAnswered(context, settleAll)) settleAll(true);
		return true;
	};
	const tellOne = async (id: string): Promise<RowItem[]> => {
		// The editor listens for one call, which may come again.
		if (context.getMode() === 'manual') return await read(id);
		const knock = await once(bellOf(context), id, async () => await read(id), handOver(id));
		if (knock === 'open') throw new BusyCall('another call works on it.');
		return knock === 'done' ? [] : knock.made;
	};
	const told = await Promise.allSettled(ids.map(async (id) => await limit(tellOne, id)));
	const items = told.flatMap((one) => (one.status === 'fulfilled' ? one.value : []));
	const failed = told.flatMap(
		(one, index): Array<{ id: string; thrown: unknown }> =>
			one.status === 'rejected' ? [{ id: ids[index] ?? '', thrown: one.reason }] : [],
	);
	const [first, ...others] = failed;
	// Once the workflow starts the service does not call again, and Astria calls only once.
	for (const { id, thrown } of items.length > 0 ? failed : others) {
		tellInLog(context, id, thrown, cureOf(thrown));
	}
	if (items.length > 0) return { workflowData: [items] };
	if (!first) return { webhookResponse: { message: 'There is nothing new about it.' } };
	const { id, thrown } = first;
	return thrown instanceof RefusedCall
		? refuse(context, thrown.message)
		: comeAgain(context, id, thrown, callsOnce ? cureOf(thrown) : undefined);
}

/** Whether a call is that of a browser. */
export function isBrowser(context: IWebhookFunctions): boolean {
	return context.getWebhookName() === 'setup';
}

/**
 * Starts the editor's test with what the workflow would start with. Where nobody listens in the
 * editor, a browser gets nothing.
 *
 * @param read makes the items; what it throws is told to the browser
 */
export async function showSample(
	context: IWebhookFunctions,
	read: () => Promise<RowItem[]>,
): Promise<IWebhookResponseData> {
	if (context.getMode() !== 'manual') {
		return answer(context, METHOD_NOT_ALLOWED, 'Only the service calls this address.');
	}
	try {
		return { workflowData: [await read()] };
	} catch (thrown) {
		const message = wholeMessage(ofFreeCall(toTryOnError(thrown, 'result')));
		return answer(context, UNAVAILABLE, message);
	}
}

/** The part of Express's answer that is used here; n8n's types do not come with Express's. */
interface Answer {
	status(code: number): { json(body: object): unknown };
}

function isAnswer(value: unknown): value is Answer {
	return isObject(value) && typeof value.status === 'function';
}

/**
 * Answers a call of a webhook in place of n8n, whose own answer is always 200; `noWebhookResponse`
 * then keeps n8n from answering again.
 *
 * @param status of HTTP
 */
export function answerCall(context: IWebhookFunctions, status: number, body: object): void {
	const answer: unknown = context.getResponseObject();
	if (isAnswer(answer)) answer.status(status).json(body);
}
