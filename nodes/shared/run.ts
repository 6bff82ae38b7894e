import { randomUUID } from 'node:crypto';
import type { IExecuteFunctions } from 'n8n-workflow';

/** What tells whether a node runs as a tool. */
export interface ToolContext extends Pick<IExecuteFunctions, 'getNode'> {
	/** Only n8n 2.10 and later have it. */
	isToolExecution?(): boolean;
}

/** Whether the node runs as an AI agent's tool, whose answers can hold no files. */
export function isTool(context: ToolContext): boolean {
	return context.isToolExecution?.() === true || context.getNode().type.endsWith('Tool');
}

/** Names of calls, by what n8n hands over for them. */
const calls = new WeakMap<object, string>();

/**
 * Which of an agent's calls this is. n8n raises the run index with every try of a call and gives two
 * calls the same one, but what it hands over is one object on all tries of a call, and another one
 * in each call (n8n-core 1.122 and 2.41: `makeHandleToolInvocation`, and the engine's loop of tries).
 *
 * @returns a name, the same on each try; `undefined` when the node is no tool
 */
export function callOf(context: ToolContext & Pick<IExecuteFunctions, 'getInputData'>) {
	if (!isTool(context)) return undefined;
	const [item] = context.getInputData();
	const call = (item && calls.get(item.json)) ?? randomUUID();
	if (item) calls.set(item.json, call);
	return call;
}

/** Which run of the node within the execution this is, from 0: in a loop there are several. */
export function runIndexOf(context: IExecuteFunctions): number {
	return Number(context.evaluateExpression('{{ $runIndex }}', 0));
}
