import { ConnectionError } from '../errors';
import type { RetryPlan } from '../jobs/retry';
import { FalAnswerError } from './errors';

/** What a call may be answered for a moment. */
const PASSING = new Set([408, 425, 429]);

/**
 * Whether a call that only reads may succeed when it is made again. fal hands on the model's own
 * answer, errors too. So a list of causes is the last word about a job, whatever its status, and
 * anything else is trouble on the way.
 */
export function mayPass(error: unknown): boolean {
	if (error instanceof ConnectionError) return true;
	if (!(error instanceof FalAnswerError) || error.fault.isModels) return false;
	return error.status >= 500 || PASSING.has(error.status);
}

/** How a call is made again that only reads. */
export const READS = {
	pauses: [500, 1_000, 2_000, 4_000, 8_000],
	again: mayPass,
} as const satisfies RetryPlan;
