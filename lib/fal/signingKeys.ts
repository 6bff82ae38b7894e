import { createPublicKey, type KeyObject } from 'node:crypto';

import { toTryOnError, type TryOnError, UnreadableAnswer } from '../errors';
import { type Door, isOk, jsonOf } from '../http';
import { isObject, objectOf } from '../json';
import { SECOND_MS, type Timing } from '../time';
import type { FalClient } from './client';

/** Where fal publishes the keys that it signs webhooks with (fal.ai docs, Webhooks). */
const PUBLISHED_AT = '/.well-known/jwks.json';

/** Milliseconds for which keys may be kept: fal wants them to be asked for once a day at least. */
const KEPT_MS = 24 * 3600 * SECOND_MS;

/**
 * Milliseconds between two questions. Whoever sends signatures of other keys makes nobody ask fal
 * more often; a key that fal has just begun to use is known this much later, and fal calls again.
 */
const PAUSE_MS = 60 * SECOND_MS;

/** Milliseconds until the next question after one without an answer. */
const PAUSE_AFTER_FAILURE_MS = 10 * SECOND_MS;

/** Milliseconds for the whole of an answer: fal itself waits 15 s for ours. */
const TIMEOUT_MS = 5 * SECOND_MS;

/** Bytes of an answer; a key takes about a hundred. */
const MAX_BYTES = 64 * 1024;

/** How many keys are tried; fal has a few at a time. */
const MAX_KEYS = 16;

/** What is known of the keys of one address. */
interface Ring {
	keys: readonly KeyObject[];
	/** Milliseconds since the epoch, as all times here. */
	keptUntil: number;
	nextQuestion: number;
	/** Why the last question had no answer. */
	trouble?: TryOnError;
	/** The question that is under way. */
	asking?: Promise<void>;
}

/** By their address; they are the same for every workflow of this n8n. */
const rings = new Map<string, Ring>();

/** Forgets all keys, as a start of n8n does. */
export function forgetKeys(): void {
	rings.clear();
}

function keyOf(entry: unknown): KeyObject[] {
	const { kty, crv, x } = objectOf(entry);
	if (kty !== 'OKP' || crv !== 'Ed25519' || typeof x !== 'string') return [];
	try {
		return [createPublicKey({ key: { kty, crv, x }, format: 'jwk' })];
	} catch {
		// Another key of the list may do.
		return [];
	}
}

/** @throws ConnectionError when there are none to be read */
async function readKeys(door: Door, url: string): Promise<KeyObject[]> {
	const answer = await door.plain({
		method: 'GET',
		url,
		headers: { Accept: 'application/json' },
		timeoutMs: TIMEOUT_MS,
		maxBytes: MAX_BYTES,
		stage: 'result',
	});
	const body = jsonOf(answer);
	const list: unknown[] = isObject(body) && Array.isArray(body.keys) ? body.keys : [];
	const keys = list.slice(0, MAX_KEYS).flatMap(keyOf);
	if (isOk(answer) && keys.length > 0) return keys;
	const message = `${new URL(url).host} does not tell the keys that fal signs its webhooks with.`;
	throw new UnreadableAnswer(message, 'result', { charged: undefined, statusCode: answer.status });
}

async function ask(ring: Ring, door: Door, url: string, { clock }: Timing): Promise<void> {
	try {
		ring.keys = await readKeys(door, url);
		ring.keptUntil = clock.now() + KEPT_MS;
		ring.nextQuestion = clock.now() + PAUSE_MS;
		ring.trouble = undefined;
	} catch (error) {
		ring.trouble = toTryOnError(error, 'result');
		ring.nextQuestion = clock.now() + PAUSE_AFTER_FAILURE_MS;
	}
}

/**
 * Whether a signature was made with one of fal's keys. They are kept; when none of them fits, fal is
 * asked for them anew, by all who wait at once, and not more than once a minute.
 *
 * @param fits tries one key
 * @throws TryOnError when fal's keys cannot be learned now
 */
export async function isSignedByFal(
	{ door, origins }: Pick<FalClient, 'door' | 'origins'>,
	timing: Timing,
	fits: (key: KeyObject) => boolean,
): Promise<boolean> {
	const url = `${origins.rest}${PUBLISHED_AT}`;
	const ring = rings.get(url) ?? { keys: [], keptUntil: 0, nextQuestion: 0 };
	rings.set(url, ring);
	const isKnown = () => timing.clock.now() < ring.keptUntil && ring.keys.some(fits);
	if (isKnown()) return true;
	if (!ring.asking && timing.clock.now() >= ring.nextQuestion) {
		ring.asking = ask(ring, door, url, timing).finally(() => {
			ring.asking = undefined;
		});
	}
	await ring.asking;
	if (isKnown()) return true;
	if (ring.trouble) throw ring.trouble;
	return false;
}
