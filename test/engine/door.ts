import type { IExecuteFunctions, INodeType } from 'n8n-workflow';
import { NodeConnectionTypes } from 'n8n-workflow';

import { FalApi } from '../../credentials/FalApi.credentials';
import { type Door, openDoor } from '../../lib/http';
import { runNode } from './engine';

const CREDENTIAL = 'falApi';

/**
 * Runs something inside a node of n8n's engine, with a door of this package's.
 *
 * @param apiOrigin the only one that may get the key
 * @returns what the work returns
 * @throws what it throws
 */
export async function throughDoor<T>(
	apiOrigin: string,
	work: (door: Door, context: IExecuteFunctions) => Promise<T>,
	apiKey = 'test:key',
): Promise<T> {
	let result: Promise<T> = Promise.reject(new Error('The node did not run'));
	result.catch(() => {});
	const nodeType: INodeType = {
		description: {
			displayName: 'Door',
			name: 'door',
			group: ['transform'],
			version: 1,
			description: 'Opens a door',
			defaults: { name: 'Door' },
			inputs: [NodeConnectionTypes.Main],
			outputs: [NodeConnectionTypes.Main],
			credentials: [{ name: CREDENTIAL, required: true }],
			properties: [],
		},
		async execute() {
			const options = { service: 'fal', credentialType: CREDENTIAL, apiOrigins: [apiOrigin] };
			result = work(openDoor(this, options), this);
			await result.catch(() => {});
			return [this.getInputData()];
		},
	};
	await runNode({
		nodeType,
		credential: {
			type: CREDENTIAL,
			credentialType: new FalApi(),
			data: { apiKey, baseUrl: apiOrigin },
		},
		parameters: {},
		items: [{ json: {} }],
	});
	return await result;
}
