import { appOf } from './endpoints';
import type { Job } from './job';
import type { FalQueue } from './queue';

/** Where to read and steer a request. */
export interface RequestUrls {
	response_url: string;
	status_url: string;
	cancel_url: string;
}

/** What a caller wants to see. */
export interface StatusView {
	/** Where the caller found us: the URLs in the answer start so. */
	origin: string;
	/** Whether `?logs=1` was asked for. */
	withLogs: boolean;
}

/** The addresses of a request: under its application, never under the endpoint's whole path. */
export function requestUrls(job: Job, origin: string): RequestUrls {
	const { endpointId, requestId } = job.submit;
	const base = `${origin}/${appOf(endpointId)}/requests/${requestId}`;
	return { response_url: base, status_url: `${base}/status`, cancel_url: `${base}/cancel` };
}

/**
 * The status of a request, as a body. A failed request is COMPLETED like any other; what the status
 * says of the failure, if anything, is the job's own. Source: fal.ai/docs, Queue API.
 * @param logsFrom leaves out as many of the oldest log lines
 */
export function statusBody(job: Job, queue: FalQueue, view: StatusView, logsFrom = 0) {
	const base = {
		status: job.state,
		request_id: job.submit.requestId,
		...requestUrls(job, view.origin),
	};
	const logs = view.withLogs ? job.logs.slice(logsFrom) : null;
	switch (job.state) {
		case 'IN_QUEUE':
			return { ...base, queue_position: queue.position(job) };
		case 'IN_PROGRESS':
			return { ...base, logs };
		case 'COMPLETED':
			return {
				...base,
				logs,
				metrics: { inference_time: job.inferenceTime },
				error: job.end?.statusError?.error,
				error_type: job.end?.statusError?.errorType,
			};
	}
}

/**
 * The status of a request as a stream: at once, at each change, and a last time when it is
 * COMPLETED. Each event carries only the log lines that are new, as `@fal-ai/client` adds them up.
 */
export async function* statusEvents(job: Job, queue: FalQueue, view: StatusView) {
	let previous = '';
	let logsSent = 0;
	for (;;) {
		// Asked for first, or a change between the look and the wait would be missed.
		const changed = job.changed();
		if (job.isGone) return;
		const event = statusBody(job, queue, view, logsSent);
		const news = [job.state, queue.position(job), view.withLogs ? job.logs.length : 0].join(' ');
		logsSent = job.logs.length;
		if (news !== previous) yield event;
		if (event.status === 'COMPLETED') return;
		previous = news;
		await changed;
	}
}
