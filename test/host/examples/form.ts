import type { N8nHost } from '../n8n';
import { asRecord } from '../guards';
import { call, type HostAnswer } from '../session';
import { VISITOR } from '../outside/index';
import { until } from '../wait';
import type { WorkflowJson } from '../workflow';
import { nodesOf } from './load';

/** What a visitor puts into a field: a text, or files. */
export type Entry = string | File[];

const LIVE = { limitMs: 15_000, everyMs: 100 };

const PAGE = { limitMs: 60_000, everyMs: 200 };

/** n8n's approval links ignore who does not look like a browser. */
export const BROWSER = { 'user-agent': 'Mozilla/5.0 (X11; Linux x86_64) Firefox/140.0' };

const LOG_IN = Buffer.from(`${VISITOR.user}:${VISITOR.password}`).toString('base64');
const LOGGED_IN = { ...BROWSER, authorization: `Basic ${LOG_IN}` };

/** A picture as a visitor's computer has it. */
export function photo(bytes: Buffer, name: string, type: string): File {
	return new File([new Uint8Array(bytes)], name, { type });
}

/** Address of the published form of a workflow. */
export function formUrl(host: N8nHost, workflow: WorkflowJson): string {
	const trigger = nodesOf(workflow).find(({ type }) => type === 'n8n-nodes-base.formTrigger');
	if (typeof trigger?.webhookId !== 'string') throw new Error('There is no form');
	return `${host.url}/form/${trigger.webhookId}`;
}

/**
 * Fills in a form as a browser does.
 *
 * @param entries in the order of the fields
 */
export async function submitForm(url: string, entries: readonly Entry[]): Promise<HostAnswer> {
	await until('the form', LIVE, async () => {
		const { status } = await call(url, { headers: LOGGED_IN });
		return status === 200 ? true : undefined;
	});
	const body = new FormData();
	entries.forEach((entry, index) => {
		const name = `field-${index}`;
		if (typeof entry === 'string') body.append(name, entry);
		else for (const file of entry) body.append(name, file);
	});
	return await call(url, { method: 'POST', headers: LOGGED_IN, body });
}

/**
 * The page that comes after a form, once the workflow has got to it; asked for as a browser does.
 *
 * @param answer what the form's own call was answered
 */
export async function nextPage(answer: HostAnswer): Promise<string> {
	const page = new URL(String(asRecord(answer.body).formWaitingUrl));
	const status = new URL(page);
	status.pathname += '/n8n-execution-status';
	await until('the next page', PAGE, async () => {
		const state = (await call(status.href, { headers: LOGGED_IN })).bytes.toString();
		return state === 'form-waiting' ? true : undefined;
	});
	return (await call(page.href, { headers: LOGGED_IN })).bytes.toString();
}
