import type { IWebhookFunctions, IWebhookResponseData } from 'n8n-workflow';

import { toTryOnError } from '../../lib/errors';
import { type Bell, once } from '../../lib/jobs/knocks';
import { isObject } from '../../lib/json';
import { systemClock } from '../../lib/time';
import type { RowItem } from './errorRow';

/** HTTP statuses that a service is answered with; all but those of 2xx make fal call again. */
const UNAUTHORIZED = 401;
const UNAVAILABLE = 503;

/** n8n's answer, which is Express's; its types are not there. */
interface Answer {
	status(code: number): { json(body: object): void };
}

function isAnswer(value: unknown): value is Answer {
	return isObject(value) && typeof value.status === 'function';
}

function answer(context: IWebhookFunctions, status: number, message: string): IWebhookResponseData {
	const response: unknown = context.getResponseObject();
	if (isAnswer(response)) response.status(status).json({ message });
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

/** What a call is about: what the workflow starts with, or nothing when nobody wants it. */
export type Caller = () => Promise<RowItem[]>;

function bellOf(context: IWebhookFunctions): Bell {
	const name = `${String(context.getWorkflow().id)}/${context.getNode().id}`;
	return { name, saved: context.getWorkflowStaticData('node'), clock: systemClock };
}

/** The error of a call that came too early, or to the wrong place. */
export class RefusedCall extends Error {}

/**
 * Starts the workflow with what a call is about, once. n8n answers 200 when the execution is there;
 * until then the service is told to call again, so that no failure on the way loses a job. Nothing
 * is thrown: n8n would start the workflow with an empty item.
 *
 * @param id of the job
 * @param read makes the items; what it throws is told in n8n's log, and RefusedCall as a refusal
 */
export async function startOnce(
	context: IWebhookFunctions,
	id: string,
	read: Caller,
): Promise<IWebhookResponseData> {
	try {
		// The editor listens for one call, which may come again.
		const knock =
			context.getMode() === 'manual'
				? { made: await read() }
				: await once(bellOf(context), id, read);
		if (knock === 'open') return answer(context, UNAVAILABLE, `${id} is being worked on.`);
		if (knock === 'done') return { webhookResponse: { message: `${id} was told before.` } };
		const { made } = knock;
		return made.length === 0
			? { webhookResponse: { message: `Nobody waits for what became of ${id}.` } }
			: { workflowData: [made] };
	} catch (thrown) {
		if (thrown instanceof RefusedCall) return refuse(context, thrown.message);
		return comeAgain(context, id, thrown);
	}
}

/** What goes wrong with a call is no answer about its job: the service is to call again. */
export function comeAgain(
	context: IWebhookFunctions,
	id: string,
	thrown: unknown,
): IWebhookResponseData {
	const { message } = toTryOnError(thrown, 'result');
	context.logger.error(`A call about ${id} has not started the workflow: ${message}`);
	return answer(context, UNAVAILABLE, 'Try again later.');
}
