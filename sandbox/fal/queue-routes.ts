import type { Route, SandboxAnswer, SandboxRequest } from '../types';
import { billedUnits, UNITS_HEADER } from './billing';
import type { Job } from './job';
import type { FalOptions } from './options';
import type { CancelOutcome, FalQueue } from './queue';
import { isForgotten } from './retention';
import { statusBody, statusEvents } from './status';
import { submit } from './submit';

const NOT_FOUND: SandboxAnswer = { status: 404, body: { status: 'NOT_FOUND' } };
const WRONG_METHOD: SandboxAnswer = { status: 405, body: { detail: 'Method Not Allowed' } };

/** Source: fal.ai/docs, Queue API, "Cancel a request". */
const CANCEL_STATUS: Record<CancelOutcome, number> = {
	OK: 200,
	CANCELLATION_REQUESTED: 202,
	ALREADY_COMPLETED: 400,
};

function idHeader(job: Job): Record<string, string> {
	return { 'x-fal-request-id': job.submit.requestId };
}

function viewOf({ origin, query }: SandboxRequest) {
	const logs = query.get('logs');
	return { origin, withLogs: logs === '1' || logs === 'true' };
}

function readStatus(job: Job, queue: FalQueue, request: SandboxRequest): SandboxAnswer {
	const status = job.state === 'COMPLETED' ? 200 : 202;
	return { status, headers: idHeader(job), body: statusBody(job, queue, viewOf(request)) };
}

async function streamStatus(
	job: Job,
	queue: FalQueue,
	request: SandboxRequest,
	{ stream }: FalOptions,
): Promise<SandboxAnswer> {
	const events = statusEvents(job, queue, viewOf(request));
	if (stream !== 'buffered') return { status: 200, headers: idHeader(job), events };
	let body = '';
	for await (const event of events) body += `data: ${JSON.stringify(event)}\n\n`;
	const headers = { ...idHeader(job), 'Content-Type': 'text/event-stream' };
	return { status: 200, headers, body };
}

/** What the model answered, as it is. Asked too early, nothing is documented; 400 was seen. */
function readResult(job: Job, options: FalOptions): SandboxAnswer {
	if (job.end === undefined) {
		const body = { detail: 'Request is still in progress' };
		return { status: 400, headers: idHeader(job), body };
	}
	if (isForgotten(job, options)) return NOT_FOUND;
	const { answer } = job.end;
	const units = billedUnits(answer);
	const headers = {
		...answer.headers,
		...(units !== undefined && { [UNITS_HEADER]: String(units) }),
		...idHeader(job),
	};
	return { ...answer, headers };
}

function cancel(job: Job, queue: FalQueue): SandboxAnswer {
	const outcome = queue.cancel(job);
	return { status: CANCEL_STATUS[outcome], headers: idHeader(job), body: { status: outcome } };
}

/**
 * The addresses of `queue.fal.run`. Status, result and cancel of a request are under its application
 * only; under the endpoint's whole path, or with a wrong method, they answer 405.
 */
export function queueRoutes(queue: FalQueue, options: FalOptions): Route[] {
	function onRequest(
		method: string,
		suffix: string,
		handle: (job: Job, request: SandboxRequest) => SandboxAnswer | Promise<SandboxAnswer>,
	): Route {
		return {
			method,
			path: new RegExp(`/(?<app>[^/]+/[^/]+)/requests/(?<id>[^/]+)${suffix}`),
			handle(request, { app = '', id = '' }) {
				const job = queue.find(app, id);
				return job === undefined ? NOT_FOUND : handle(job, request);
			},
		};
	}

	const stream: Route[] = [
		onRequest('GET', '/status/stream', (job, request) => {
			if (options.stream === false) return { status: 404, body: { detail: 'Not Found' } };
			return streamStatus(job, queue, request, options);
		}),
	];
	const wrong = ['GET', 'PUT', 'POST', 'DELETE'].map((method) => ({
		method,
		path: /\/.+\/requests\/.+/,
		handle: () => WRONG_METHOD,
	}));
	return [
		onRequest('GET', '/status', (job, request) => readStatus(job, queue, request)),
		...stream,
		onRequest('GET', '', (job) => readResult(job, options)),
		onRequest('PUT', '/cancel', (job) => cancel(job, queue)),
		...wrong,
		{
			method: 'POST',
			path: /\/(?<endpointId>[^/]+\/.+)/,
			handle: (request, { endpointId = '' }) => submit(endpointId, request, queue, options),
		},
	];
}
