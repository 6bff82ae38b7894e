import type { Route, SandboxAnswer, SandboxRequest } from '../types';
import { findEndpoint, PRICE_PER_PICTURE } from './endpoints';

/** Several ids may come as several parameters, or with commas in one. Source: fal.ai/docs, Platform APIs. */
function askedEndpoints(query: URLSearchParams): string[] {
	return query
		.getAll('endpoint_id')
		.flatMap((ids) => ids.split(','))
		.filter((id) => id !== '');
}

function platformError(status: number, type: string, message: string): SandboxAnswer {
	return { status, body: { error: { type, message } } };
}

function prices({ query }: SandboxRequest): SandboxAnswer {
	const ids = askedEndpoints(query);
	if (ids.length === 0) {
		return platformError(422, 'validation_error', 'endpoint_id is required');
	}
	const unknown = ids.find((id) => typeof findEndpoint(id) !== 'object');
	if (unknown !== undefined) {
		return platformError(404, 'not_found', `Endpoint id '${unknown}' not found`);
	}
	const list = ids.map((id) => ({
		endpoint_id: id,
		unit_price: PRICE_PER_PICTURE,
		unit: 'images',
		currency: 'USD',
	}));
	return { status: 200, body: { prices: list, next_cursor: null, has_more: false } };
}

/** The addresses of `api.fal.ai`, under the same origin as the others. */
export function platformRoutes(): Route[] {
	return [{ method: 'GET', path: /\/v1\/models\/pricing/, handle: prices }];
}
