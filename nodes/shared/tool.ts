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
