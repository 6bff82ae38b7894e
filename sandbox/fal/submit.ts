import { parseJson } from '../json';
import type { SandboxAnswer, SandboxRequest } from '../types';
import { checkAccount } from './access';
import { findEndpoint } from './endpoints';
import { requestError } from './errors';
import type { JobTerms } from './job';
import { readLifecycle } from './lifecycle';
import type { FalOptions } from './options';
import type { FalQueue } from './queue';
import { requestUrls } from './status';

const MS_PER_SECOND = 1000;

/** Shortest start time-out in seconds, exclusive. Source: fal.ai/docs, Queue API, "Submit". */
const MIN_START_TIMEOUT = 0.1;

/** Source: fal.ai/docs, Platform Headers. */
const NO_RETRY = ['1', 'true', 'yes'];

function readTerms({ headers }: SandboxRequest): JobTerms | { invalid: string } {
	// Of the two names the newer wins when both are sent. Source: fal.ai/docs, Queue API, "Submit".
	const timeout = headers['x-fal-request-start-timeout'] ?? headers['x-fal-request-timeout'];
	const seconds = timeout === undefined ? undefined : Number(timeout);
	if (seconds !== undefined && !(seconds > MIN_START_TIMEOUT)) {
		return { invalid: `The start timeout must be greater than ${MIN_START_TIMEOUT} seconds` };
	}
	const priority = headers['x-fal-queue-priority'] ?? 'normal';
	if (priority !== 'normal' && priority !== 'low') {
		return { invalid: 'X-Fal-Queue-Priority must be normal or low' };
	}
	const lifecycle = readLifecycle(headers['x-fal-object-lifecycle-preference']);
	if (lifecycle === 'invalid') {
		return { invalid: 'Invalid X-Fal-Object-Lifecycle-Preference header' };
	}
	const startTimeoutMs = seconds === undefined ? undefined : seconds * MS_PER_SECOND;
	const storesIo = headers['x-fal-store-io'] !== '0';
	const noRetry = NO_RETRY.includes(String(headers['x-fal-no-retry']));
	return { priority, startTimeoutMs, lifecycle, storesIo, noRetry };
}

/** Refuses what fal does not take into the queue; the input itself is the model's business. */
function refuse(
	endpointId: string,
	request: SandboxRequest,
	queue: FalQueue,
	options: FalOptions,
): SandboxAnswer | undefined {
	const endpoint = findEndpoint(endpointId);
	if (endpoint === 'retired') {
		return { status: 410, body: { detail: `Application "${endpointId}" is no longer available` } };
	}
	if (endpoint === undefined && options.otherEndpoints[endpointId] === undefined) {
		return { status: 404, body: { detail: `Application "${endpointId}" not found` } };
	}
	const locked = checkAccount(options);
	if (locked !== undefined) return locked;
	const longest = request.query.get('fal_max_queue_length');
	if (longest !== null && queue.length > Number(longest)) {
		// That it is a 429 is documented (fal.ai/docs, Platform Headers), its words are not.
		return { status: 429, body: { detail: 'The queue is longer than fal_max_queue_length' } };
	}
	return undefined;
}

/** Takes a request into the queue. Source: fal.ai/docs, Queue API, "Submit a request". */
export function submit(
	endpointId: string,
	request: SandboxRequest,
	queue: FalQueue,
	options: FalOptions,
): SandboxAnswer {
	const refusal = refuse(endpointId, request, queue, options);
	if (refusal !== undefined) return refusal;
	const terms = readTerms(request);
	if ('invalid' in terms) return requestError(400, 'bad_request', terms.invalid);

	const input = parseJson(request.body.toString());
	const webhookUrl = request.query.get('fal_webhook') ?? undefined;
	const job = queue.submit({ endpointId, input, webhookUrl }, terms);
	const { requestId } = job.submit;
	return {
		status: 200,
		headers: { 'x-fal-request-id': requestId },
		body: {
			status: job.state,
			request_id: requestId,
			gateway_request_id: job.gatewayRequestId,
			...requestUrls(job, request.origin),
			queue_position: queue.position(job),
		},
	};
}
