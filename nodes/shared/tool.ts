import type { IExecuteFunctions } from 'n8n-workflow';

/** Whether the node runs as an AI agent's tool, whose answers can hold no files. */
export function isTool(context: IExecuteFunctions): boolean {
	// Before n8n 2.10 the context has no such method.
	const asked = 'isToolExecution' in context && context.isToolExecution();
	return asked || context.getNode().type.endsWith('Tool');
}
