import type { IDataObject } from 'n8n-workflow';

import { ConnectionError, toTryOnError, UnknownOutcomeError, UnreadableAnswer } from '../errors';
import { Claims } from '../jobs/memory';
import { mayPass, neverSent, stoppedError, type Timing, withRetries } from '../time';
import { hashOf, isObject, type JsonObject, numberOf, objectOf, textOf } from '../json';
import { StreamedFile } from '../media/file';
import type { Picture } from '../media/picture';
import { urlOf } from '../url';
import { type FalClient, type FalJob, isRequestId } from './client';
import { FalAnswerError, retryHinted } from './errors';
import { type RequestOptions, submitExtras } from './fields/options';

/** A picture of the item. */
export type FilePicture = Extract<Picture, { kind: 'file' }>;

/** Uploads that one node has made in one execution, by the hash of the bytes; kept as JSON. */
export type UploadMemory = JsonObject;

/** Milliseconds between tries; an upload costs nothing. */
const UPLOAD_PAUSES_MS = [500, 1_500, 4_000];

/** A remembered upload is used while it lives at least this many milliseconds more. */
const SAFETY_MS = 15 * 60_000;

/** Puts pictures into fal's storage, the same bytes once. */
export class Uploader {
	private readonly pending = new Map<string, Promise<string>>();
	private readonly client: FalClient;
	private readonly timing: Timing;

	/**
	 * @param lifetimeS seconds after which fal deletes the file
	 * @param memory survives Retry On Fail, since n8n keeps it with the execution
	 */
	constructor(
		{ client, timing }: { client: FalClient; timing: Timing },
		private readonly lifetimeS: number,
		private readonly memory: UploadMemory,
	) {
		this.client = client;
		this.timing = timing;
	}

	/**
	 * @returns the public address of the picture
	 * @throws FalAnswerError, ConnectionError after several tries
	 */
	async upload(picture: FilePicture): Promise<string> {
		const { url, until } = objectOf(this.memory[picture.sha256]);
		const known = textOf(url);
		if (known && (numberOf(until) ?? 0) - SAFETY_MS > this.timing.clock.now()) return known;
		const pending = this.pending.get(picture.sha256) ?? this.send(picture);
		this.pending.set(picture.sha256, pending);
		return await pending;
	}

	private async send(picture: FilePicture): Promise<string> {
		const { sha256, file, size, fileName, type } = picture;
		try {
			const url = await withRetries(
				this.timing,
				{ pausesMs: UPLOAD_PAUSES_MS, again: mayPass },
				async () => this.put(new StreamedFile(file, size, fileName, type.mimeType)),
			);
			this.memory[sha256] = { url, until: this.timing.clock.now() + this.lifetimeS * 1000 };
			return url;
		} finally {
			this.pending.delete(sha256);
		}
	}

	/** The client takes for granted that fal's answer is what it should be. */
	private async put(file: StreamedFile): Promise<string> {
		const lifecycle = { expiresIn: this.lifetimeS };
		try {
			const url: unknown = await this.client.storage.upload(file, { lifecycle });
			if (typeof url === 'string' && urlOf(url)) return url;
		} catch (error) {
			// What the client trips over in an answer; by its name, since Node's own are of another realm
			// in a test.
			if (!isObject(error) || error.name !== 'TypeError') throw toTryOnError(error, 'upload');
		}
		throw new UnreadableAnswer("fal's answer holds no address for the picture.", 'upload');
	}
}

/** A value with the names of every object in one order. */
function ordered(value: unknown): unknown {
	if (Array.isArray(value)) return value.map(ordered);
	if (!isObject(value)) return value;
	const names = Object.keys(value).sort();
	return Object.fromEntries(names.map((name) => [name, ordered(value[name])]));
}

/**
 * What two requests have in common exactly when they ask for the same: fal hands JSON back with its
 * names in any order. A field that only one of them has makes them differ, whatever its value.
 */
export function requestKey(endpointId: string, input: unknown): string {
	// What is sent is JSON: a field that is undefined does not get there, and 1.0 is 1.
	const sent: unknown = JSON.parse(JSON.stringify([endpointId, input]));
	return hashOf([ordered(sent)]);
}

/**
 * The jobs of this process: n8n runs workflows side by side in it. What another process has bought
 * in the same seconds cannot be known, and need not: see `lost.ts`.
 */
export const CLAIMS = new Claims<string>();

/** What fal answers to a submit. */
export type FalJobHandle = FalJob & {
	statusUrl?: string;
	responseUrl?: string;
	cancelUrl?: string;
	queuePosition?: number;
	/** That of its input, where it has one. */
	seed?: number;
	/** What fal calls when it has ended. */
	callback?: string;
	/** What its state was when it was found; absent means that it was just taken. */
	status?: 'IN_QUEUE' | 'IN_PROGRESS' | 'COMPLETED';
};

/** Reads a job back from where it was kept; `undefined` when it is none. */
export function reviveJob({
	endpointId,
	requestId,
	...stored
}: IDataObject): FalJobHandle | undefined {
	if (typeof endpointId !== 'string' || !isRequestId(requestId)) return undefined;
	return {
		endpointId,
		requestId,
		submittedAt: numberOf(stored.submittedAt) ?? 0,
		statusUrl: textOf(stored.statusUrl),
		responseUrl: textOf(stored.responseUrl),
		cancelUrl: textOf(stored.cancelUrl),
		seed: numberOf(stored.seed),
		callback: textOf(stored.callback),
	};
}

/** A request that was sent, and nobody knows whether fal took it: its answer is lost. */
export class LostAnswerError extends UnknownOutcomeError {
	/**
	 * @param reason a sentence that goes on from "The request was sent, but"
	 * @param sentAt milliseconds since the epoch, by this machine's clock
	 * @param lostAt the same, of the moment at which its answer was given up
	 */
	constructor(
		reason: string,
		readonly sentAt: number,
		readonly lostAt: number,
		statusCode?: number,
	) {
		super(
			`The request was sent, but ${reason} It is unknown whether fal took it, so it was not sent again and may be charged.`,
			{
				stage: 'submit',
				retryable: false,
				charged: 'unknown',
				statusCode,
			},
		);
	}
}

/** Milliseconds between tries of a submit that was certainly not taken. */
const SUBMIT_PAUSES_MS = [1_000, 2_000, 5_000, 10_000, 20_000, 30_000];

function certainlyNotTaken(error: unknown): boolean {
	if (neverSent(error)) return true;
	if (!(error instanceof FalAnswerError)) return false;
	return error.status === 429 || (error.status === 503 && retryHinted(error.headers));
}

/** A refusal that says by its status that fal did not take the job: any 4xx, or a redirect. */
function refused(error: unknown): boolean {
	return certainlyNotTaken(error) || (error instanceof FalAnswerError && error.status < 500);
}

/**
 * Submits a job: once. It is sent again only when fal certainly did not take it: on 429, on 503
 * with a hint to retry, or when the connection was never made. fal knows no idempotency key.
 *
 * @param claims gets the job's id as soon as it is there
 * @param request `input` is the model's
 * @throws FalAnswerError when fal refuses; LostAnswerError when nobody knows; StoppedError, and
 * nothing was sent, when the signal is aborted
 */
export async function submit(
	client: FalClient,
	timing: Timing,
	claims: Claims<string>,
	request: { endpointId: string; input: Readonly<JsonObject>; options: RequestOptions },
): Promise<FalJobHandle> {
	const { endpointId, input, options } = request;
	const { clock } = timing;
	const extras = submitExtras(options);
	const key = requestKey(endpointId, input);
	let sentAt = clock.now();
	const send = async () => {
		// An upload that Stop has met ends first; what it was for is not bought any more.
		if (timing.signal?.aborted) throw stoppedError(timing.signal);
		sentAt = clock.now();
		const sent: unknown = await client.queue.submit(endpointId, { input, ...extras });
		const { request_id: requestId, ...answer } = objectOf(sent);
		if (isRequestId(requestId)) claims.take(requestId);
		return { ...answer, requestId };
	};
	const lost = (reason: string, statusCode?: number) =>
		new LostAnswerError(reason, sentAt, clock.now(), statusCode);
	let answer: Awaited<ReturnType<typeof send>> & JsonObject;
	try {
		// No signal goes with it: a submit that is under way is awaited, or its id would be lost.
		answer = await withRetries(
			timing,
			{ pausesMs: SUBMIT_PAUSES_MS, again: certainlyNotTaken },
			async () => await claims.during(key, send),
		);
	} catch (error) {
		if (error instanceof ConnectionError && error.sent) {
			throw lost(lowerFirst(error.message), error.details.statusCode);
		}
		if (error instanceof FalAnswerError && !refused(error)) {
			throw lost(`the answer was status ${error.status}.`, error.status);
		}
		throw error;
	}
	const { requestId } = answer;
	if (!isRequestId(requestId)) throw lost('the answer held no usable request id.');
	return {
		endpointId,
		requestId,
		submittedAt: clock.now(),
		statusUrl: textOf(answer.status_url),
		responseUrl: textOf(answer.response_url),
		cancelUrl: textOf(answer.cancel_url),
		queuePosition: numberOf(answer.queue_position),
	};
}

const lowerFirst = (text: string) => text.charAt(0).toLowerCase() + text.slice(1);
