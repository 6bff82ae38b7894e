import type { IWebhookFunctions } from 'n8n-workflow';

import { isObject } from '../../lib/json';

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
