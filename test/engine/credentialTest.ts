import { ExecuteContext, RoutingNode } from 'n8n-core';
import {
	createEmptyRunExecutionData,
	type ICredentialsDecrypted,
	type INode,
	type INodeType,
	NodeConnectionTypes,
	Workflow,
} from 'n8n-workflow';
import { configureGlobalAxiosDefaults } from '@n8n/backend-network';

import type { TestCredential } from './credentials';
import { additionalData } from './engine';
import { nodeTypesOf, typeName } from './nodeTypes';

/**
 * n8n's own test of a credential, step by step what its `CredentialsTester` does (cli,
 * `runRequestTest`, which is not part of n8n-core): a declarative node is made of the request, and
 * run once.
 *
 * @throws what n8n then puts into words: by the rules of the test where a status came, else the
 * error's own message
 */
export async function testCredential(credential: TestCredential): Promise<void> {
	configureGlobalAxiosDefaults();
	const { type, credentialType, data } = credential;
	if (!credentialType.test) throw new Error('The credential has no test');
	const nodeType: INodeType = {
		description: {
			displayName: 'Temp',
			name: 'temp',
			group: ['transform'],
			version: 1,
			description: 'Made for a test of a credential',
			defaults: { name: 'Temp' },
			inputs: [NodeConnectionTypes.Main],
			outputs: [NodeConnectionTypes.Main],
			credentials: [{ name: type, required: true }],
			properties: [
				{
					displayName: 'Temp',
					name: 'temp',
					type: 'string',
					routing: { request: credentialType.test.request },
					default: '',
				},
			],
		},
	};
	const node: INode = {
		id: 'temp',
		name: 'Temp-Node',
		type: typeName(nodeType),
		typeVersion: 1,
		position: [0, 0],
		parameters: {},
		credentials: { [type]: { id: '1', name: 'Test' } },
	};
	const workflow = new Workflow({
		nodes: [node],
		connections: {},
		active: false,
		nodeTypes: nodeTypesOf([nodeType]),
	});
	const decrypted: ICredentialsDecrypted = { id: '1', name: 'Test', type, data };
	const context = new ExecuteContext(
		workflow,
		node,
		additionalData(credential),
		'internal',
		createEmptyRunExecutionData(),
		0,
		[],
		{ main: [[{ json: {} }]] },
		{ node, data: {}, source: null },
		[],
	);
	await new RoutingNode(context, nodeType, decrypted).runNode();
}
