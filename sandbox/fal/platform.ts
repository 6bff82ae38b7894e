import type { Route, SandboxAnswer, SandboxRequest } from '../types';
import { priceOf } from './endpoints';
import { historyByEndpoint, historySearch } from './history';
import type { FalOptions } from './options';
import { askedEndpoints, platformError } from './platform-query';
import type { FalQueue } from './queue';

function prices({ query }: SandboxRequest, options: FalOptions): SandboxAnswer {
	const ids = askedEndpoints(query);
	if (ids.length === 0) {
		return platformError(422, 'validation_error', 'endpoint_id is required');
	}
	const list: unknown[] = [];
	for (const id of ids) {
		const price = priceOf(id, options);
		if (price === undefined) {
			return platformError(404, 'not_found', `Endpoint id '${id}' not found`);
		}
		const { unitPrice, unit } = price;
		list.push({ endpoint_id: id, unit_price: unitPrice, unit, currency: 'USD' });
	}
	return { status: 200, body: { prices: list, next_cursor: null, has_more: false } };
}

/** The addresses of `api.fal.ai`, under the same origin as the others. */
export function platformRoutes(queue: FalQueue, options: FalOptions): Route[] {
	const get = (path: RegExp, answer: (request: SandboxRequest) => SandboxAnswer) => ({
		method: 'GET',
		path,
		handle: answer,
	});
	return [
		get(/\/v1\/models\/pricing/, (request) => prices(request, options)),
		get(/\/v1\/models\/requests\/by-endpoint/, (request) =>
			historyByEndpoint(request, queue, options),
		),
		get(/\/v1\/models\/requests\/search/, (request) => historySearch(request, queue, options)),
	];
}
