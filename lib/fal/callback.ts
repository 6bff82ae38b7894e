import { createHash, type KeyObject, verify } from 'node:crypto';

import { objectOf } from '../json';
import { SECOND_MS, type Timing } from '../time';
import { type FalClient, isRequestId } from './client';
import { isSignedByFal } from './signingKeys';

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
