import { createFalClient } from '@fal-ai/client';
import type { FalClient } from '@fal-ai/client';
import type { TestBed } from './setup';

/** The real client, unchanged but for where fal's two hosts are. */
export function clientOf({ sandbox }: TestBed, credentials = sandbox.fal.key): FalClient {
	const toSandbox: typeof fetch = (input, init) => {
		const url = (input instanceof Request ? input.url : String(input)).replace(
			/^https:\/\/(?:queue\.fal\.run|rest\.fal\.ai)/,
			sandbox.fal.url,
		);
		if (!url.startsWith('http://127.0.0.1:')) throw new Error(`A call to ${url}`);
		return fetch(url, init);
	};
	return createFalClient({
		credentials,
		fetch: toSandbox,
		suppressLocalCredentialsWarning: true,
		retry: { maxRetries: 0 },
	});
}

/** The reason for which a promise rejects; rejects itself when it does not. */
export async function rejection(promise: Promise<unknown>): Promise<unknown> {
	try {
		await promise;
	} catch (error) {
		return error;
	}
	throw new Error('It did not fail');
}
