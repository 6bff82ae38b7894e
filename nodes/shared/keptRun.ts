import type { IDataObject, IExecuteFunctions, IWebhookFunctions } from 'n8n-workflow';

import type { Kept } from '../../lib/jobs/follow';
import { isObject } from '../../lib/json';

/** What a suspended run leaves behind for whoever goes on with it. */
export interface KeptRun {
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
	purchases: Kept[];
}

const KEY = 'suspendedRun';

function isKeptRun(value: unknown): value is KeptRun {
	return (
		isObject(value) &&
		typeof value.id === 'string' &&
		typeof value.until === 'number' &&
		Array.isArray(value.inputs) &&
		Array.isArray(value.purchases)
	);
}

/** Keeps a run with the execution. */
export function keepRun(context: IExecuteFunctions, run: KeptRun): void {
	Object.assign(context.getContext('node'), { [KEY]: run });
}

/** A text inside an expression; n8n would take braces for the expression's end. */
function quoted(text: string): string {
	const braces = { '{': '\\u007b', '}': '\\u007d' };
	return JSON.stringify(text).replace(/[{}]/g, (brace) =>
		brace === '{' ? braces['{'] : braces['}'],
	);
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
export function findKeptRun(context: IWebhookFunctions): KeptRun | undefined {
	const found = nodeMemory(context, KEY);
	return isKeptRun(found) ? found : undefined;
}
