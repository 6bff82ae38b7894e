import type { WorkflowJson } from './workflow';

/** A node under test, as a workflow has it. */
export interface NodeUnderTest {
	/** Without the package's name, such as `fashnTryOn`. */
	type: string;
	credential: string;
	parameters: Record<string, unknown>;
	/** The node's settings in the editor. */
	settings?: Record<string, unknown>;
}

/** Name that the node has in the workflow. */
export const UNDER_TEST = 'Under Test';

/**
 * A workflow of two nodes: a webhook, whose files become the item's binary data, and the node.
 *
 * @param path of the webhook; unique on its host
 */
export function behindWebhook(path: string, node: NodeUnderTest): WorkflowJson {
	return {
		name: path,
		nodes: [
			{
				id: `${path}-hook`,
				name: 'Webhook',
				type: 'n8n-nodes-base.webhook',
				typeVersion: 2,
				position: [0, 0],
				parameters: { httpMethod: 'POST', path, options: {} },
				webhookId: path,
			},
			{
				id: `${path}-node`,
				name: UNDER_TEST,
				type: `n8n-nodes-virtual-try-on.${node.type}`,
				typeVersion: 1,
				position: [240, 0],
				parameters: node.parameters,
				credentials: { [node.credential]: { id: '', name: '' } },
				...node.settings,
			},
		],
		connections: { Webhook: { main: [[{ node: UNDER_TEST, type: 'main', index: 0 }]] } },
	};
}
