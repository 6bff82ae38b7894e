import { encodeBody } from '../respond';
import type { Job } from './job';
import type { FalOptions } from './options';

/** How long a result is kept that is not stored. Source: fal.ai/docs, inference API, "Get request result". */
const KEPT_MS = 60 * 60 * 1000;
const LARGE_KEPT_MS = 6 * 60 * 1000;
const LARGE_BYTES = 10 * 1024;

/** A larger result is not stored, whatever the caller wants. Source: fal.ai/docs, Webhooks. */
const MAX_STORED_BYTES = 1024 * 1024;

/**
 * Whether the result of an ended job is not to be had any more. Stored ones are kept for 30 days,
 * which no sandbox lives to see.
 */
export function isForgotten({ end, endedAt, terms }: Job, { resultKeptMs }: FalOptions): boolean {
	if (end === undefined || endedAt === undefined) return false;
	const age = Date.now() - endedAt;
	if (age < (resultKeptMs ?? LARGE_KEPT_MS)) return false;
	const size = encodeBody(end.answer.body).bytes.length;
	if (terms.storesIo && size <= MAX_STORED_BYTES) return false;
	return age >= (resultKeptMs ?? (size >= LARGE_BYTES ? LARGE_KEPT_MS : KEPT_MS));
}
