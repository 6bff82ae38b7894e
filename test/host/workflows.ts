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

function webhook(path: string) {
	return {
		id: `${path}-hook`,
		name: 'Webhook',
		type: 'n8n-nodes-base.webhook',
		typeVersion: 2,
		position: [0, 0],
		parameters: { httpMethod: 'POST', path, options: {} },
		webhookId: path,
	};
}

function underTest(path: string, { type, credential, parameters, settings }: NodeUnderTest) {
	return {
		id: `${path}-node`,
		name: UNDER_TEST,
		type: `n8n-nodes-virtual-try-on.${type}`,
		typeVersion: 1,
		position: [400, 0],
		parameters,
		credentials: { [credential]: { id: '', name: '' } },
		...settings,
	};
}

const to = (node: string) => ({ main: [[{ node, type: 'main', index: 0 }]] });

/**
 * A workflow of two nodes: a webhook, whose files become the item's binary data, and the node.
 *
 * @param path of the webhook; unique on its host
 */
export function behindWebhook(path: string, node: NodeUnderTest): WorkflowJson {
	return {
		name: path,
		nodes: [webhook(path), underTest(path, node)],
		connections: { Webhook: to(UNDER_TEST) },
	};
}

/**
 * A workflow whose webhook is sent `{ rows: […] }`, each of which is an item for the node.
 *
 * @param path of the webhook; unique on its host
 */
export function rowsBehindWebhook(path: string, node: NodeUnderTest): WorkflowJson {
	const split = {
		id: `${path}-split`,
		name: 'Rows',
		type: 'n8n-nodes-base.splitOut',
		typeVersion: 1,
		position: [200, 0],
		parameters: { fieldToSplitOut: 'body.rows', options: {} },
	};
	return {
		name: path,
		nodes: [webhook(path), split, underTest(path, node)],
		connections: { Webhook: to('Rows'), Rows: to(UNDER_TEST) },
	};
}
