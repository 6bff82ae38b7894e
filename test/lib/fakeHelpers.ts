import type { IHttpRequestOptions } from 'n8n-workflow';
import { Readable } from 'node:stream';

import type { DoorContext } from '../../lib/http';

/** One call that n8n's helpers were asked for. */
export interface HelperCall {
	options: IHttpRequestOptions;
	/** The credential that is put on it. */
	credential?: string;
	/** What the helper was called with. */
	seen?: DoorContext;
}

/** What n8n's helpers hand back for a call; throws where the connection fails. */
export type Helper = (call: HelperCall) => unknown;

/** The least of n8n's context that a door needs, with every call on record. */
export interface FakeHelpers {
	context: DoorContext;
	calls: HelperCall[];
}

function isContext(value: object): value is DoorContext {
	return 'helpers' in value && 'getCredentials' in value;
}

/**
 * @param helper stands in for n8n's HTTP helpers
 * @param members of the context, beside its helpers
 */
export function fakeHelpers(helper: Helper, members: object = {}): FakeHelpers {
	const calls: HelperCall[] = [];
	const ask = async (call: HelperCall) => {
		calls.push(call);
		return await helper(call);
	};
	const context: object = {
		getCredentials: async () => ({}),
		...members,
		helpers: {
			httpRequest: async (options: IHttpRequestOptions) => await ask({ options }),
			async httpRequestWithAuthentication(
				this: DoorContext,
				credential: string,
				options: IHttpRequestOptions,
			) {
				return await ask({ options, credential, seen: this });
			},
		},
	};
	if (!isContext(context)) throw new Error('It is no context');
	return { context, calls };
}

/** A whole answer as n8n's helpers hand it out. */
export function answerOf(
	body: string | Readable = '',
	headers: Record<string, unknown> = {},
	statusCode = 200,
) {
	return {
		statusCode,
		headers,
		body: typeof body === 'string' ? Readable.from([Buffer.from(body)]) : body,
	};
}
