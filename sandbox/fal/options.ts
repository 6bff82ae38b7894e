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
}

/** How a scripted job goes instead of running. */
export type JobOutcome =
	/** Never leaves this state (a cancel and a start time-out still work). */
	| { kind: 'stuck'; state: 'IN_QUEUE' | 'IN_PROGRESS' }
	/** The model answers so, whatever its input; only the result call shows it. */
	| { kind: 'model'; answer: SandboxAnswer }
	/** The platform fails it: `error` and `error_type` in the status, the same on the result call. */
	| { kind: 'request'; status: number; errorType: string; message: string };

/** How the stand-in fal behaves. May be changed while it runs; each use reads it anew. */
export interface FalOptions {
	/** The only valid key. */
	key: string;
	/** The reason for which the account is locked, or false. */
	locked: string | false;
	/** How many jobs run at the same time. */
	slots: number;
	/** Shortest time in the queue, in milliseconds. */
	pickUpMs: number;
	/** Time from the start of a job that succeeds to its end, in milliseconds. */
	jobMs: number | ((submit: FalSubmit) => number);
	/**
	 * How status streams behave: as fal's; not there at all (404), as behind a proxy that does not
	 * pass them on; or held back whole until their end, as behind a proxy that buffers.
	 */
	stream: boolean | 'buffered';
	/** Whether a cancel stops a job that is running. fal promises no more than to ask the runner. */
	cancelStopsRunning: boolean;
	/** Size of the pictures made, in pixels; default: the endpoint's own. Small ones save time. */
	pictureSize?: { width: number; height: number };
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
	slots: 10,
	pickUpMs: 50,
	jobMs: 2000,
	stream: true,
	cancelStopsRunning: false,
	webhookTries: 4,
	webhookRetryMs: 250,
};
