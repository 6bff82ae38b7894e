import type { WorkflowJson } from './workflow';

const to = (node: string) => [{ node, type: 'main', index: 0 }];

/** The node that is suspended. */
export const WAITS = 'Waits';

/** The nodes behind it: each names the row that its item comes from. */
export const AFTER = 'After';
export const FAILED = 'Failed';

function naming(name: string, id: string, y: number): object {
	return {
		id: `${id}-${name}`,
		name,
		type: 'n8n-nodes-base.set',
		typeVersion: 3.4,
		position: [600, y],
		parameters: {
			assignments: {
				assignments: [
					{ id: 'a', name: 'of', value: "={{ $('Rows').item.json.sku }}", type: 'string' },
				],
			},
			includeOtherFields: true,
			options: {},
		},
	};
}

/** A node that waits until somebody calls the address of the execution. */
export const APPROVAL = {
	id: 'approval',
	name: 'Approval',
	type: 'n8n-nodes-base.wait',
	typeVersion: 1.1,
	position: [800, 0],
	webhookId: 'approval',
	parameters: { resume: 'webhook', httpMethod: 'POST', options: {} },
};

/**
 * A workflow whose rows come by a webhook and go through a node that is suspended, with a node
 * behind each of its outputs.
 *
 * @param id also the path of the webhook
 * @param node what the node in the middle is
 * @param next what comes after its good rows
 */
export function callbackWorkflow(
	id: string,
	node: object,
	...next: Array<{ name: string }>
): WorkflowJson {
	return {
		name: id,
		nodes: [
			{
				id: `${id}-hook`,
				name: 'Webhook',
				type: 'n8n-nodes-base.webhook',
				typeVersion: 2,
				position: [0, 0],
				parameters: { httpMethod: 'POST', path: id, options: {} },
				webhookId: id,
			},
			{
				id: `${id}-split`,
				name: 'Rows',
				type: 'n8n-nodes-base.splitOut',
				typeVersion: 1,
				position: [200, 0],
				parameters: { fieldToSplitOut: 'body.rows', options: {} },
			},
			{
				id: `${id}-node`,
				name: WAITS,
				typeVersion: 1,
				position: [400, 0],
				onError: 'continueErrorOutput',
				...node,
			},
			naming(AFTER, id, 0),
			naming(FAILED, id, 200),
			...next,
		],
		connections: {
			Webhook: { main: [to('Rows')] },
			Rows: { main: [to(WAITS)] },
			[WAITS]: { main: [to(AFTER), to(FAILED)] },
			[AFTER]: { main: [next.flatMap(({ name }) => to(name))] },
		},
	};
}
