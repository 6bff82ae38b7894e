import type { SandboxAnswer } from '../types';

/** A submit that was accepted: on the real service, one that costs. */
export interface FalSubmit {
	requestId: string;
	endpointId: string;
	/** The body as JSON; undefined when it was not JSON. */
	input: unknown;
	/** Where the result is to be posted, when the caller asked for it. */
	webhookUrl?: string;
	/** Milliseconds since the epoch; set when the job ends. */
	completedAt?: number;
	/** What it is billed, in the unit that the endpoint is priced in; set when the job ends. */
	billedUnits?: number;
}

/** What the status of a completed job says of a failure. Source: fal.ai/docs, Queue API, "Status". */
export interface StatusError {
	error?: string;
	errorType?: string;
}

/** What an endpoint costs. Source: fal.ai/docs, Platform APIs, Pricing. */
export interface Price {
	/** US dollars. */
	unitPrice: number;
	/** Such as `images` or `megapixels`. */
	unit: string;
}

/** How a scripted job goes instead of running. */
export type JobOutcome =
	/** Never leaves this state (a cancel and a start time-out still work). */
	| { kind: 'stuck'; state: 'IN_QUEUE' | 'IN_PROGRESS' }
	/**
	 * The model answers so, whatever its input. The result call shows it; the status too when told to.
	 * A header `X-Fal-Billable-Units` in it is what it is billed, as a 422 may be (fal.ai/docs, FAQ).
	 */
	| { kind: 'model'; answer: SandboxAnswer; statusError?: StatusError }
	/**
	 * The model succeeds with this body, such as only another model gives: no picture at all, one
	 * `image` instead of `images`, no object.
	 * @param units what it is billed; default: the pictures in `images`, or 1 without such a list
	 */
	| { kind: 'output'; body: unknown; units?: number; statusError?: StatusError }
	/** The platform fails it: `error` and `error_type` in the status, the same on the result call. */
	| { kind: 'request'; status: number; errorType: string; message: string };

/** How the stand-in fal behaves. May be changed while it runs; each use reads it anew. */
export interface FalOptions {
	/** The only valid key. */
	key: string;
	/** The reason for which the account is locked, or false. */
	locked: string | false;
	/**
	 * What is left on the account, in US dollars. Each job takes off what it is billed when it ends, so
	 * that it may go below zero; at zero or below the account is locked. Default: never used up.
	 */
	balance?: number;
	/** Endpoints that exist besides FASHN's, by id. Their jobs need a scripted outcome. */
	otherEndpoints: Record<string, Price>;
	/**
	 * How many jobs run at the same time. fal lets new accounts run 2, and up to 40 after payments
	 * (fal.ai/docs, Concurrency limits); what is beyond waits in the queue.
	 */
	slots: number;
	/** Shortest time in the queue, in milliseconds. */
	pickUpMs: number;
	/**
	 * Time from the start of a job that succeeds to its end, in milliseconds. A promise holds the job
	 * until somebody lets it go on.
	 */
	jobMs: number | ((submit: FalSubmit) => number | Promise<number>);
	/**
	 * How status streams behave: as fal's; not there at all (404), as behind a proxy that does not
	 * pass them on; or held back whole until their end, as behind a proxy that buffers.
	 */
	stream: boolean | 'buffered';
	/**
	 * Whether the status of a job that the model failed says so too. The docs say that it does, and live
	 * it was seen not to (TanStack/ai#396): a caller must be right with both.
	 */
	failuresInStatus: boolean;
	/**
	 * What a cancel does to a job that waits, and what it answers: removes it, `OK` (fal.ai/docs,
	 * inference API); removes it, but promises no more than for a running job, `CANCELLATION_REQUESTED`
	 * (the Queue API page); or comes too late: the same answer, and the job runs.
	 */
	queuedCancel: 'removed' | 'requested' | 'late';
	/**
	 * How a job shows that was removed from the queue. fal documents no state for it: failed, with the
	 * error type and code that its docs have for a cancelled request (`client_cancelled`, 499), or not
	 * found any more.
	 */
	removedShows: 'failed' | 'gone';
	/** Whether a cancel stops a job that is running. fal promises no more than to ask the runner. */
	cancelStopsRunning: boolean;
	/**
	 * How many attempts at a job fail before one counts: fal itself takes it back into the queue after
	 * each, unless the caller wants no retry (fal.ai/docs, Understanding Requests).
	 */
	failingAttempts: number | ((submit: FalSubmit) => number);
	/**
	 * How long a result that is not stored is kept, in milliseconds; default: as long as fal says, which
	 * is an hour, and six minutes from 10 KB. Afterwards it is not found.
	 */
	resultKeptMs?: number;
	/** Size of the pictures made, in pixels; default: the endpoint's own. Small ones save time. */
	pictureSize?: { width: number; height: number };
	/**
	 * Whether the request history lists a request that still runs. fal documents neither, and a caller
	 * must be right with both. One that has not started is never listed: an entry has its start.
	 */
	historyShowsRunning: boolean;
	/** How long after its end a request comes up in the history, in milliseconds. */
	historyDelayMs: number;
	/** Which time of an entry `start` and `end` are about. fal documents none. */
	historyTime: 'sent_at' | 'started_at' | 'ended_at';
	/**
	 * Whether webhooks may go to this machine, over http too, as a test's or the demo's own receiver
	 * needs it. fal drops them: it calls public addresses only, over https.
	 */
	loopbackWebhooks: boolean;
	/** Set: webhooks bring no payload but this, as when fal could not write the payload as JSON. */
	webhookPayloadError?: string;
	/** How often a webhook is tried. fal tries more often, over hours. */
	webhookTries: number;
	/** Pause before the second try of a webhook, in milliseconds; doubled before each later one. */
	webhookRetryMs: number;
	/** Scripts single jobs; undefined lets the job run. */
	outcome?: (submit: FalSubmit) => JobOutcome | undefined;
}

/** The behaviour of a stand-in that was told nothing. */
export const FAL_DEFAULTS: FalOptions = {
	key: 'sandbox-id:sandbox-secret',
	locked: false,
	otherEndpoints: {},
	slots: 10,
	pickUpMs: 50,
	jobMs: 2000,
	stream: true,
	failuresInStatus: false,
	queuedCancel: 'removed',
	removedShows: 'failed',
	cancelStopsRunning: false,
	failingAttempts: 0,
	historyShowsRunning: false,
	historyDelayMs: 200,
	historyTime: 'ended_at',
	loopbackWebhooks: false,
	webhookTries: 4,
	webhookRetryMs: 250,
};
