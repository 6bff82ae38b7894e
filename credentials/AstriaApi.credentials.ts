import type {
	ICredentialDataDecryptedObject,
	ICredentialTestRequest,
	ICredentialType,
	IHttpRequestOptions,
	Icon,
	INodeProperties,
} from 'n8n-workflow';

import { readBaseUrl } from '../lib/url';
import { USER_AGENT } from '../lib/http';

/** Astria's API (docs.astria.ai, API overview). */
const BASE_URL = 'https://api.astria.ai';

/** A key as people paste it: with the scheme in front, or with spaces around. */
const PASTED_SCHEME = /^bearer\s+/i;

/** Astria's word for no workspace at all, as its command line takes it. */
const PERSONAL = 'personal';

/** What was typed in; a workspace's id may come from an expression as a number. */
function textOf(value: unknown): string {
	return typeof value === 'string' || typeof value === 'number' ? String(value).trim() : '';
}

/** The workspace header, unless the call itself has chosen another workspace. */
function workspaceHeader(
	credentials: ICredentialDataDecryptedObject,
	headers: Record<string, unknown>,
): Record<string, string> {
	const workspace = textOf(credentials.workspaceId);
	const chosen = Object.keys(headers).some((name) => name.toLowerCase() === 'x-workspace-id');
	if (chosen || workspace === '' || workspace.toLowerCase() === PERSONAL) return {};
	return { 'X-Workspace-Id': workspace };
}

/** The key of an account at astria.ai. */
export class AstriaApi implements ICredentialType {
	name = 'astriaApi';

	displayName = 'Astria API';

	icon: Icon = { light: 'file:../icons/astria.svg', dark: 'file:../icons/astria.dark.svg' };

	documentationUrl = 'https://docs.astria.ai/docs/api/overview';

	properties: INodeProperties[] = [
		{
			displayName: 'API Key',
			name: 'apiKey',
			type: 'string',
			typeOptions: { password: true },
			default: '',
			required: true,
			description: 'It begins with sd_',
			hint: 'Copy it from the API settings at <a href="https://www.astria.ai/users/edit" target="_blank">astria.ai/users/edit</a>',
		},
		{
			displayName: 'Base URL',
			name: 'baseUrl',
			type: 'string',
			default: BASE_URL,
			description: 'Change it only for a proxy or gateway of your own. The key is sent there.',
		},
		{
			displayName: 'Workspace ID',
			name: 'workspaceId',
			type: 'string',
			default: '',
			placeholder: 'e.g. 41',
			description:
				'The workspace that owns and pays for what is made. Empty for your personal account.',
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
		const key = textOf(credentials.apiKey).replace(PASTED_SCHEME, '');
		const headers = { ...request.headers, Authorization: `Bearer ${key}` };
		return { ...request, headers: { ...headers, ...workspaceHeader(credentials, headers) } };
	};

	/** Who the key belongs to: free, and refused with 401 and a line of text for a wrong key. */
	test: ICredentialTestRequest = {
		request: {
			method: 'GET',
			baseURL:
				'={{ ($credentials.baseUrl || "https://api.astria.ai").trim().replace(/\\/+$/, "") }}',
			url: '/users',
			headers: { Accept: 'application/json', 'User-Agent': USER_AGENT },
			disableFollowRedirect: true,
		},
		rules: [
			{
				type: 'responseCode',
				properties: {
					value: 401,
					message:
						'Astria does not accept this API key. Copy it whole from the API settings of your account at astria.ai: it begins with sd_.',
				},
			},
			{
				type: 'responseCode',
				properties: {
					value: 403,
					message:
						'The firewall in front of Astria turned the call away. A proxy between n8n and Astria may be the reason.',
				},
			},
		],
	};
}
