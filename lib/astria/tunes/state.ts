import { type Charged, JobFailedError, MaxWaitError } from '../../errors';
import { readFault } from '../api/errors';
import { textOf, timeOf } from '../api/json';
import type { Tune } from './calls';

/** Where a tune is. */
export type TuneState = 'queued' | 'training' | 'trained' | 'failed' | 'expired';

/**
 * Signs of a training that failed. Astria documents none; its trainer reports `fail_message`, its
 * database has `failed_at` (docs.astria.ai, API overview, 2023), and clients have met the others.
 */
const FAILURE_SIGNS = ['fail_message', 'user_error', 'error', 'failed_at'];

const FAILED_WORDS = new Set(['failed', 'error']);

function says(value: unknown): boolean {
	if (Array.isArray(value)) return value.length > 0;
	return value !== undefined && value !== null && value !== false && value !== '';
}

function hasFailed(tune: Tune): boolean {
	const status = textOf(tune.status)?.toLowerCase() ?? '';
	return FAILURE_SIGNS.some((sign) => says(tune[sign])) || FAILED_WORDS.has(status);
}

/**
 * @param now milliseconds since the epoch, by Astria's clock
 */
export function stateOf(tune: Tune, now: number): TuneState {
	if (hasFailed(tune)) return 'failed';
	const expires = timeOf(tune.expires_at);
	if (expires !== undefined && expires <= now) return 'expired';
	if (says(tune.trained_at)) return 'trained';
	return says(tune.started_training_at) ? 'training' : 'queued';
}

/** Astria's own words about a failure, where it has any. */
function wordsOf(tune: Tune): string {
	const [first = ''] = FAILURE_SIGNS.filter((sign) => sign !== 'failed_at')
		.map((sign) => readFault(tune[sign]).words)
		.filter((words) => words !== '');
	return first;
}

function failed(tune: Tune): JobFailedError {
	const words = wordsOf(tune);
	const said =
		words === '' ? 'Astria gives no reason.' : `Astria says: ${words.replace(/\.$/, '')}.`;
	return new JobFailedError(`The training failed. ${said} Look at the pictures and try others.`, {
		stage: 'wait',
		retryable: false,
		charged: 'unknown',
		...(words !== '' && { serviceMessage: words }),
	});
}

function expired(tune: Tune): JobFailedError {
	const since = textOf(tune.expires_at) ?? 'some time ago';
	return new JobFailedError(
		`The tune expired on ${since}: Astria keeps tunes for 30 days after their training, unless Auto Extend is on.`,
		{ stage: 'wait', retryable: false, charged: 'yes' },
	);
}

/**
 * Judges a tune that is waited for.
 *
 * @param now milliseconds since the epoch, by Astria's clock
 * @returns the tune when it is trained, `undefined` when it is not yet
 * @throws JobFailedError when it failed or expired
 */
export function trainedOrNot(tune: Tune, now: number): Tune | undefined {
	switch (stateOf(tune, now)) {
		case 'failed':
			throw failed(tune);
		case 'expired':
			throw expired(tune);
		case 'trained':
			return tune;
		default:
			return undefined;
	}
}

/**
 * The error of a wait that took too long.
 *
 * @param last what Astria showed last
 * @param maxWait milliseconds
 */
export function notTrained(
	last: Tune | undefined,
	maxWait: number,
	charged: Charged,
): MaxWaitError {
	const eta = textOf(last?.eta);
	const started = says(last?.started_training_at);
	const state = started ? 'was still in training' : 'had not started training';
	const expected = eta === undefined ? '' : ` Astria expected it to be ready at ${eta}.`;
	return new MaxWaitError(
		`The tune ${state} after ${Math.round(maxWait / 1000)} s, the 'Max Wait' of this node.${expected}`,
		{ stage: 'wait', retryable: true, charged },
	);
}
