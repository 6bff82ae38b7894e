import type { SandboxAnswer } from '../types';

/** An error of `api.fal.ai`. Source: fal.ai/docs, Platform APIs. */
export function platformError(status: number, type: string, message: string): SandboxAnswer {
	return { status, body: { error: { type, message } } };
}

/** Several ids may come as several parameters, or with commas in one. Source: fal.ai/docs, Platform APIs. */
export function askedEndpoints(query: URLSearchParams): string[] {
	return query
		.getAll('endpoint_id')
		.flatMap((ids) => ids.split(','))
		.filter((id) => id !== '');
}
