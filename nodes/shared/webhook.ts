import pLimit from 'p-limit';
import type { IWebhookFunctions, IWebhookResponseData } from 'n8n-workflow';

import { toTryOnError, wholeMessage } from '../../lib/errors';
import { type Bell, once } from '../../lib/jobs/knocks';
import { isObject } from '../../lib/json';
import { systemClock } from '../../lib/time';
import type { RowItem } from './errorRow';

/** HTTP statuses that a service is answered with; all but those of 2xx make fal call again. */
const UNAUTHORIZED = 401;
const UNAVAILABLE = 503;

/** How many jobs of one call are read at once. */
const JOBS_AT_ONCE = 5;

/** What a trigger registers of whose address the service learns with each order: nothing. */
export const NOTHING_TO_REGISTER = {
	checkExists: async (): Promise<boolean> => await Promise.resolve(true),
	create: async (): Promise<boolean> => await Promise.resolve(true),
	delete: async (): Promise<boolean> => await Promise.resolve(true),
};

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
export type Reader = (id: string) => Promise<RowItem[]>;

function bellOf(context: IWebhookFunctions): Bell {
	const name = `${String(context.getWorkflow().id)}/${context.getNode().id}`;
	return { name, saved: context.getWorkflowStaticData('node'), clock: systemClock };
}

/** The error of a call about what the account does not have. */
export class RefusedCall extends Error {}

/** What goes wrong with a call is no answer about its job: the service is to call again. */
export function comeAgain(
	context: IWebhookFunctions,
	what: string,
	thrown: unknown,
): IWebhookResponseData {
	const message = wholeMessage(toTryOnError(thrown, 'result'));
	context.logger.error(`A call about ${what} has not started the workflow: ${message}`);
	return answer(context, UNAVAILABLE, 'Try again later.');
}

/**
 * Starts the workflow with what a call is about, once for each job. n8n answers 200 when the
 * execution is there; until then the service is told to call again, so that no failure on the way
 * loses a job. Nothing is thrown: n8n would start the workflow with an empty item.
 *
 * @param ids of the jobs that the call is about
 * @param read makes the items of one; what it throws is told in n8n's log, and RefusedCall to the
 * caller
 */
export async function startOnce(
	context: IWebhookFunctions,
	ids: readonly string[],
	read: Reader,
): Promise<IWebhookResponseData> {
	const limit = pLimit(JOBS_AT_ONCE);
	const tellOne = async (id: string): Promise<RowItem[]> => {
		// The editor listens for one call, which may come again.
		if (context.getMode() === 'manual') return await read(id);
		const knock = await once(bellOf(context), id, async () => await read(id));
		if (knock === 'open') throw new Error('another call works on it.');
		return knock === 'done' ? [] : knock.made;
	};
	const told = await Promise.allSettled(ids.map(async (id) => await limit(tellOne, id)));
	const items = told.flatMap((one) => (one.status === 'fulfilled' ? one.value : []));
	if (items.length > 0) return { workflowData: [items] };
	const failed = told.findIndex(({ status }) => status === 'rejected');
	const trouble = told[failed];
	if (trouble?.status !== 'rejected') {
		return { webhookResponse: { message: 'There is nothing new about it.' } };
	}
	const thrown: unknown = trouble.reason;
	return thrown instanceof RefusedCall
		? refuse(context, thrown.message)
		: comeAgain(context, ids[failed] ?? '', thrown);
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
