import { InputError } from '../errors';

/** A job that fal has taken; a type and not an interface, so that n8n can store it as JSON. */
export type FalJob = {
	endpointId: string;
	requestId: string;
	/** Milliseconds since the epoch; 0 for a job that was submitted earlier, by another try. */
	submittedAt: number;
};

/** fal's app ids: owner, app and an optional path (fal.ai docs, Queue). */
const ENDPOINT_ID = /^[\w-]+(\/[\w.-]+)+$/;

/** fal's request ids are UUIDs; the client puts them into the address as they are. */
const REQUEST_ID = /^[\w-]+$/;

/** @throws InputError when it cannot be an endpoint id */
export function checkEndpointId(value: unknown): string {
	const text = typeof value === 'string' ? value.trim() : '';
	if (ENDPOINT_ID.test(text) && !text.includes('..')) return text;
	throw new InputError(
		'Endpoint ID',
		`is "${text}", which is no endpoint of fal`,
		'Copy it from the page of the model at fal.ai/models, such as fal-ai/fashn/tryon/v1.6.',
	);
}

/** Whether it is safe in an address; what fal answers is looked at as what a person gives. */
export function isRequestId(value: unknown): value is string {
	return typeof value === 'string' && REQUEST_ID.test(value);
}

/** @throws InputError when it cannot be a request id */
export function checkRequestId(value: unknown): string {
	const text: string = typeof value === 'string' ? value.trim() : '';
	if (REQUEST_ID.test(text)) return text;
	throw new InputError(
		'Request ID',
		text === '' ? 'is empty' : `is "${text}", which is no request id of fal`,
		'Use the requestId that Submit or Generate gave.',
	);
}

/** Owners of three parts (@fal-ai/client, `parseEndpointId`). */
const NAMESPACES = ['workflows', 'comfy'];

/**
 * The addresses of a job as fal answers them to a submit: under its app, without the rest of the
 * endpoint's path (fal.ai docs, Queue).
 *
 * @param queue origin of the queue
 */
export function requestUrls(queue: string, { endpointId, requestId }: FalJob) {
	const parts = endpointId.split('/');
	const app = parts.slice(0, NAMESPACES.includes(parts[0] ?? '') ? 3 : 2).join('/');
	const responseUrl = `${queue}/${app}/requests/${requestId}`;
	return {
		statusUrl: `${responseUrl}/status`,
		responseUrl,
		cancelUrl: `${responseUrl}/cancel`,
	};
}
