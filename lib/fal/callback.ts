import { createHash, createPublicKey, type KeyObject, verify } from 'node:crypto';

import { toTryOnError, type TryOnError, UnreadableAnswer } from '../errors';
import { type Door, isOk, jsonOf } from '../http';
import { isObject, objectOf } from '../json';
import { SECOND_MS, type Timing } from '../time';
import { type FalClient, isRequestId } from './client';

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
async function isSignedByFal(
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

/** How far the time in a webhook may be from ours (fal.ai docs, Webhooks). */
const MAX_AGE_MS = 300 * SECOND_MS;

/** Longest id that is looked at; fal's are UUIDs. */
const MAX_ID_LENGTH = 128;

/** Bytes of a body that is hashed; n8n takes 16 MiB unless told otherwise. */
const MAX_BODY_BYTES = 32 * 1024 * 1024;

const SECONDS = /^\d{1,12}$/;

/** 64 bytes, in hexadecimal digits. */
const SIGNATURE = /^[0-9a-f]{128}$/i;

/** A call of the node's address: by whomever it is. */
export interface Call {
	/** Names in lower case. */
	headers: Readonly<Record<string, string | string[] | undefined>>;
	/** The bytes as they came; `undefined` where n8n has taken them apart. */
	body: Buffer | undefined;
}

type CheckedCall = { requestId: string } | { refusal: string };

interface Signed {
	requestId: string;
	/** The text that the signature is of. */
	message: Buffer;
	signature: Buffer;
}

const refuse = (refusal: string) => ({ refusal });

/**
 * Reads the parts of a signature (fal.ai docs, Webhooks, Verifying signatures). What is cheap is
 * looked at first.
 *
 * @param now milliseconds since the epoch
 */
function readSigned({ headers, body }: Call, now: number): Signed | { refusal: string } {
	const [requestId, userId, timestamp, signature] = [
		'request-id',
		'user-id',
		'timestamp',
		'signature',
	].map((name) => headers[`x-fal-webhook-${name}`]);
	if (!isRequestId(requestId) || requestId.length > MAX_ID_LENGTH) {
		return refuse('It names no request.');
	}
	if (typeof userId !== 'string' || userId.length > MAX_ID_LENGTH) {
		return refuse('It names no user.');
	}
	if (typeof timestamp !== 'string' || !SECONDS.test(timestamp)) {
		return refuse('It does not say when it was sent.');
	}
	if (Math.abs(now - Number(timestamp) * SECOND_MS) > MAX_AGE_MS) {
		return refuse('It was sent too long ago, or the clock of this machine is wrong.');
	}
	if (typeof signature !== 'string' || !SIGNATURE.test(signature)) {
		return refuse('It has no signature.');
	}
	if (body === undefined) return refuse('Its body is not JSON.');
	if (body.length > MAX_BODY_BYTES) return refuse('Its body is too large.');
	const digest = createHash('sha256').update(body).digest('hex');
	return {
		requestId,
		message: Buffer.from([requestId, userId, timestamp, digest].join('\n')),
		signature: Buffer.from(signature, 'hex'),
	};
}

function idIn(body: Buffer | undefined): unknown {
	try {
		return objectOf(JSON.parse(body?.toString('utf8') ?? '')).request_id;
	} catch {
		return undefined;
	}
}

/**
 * Checks whether a call is one of fal's webhooks. fal signs for every account: whose job it is about
 * is another question.
 *
 * @throws TryOnError when fal's keys cannot be learned now
 */
export async function checkCall(
	client: FalClient,
	timing: Timing,
	call: Call,
): Promise<CheckedCall> {
	const signed = readSigned(call, timing.clock.now());
	if ('refusal' in signed) return signed;
	const { requestId, message, signature } = signed;
	const fits = (key: KeyObject) => verify(null, message, key, signature);
	if (!(await isSignedByFal(client, timing, fits))) {
		return refuse('Its signature is not of fal.');
	}
	// The body is signed along with the header, so this can only be a mistake of fal's own.
	return idIn(call.body) === requestId ? { requestId } : refuse('It names two requests.');
}
