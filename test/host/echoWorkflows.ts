import { FAKE } from './fakePackage';
import type { WorkflowJson } from './workflow';

const GRID = 200;

const main = (node: string): object => ({ main: [[{ node, type: 'main', index: 0 }]] });

function node(column: number, name: string, type: string, parameters: object): object {
	return { id: name, name, type, typeVersion: 1, position: [column * GRID, 0], parameters };
}

/**
 * Webhook, a row for each entry of the body's `rows`, Echo.
 *
 * @param path of the webhook
 * @param text what Echo echoes
 * @param onError n8n's setting of that name, for Echo
 */
export function echoWorkflow(path: string, text: string, onError?: string): WorkflowJson {
	const credentials = { [FAKE.credentialType]: { id: 'unknown', name: 'of the author' } };
	return {
		name: `Echo ${path}`,
		nodes: [
			{
				...node(0, 'Webhook', 'n8n-nodes-base.webhook', { path, httpMethod: 'POST' }),
				typeVersion: 2,
				webhookId: `webhook-${path}`,
			},
			node(1, 'Split Out', 'n8n-nodes-base.splitOut', { fieldToSplitOut: 'body.rows' }),
			{
				...node(2, 'Echo', FAKE.nodeType, { text }),
				credentials,
				...(onError ? { onError } : {}),
			},
		],
		connections: { Webhook: main('Split Out'), 'Split Out': main('Echo') },
	};
}

/** Started by hand: Echo, then another. */
export const echoByHand: WorkflowJson = {
	name: 'By hand',
	nodes: [
		node(0, 'Start', 'n8n-nodes-base.manualTrigger', {}),
		node(1, 'Echo', FAKE.nodeType, { text: 'by hand' }),
		node(2, 'Later', FAKE.nodeType, { text: 'later' }),
	],
	connections: { Start: main('Echo'), Echo: main('Later') },
};

/** Asks an address that is kept for documentation (RFC 5737). */
export const outside: WorkflowJson = {
	name: 'Outside',
	nodes: [
		node(0, 'Start', 'n8n-nodes-base.manualTrigger', {}),
		{
			...node(1, 'Outside', 'n8n-nodes-base.httpRequest', { url: 'https://192.0.2.1/' }),
			typeVersion: 4.2,
		},
	],
	connections: { Start: main('Outside') },
};
