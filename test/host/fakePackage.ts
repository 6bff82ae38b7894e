import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { runCommand } from './steps';

const PACK_LIMIT_MS = 60_000;

/** Names of the package that proves the harness. */
export const FAKE = {
	package: 'n8n-nodes-host-echo',
	nodeType: 'n8n-nodes-host-echo.hostEcho',
	displayName: 'Host Echo',
	credentialType: 'hostEchoApi',
} as const;

/** One item a row; the text `fail` makes the row fail, `slow` makes it last until it is stopped. */
const NODE = `
const { NodeOperationError, NodeConnectionTypes, sleep } = require('n8n-workflow');

class HostEcho {
	description = {
		displayName: 'Host Echo',
		name: 'hostEcho',
		group: ['transform'],
		version: 1,
		description: 'Gives back what it gets',
		defaults: { name: 'Host Echo' },
		inputs: [NodeConnectionTypes.Main],
		outputs: [NodeConnectionTypes.Main],
		credentials: [{ name: 'hostEchoApi', required: false }],
		properties: [
			{
				displayName: 'Operation',
				name: 'operation',
				type: 'options',
				noDataExpression: true,
				options: [
					{ name: 'Echo', value: 'echo', action: 'Echo a text' },
					{ name: 'Shout', value: 'shout', action: 'Shout a text' },
				],
				default: 'echo',
			},
			{ displayName: 'Text to Echo', name: 'text', type: 'string', default: '' },
			{
				displayName: 'Louder Still',
				name: 'louder',
				type: 'boolean',
				default: false,
				displayOptions: { show: { operation: ['shout'] } },
			},
		],
	};

	async execute() {
		const out = [];
		for (const [index, item] of this.getInputData().entries()) {
			const text = this.getNodeParameter('text', index);
			if (text === 'slow') {
				while (!this.getExecutionCancelSignal().aborted) await sleep(50);
			}
			if (text === 'fail') {
				if (!this.continueOnFail()) {
					throw new NodeOperationError(this.getNode(), 'Echo refused', {
						itemIndex: index,
						description: 'The text was fail',
					});
				}
				out.push({ json: { error: 'Echo refused' }, pairedItem: { item: index } });
				continue;
			}
			out.push({
				json: { text, from: item.json },
				binary: {
					data: await this.helpers.prepareBinaryData(
						Buffer.from('echo of ' + text), 'echo.txt', 'text/plain'),
				},
				pairedItem: { item: index },
			});
		}
		return [out];
	}
}
module.exports = { HostEcho };
`;

const CREDENTIAL = `
class HostEchoApi {
	name = 'hostEchoApi';
	displayName = 'Host Echo API';
	properties = [{ displayName: 'Base URL', name: 'baseUrl', type: 'string', default: '' }];
	authenticate = { type: 'generic', properties: { headers: { 'X-Echo': 'yes' } } };
	test = { request: { baseURL: '={{$credentials.baseUrl}}', url: '/healthz' } };
}
module.exports = { HostEchoApi };
`;

const MANIFEST = {
	name: FAKE.package,
	version: '0.0.1',
	license: 'MIT',
	keywords: ['n8n-community-node-package'],
	files: ['dist'],
	n8n: {
		n8nNodesApiVersion: 1,
		nodes: ['dist/HostEcho.node.js'],
		credentials: ['dist/HostEchoApi.credentials.js'],
	},
	// Neither exists in a form that could be installed: proof that n8n's way leaves them out.
	devDependencies: { 'n8n-nodes-host-echo-not-published': '1.0.0' },
	peerDependencies: { 'n8n-workflow': '*', 'n8n-nodes-host-echo-not-published': '*' },
};

/**
 * Builds and packs a small community package.
 *
 * @param folder an empty folder to build in
 * @returns the tarball's path
 * @throws Error with npm's output when packing fails
 */
export async function packFakePackage(folder: string): Promise<string> {
	const dist = join(folder, 'dist');
	await mkdir(dist, { recursive: true });
	await writeFile(join(folder, 'package.json'), JSON.stringify(MANIFEST, null, '\t'));
	await writeFile(join(dist, 'HostEcho.node.js'), NODE);
	await writeFile(join(dist, 'HostEchoApi.credentials.js'), CREDENTIAL);
	await runCommand(
		'pack the echo package',
		['npm', 'pack', '--pack-destination', folder, '--loglevel=error'],
		{ cwd: folder, env: process.env, limitMs: PACK_LIMIT_MS, say: () => undefined },
	);
	return join(folder, `${MANIFEST.name}-${MANIFEST.version}.tgz`);
}
