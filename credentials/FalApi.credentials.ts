import type {
	ICredentialDataDecryptedObject,
	ICredentialTestRequest,
	ICredentialType,
	IHttpRequestOptions,
	Icon,
	INodeProperties,
} from 'n8n-workflow';

import { readBaseUrl } from '../lib/url';

/** fal's queue (fal.ai docs, Queue). */
const BASE_URL = 'https://queue.fal.run';

/** A key as people paste it: with the scheme in front, or with spaces around. */
const PASTED_SCHEME = /^(key|bearer)\s+/i;

/** The key of an account at fal.ai. */
export class FalApi implements ICredentialType {
	name = 'falApi';

	displayName = 'fal.ai API';

	icon: Icon = { light: 'file:../icons/fal.svg', dark: 'file:../icons/fal.dark.svg' };

	documentationUrl = 'https://docs.fal.ai/authentication/key-based';

	properties: INodeProperties[] = [
		{
			displayName: 'API Key',
			name: 'apiKey',
			type: 'string',
			typeOptions: { password: true },
			default: '',
			required: true,
			description: 'It has two parts with a colon between them',
			hint: 'Make one with the scope API at <a href="https://fal.ai/dashboard/keys" target="_blank">fal.ai/dashboard/keys</a>',
		},
		{
			displayName: 'Base URL',
			name: 'baseUrl',
			type: 'string',
			default: BASE_URL,
			description: 'Change it only for a proxy or gateway of your own. The key is sent there.',
		},
	];

	/**
	 * Puts the key into a call. n8n's own test of the credential comes here too, so that no address
	 * gets the key which the nodes refuse.
	 *
	 * @throws InputError when Base URL may not get the key
	 */
	authenticate = async (
		credentials: ICredentialDataDecryptedObject,
		request: IHttpRequestOptions,
	): Promise<IHttpRequestOptions> => {
		readBaseUrl(credentials.baseUrl, BASE_URL);
		const key = (typeof credentials.apiKey === 'string' ? credentials.apiKey : '')
			.trim()
			.replace(PASTED_SCHEME, '');
		return { ...request, headers: { ...request.headers, Authorization: `Key ${key}` } };
	};

	/**
	 * Asks fal's storage for an upload token: the one call that costs nothing, makes nothing that
	 * stays, and is refused with 401 for a wrong key. The status of an unknown request would do
	 * too, but its answer is a 404, which n8n before 2.10 cannot take for a success; and the list
	 * of models answers without any key.
	 */
	test: ICredentialTestRequest = {
		request: {
			method: 'POST',
			baseURL:
				'={{ ($credentials.baseUrl || "https://queue.fal.run").trim().replace(/\\/+$/, "").replace(/^https:\\/\\/queue\\.fal(run\\.com|\\.run)$/, "https://rest.fal.ai") }}',
			url: '/storage/auth/token?storage_type=fal-cdn-v3',
			body: '{}',
			headers: { 'Content-Type': 'application/json' },
			disableFollowRedirect: true,
		},
		rules: [
			{
				type: 'responseCode',
				properties: {
					value: 401,
					message:
						'fal does not accept this API key. Make one at fal.ai/dashboard/keys and paste it whole: it has two parts with a colon between them.',
				},
			},
			{
				type: 'responseCode',
				properties: {
					value: 403,
					message:
						'fal refuses this API key: its account is locked or has no balance left (fal.ai/dashboard/billing), or the key lacks the scope API.',
				},
			},
		],
	};
}
