import type { N8nHost } from './n8n';
import { call, type HostAnswer } from './session';
import type { HostWorkflow } from './workflow';

export interface WebhookCall {
	/** Default: that of the workflow's only Webhook node. */
	path?: string;
	/** Default: POST. */
	method?: string;
	headers?: Record<string, string>;
	/**
	 * Sent as JSON; a text as it is; FormData as multipart, whose files become the item's binary data.
	 */
	body?: unknown;
	/** How long the answer may take, in ms; default 60 000. */
	limitMs?: number;
}

/** The methods that a webhook path answers; a preflight request starts nothing. */
export async function webhookMethods(host: N8nHost, path: string): Promise<string[]> {
	const headers = { origin: host.url, 'access-control-request-method': 'POST' };
	const answer = await call(`${host.url}/webhook/${path}`, { method: 'OPTIONS', headers });
	return (answer.headers.get('access-control-allow-methods') ?? '').split(/,\s*/);
}

/**
 * Calls a published Webhook node.
 *
 * @returns the answer, whatever its status
 * @throws Error when the workflow has not exactly one Webhook node and no path is given
 */
export async function callWebhook(
	host: N8nHost,
	workflow: HostWorkflow,
	options: WebhookCall = {},
): Promise<HostAnswer> {
	const [only, ...others] = workflow.webhooks;
	const path = options.path ?? (others.length === 0 ? only?.path : undefined);
	if (path === undefined) throw new Error(`Which webhook of '${workflow.name}'?`);
	const { body, headers = {}, method = 'POST', limitMs } = options;
	const url = `${host.url}/webhook/${path}`;
	if (body === undefined) return await call(url, { method, headers }, limitMs);
	if (body instanceof FormData || typeof body === 'string') {
		return await call(url, { method, headers, body }, limitMs);
	}
	const json = { 'content-type': 'application/json', ...headers };
	return await call(url, { method, headers: json, body: JSON.stringify(body) }, limitMs);
}
