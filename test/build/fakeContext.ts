import type { IDataObject, IHttpRequestOptions, INodeExecutionData } from 'n8n-workflow';
import { Readable } from 'node:stream';

import { objectOf } from '../../lib/json';

/** What a stand-in service answers to one call. */
export interface Answer {
	status: number;
	headers?: Record<string, string>;
	body?: string | Buffer;
}

/** Answers a call; throws to break its connection. */
export type Service = (call: IHttpRequestOptions) => Answer;

/** The least of n8n's execution context that the nodes need, with every HTTP call on record. */
export interface FakeContext {
	/** With the key of the credential. */
	apiCalls: IHttpRequestOptions[];
	/** Without. */
	plainCalls: IHttpRequestOptions[];
	[member: string]: unknown;
}

const NODE = {
	id: 'node',
	name: 'Node',
	type: 'n8n-nodes-virtual-try-on.node',
	typeVersion: 1,
	position: [0, 0],
	parameters: {},
};

function answerTo(call: IHttpRequestOptions, service: Service) {
	const { status, headers = {}, body = '' } = service(call);
	const bytes = typeof body === 'string' ? Buffer.from(body) : body;
	return {
		statusCode: status,
		statusMessage: '',
		headers: { 'content-type': 'application/json', ...headers },
		body: call.encoding === 'stream' ? Readable.from([bytes]) : bytes,
	};
}

/**
 * @param parameters of the node, the same for all rows
 * @param service answers all calls
 */
export function fakeContext(parameters: IDataObject, service: Service): FakeContext {
	const apiCalls: IHttpRequestOptions[] = [];
	const plainCalls: IHttpRequestOptions[] = [];
	const memory: IDataObject = {};
	const log = () => undefined;
	const items: INodeExecutionData[] = [{ json: {} }];
	return {
		apiCalls,
		plainCalls,
		continueOnFail: () => false,
		evaluateExpression: () => 0,
		getContext: () => memory,
		getExecutionId: () => '1',
		getCredentials: async () => ({ apiKey: 'user-id:user-secret', baseUrl: '' }),
		getExecutionCancelSignal: () => undefined,
		getInputData: () => items,
		getNode: () => NODE,
		getNodeParameter: (name: string, _row: number, fallback: unknown) =>
			name.split('.').reduce<unknown>((at, part) => objectOf(at)[part], parameters) ?? fallback,
		logger: { debug: log, error: log, info: log, warn: log },
		helpers: {
			httpRequest: async (call: IHttpRequestOptions) => {
				plainCalls.push(call);
				return answerTo(call, service);
			},
			httpRequestWithAuthentication: async (_type: string, call: IHttpRequestOptions) => {
				apiCalls.push(call);
				return answerTo(call, service);
			},
			prepareBinaryData: async (data: Readable, fileName: string, mimeType: string) => {
				await data.resume().toArray();
				return { data: '', fileName, mimeType };
			},
		},
	};
}
