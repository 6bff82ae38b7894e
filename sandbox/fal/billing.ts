import { isRecord } from '../json';
import type { SandboxAnswer } from '../types';
import { priceOf } from './endpoints';
import type { FalOptions, FalSubmit } from './options';

/** Tells on the result what a request is billed. Source: fal.ai/docs, Platform Headers. */
export const UNITS_HEADER = 'X-Fal-Billable-Units';

/** Money is kept in steps of a millionth, so that three pictures of $0.075 are $0.225. */
const STEPS_PER_DOLLAR = 1_000_000;

function headerOf({ headers = {} }: SandboxAnswer): string | undefined {
	const name = UNITS_HEADER.toLowerCase();
	return Object.entries(headers).find(([key]) => key.toLowerCase() === name)?.[1];
}

/**
 * What a job is billed that ended with this answer: what the answer says itself, else the pictures
 * of a success (1 where there is no list of them), and nothing for a failure.
 * @returns undefined for a 5xx without a word of its own: never billed (fal.ai/docs, FAQ)
 */
export function billedUnits(answer: SandboxAnswer): number | undefined {
	const told = headerOf(answer);
	if (told !== undefined) return Number(told);
	const { status, body } = answer;
	if (status >= 500) return undefined;
	if (status >= 400) return 0;
	return isRecord(body) && Array.isArray(body.images) ? body.images.length : 1;
}

/** Takes what an ended job is billed off the account, where the account has a limit. */
export function charge({ endpointId, billedUnits: units = 0 }: FalSubmit, options: FalOptions) {
	if (options.balance === undefined) return;
	const cost = units * (priceOf(endpointId, options)?.unitPrice ?? 0);
	options.balance = Math.round((options.balance - cost) * STEPS_PER_DOLLAR) / STEPS_PER_DOLLAR;
}
