import type { IBinaryData, IExecuteFunctions } from 'n8n-workflow';

import { ConnectionError, TryOnError } from '../errors';
import { type Door, isOk, type StreamAnswer } from '../http';
import { type Timing, withRetries } from '../jobs/retry';
import { sniff, SNIFF_BYTES } from './sniff';
import { peek } from './streams';

/** A picture to fetch. */
export interface Download {
	url: string;
	/** Without its extension, which follows from the bytes. */
	stem: string;
	/** What the service says it is, for bytes that are not known. */
	contentType?: string;
}

/** Milliseconds between tries; finished pictures stay for hours at least. */
const PAUSES = [500, 2_000, 5_000];

/** Milliseconds without an answer. */
const TIMEOUT = 120_000;

/** Milliseconds for the whole of a picture; a connection that stalls must not hold the row. */
const WHOLE_TIMEOUT = 300_000;

const DATA_URI = /^data:([^;,]+);base64,/;

function failure({ url }: Download, what: string, retryable: boolean): TryOnError {
	const { host } = new URL(url);
	return new TryOnError(`The picture could not be downloaded from ${host}: ${what}`, {
		stage: 'download',
		retryable,
		charged: 'yes',
	});
}

function mayPass(error: unknown): boolean {
	return (
		error instanceof ConnectionError || (error instanceof TryOnError && error.details.retryable)
	);
}

async function store(
	context: IExecuteFunctions,
	download: Download,
	{ stream, headers }: StreamAnswer,
): Promise<IBinaryData> {
	const head = await peek(stream, SNIFF_BYTES);
	if (head.length === 0) throw new Error('it is empty');
	const type = sniff(head);
	const mimeType = type?.mimeType ?? download.contentType ?? headers['content-type'];
	const name = type ? `${download.stem}.${type.extension}` : download.stem;
	// Not every version of n8n notices that a stream fails under its reading.
	const failed = new Promise<never>((_, reject) => stream.once('error', reject));
	return await Promise.race([context.helpers.prepareBinaryData(stream, name, mimeType), failed]);
}

/**
 * Fetches a finished picture into n8n's binary store, streamed, without a key.
 *
 * @throws TryOnError after several tries; the picture's address stays valid
 */
export async function downloadPicture(
	context: IExecuteFunctions,
	door: Door,
	timing: Timing,
	download: Download,
): Promise<IBinaryData> {
	const [inline] = DATA_URI.exec(download.url) ?? [];
	if (inline !== undefined) {
		const bytes = Buffer.from(download.url.slice(inline.length), 'base64');
		const type = sniff(bytes);
		const name = type ? `${download.stem}.${type.extension}` : download.stem;
		return await context.helpers.prepareBinaryData(bytes, name, type?.mimeType);
	}
	return await withRetries(timing, { pauses: PAUSES, again: mayPass }, async () => {
		const limit = AbortSignal.timeout(WHOLE_TIMEOUT);
		const answer = await door.plainStream({
			method: 'GET',
			url: download.url,
			timeoutMs: TIMEOUT,
			signal: timing.signal ? AbortSignal.any([timing.signal, limit]) : limit,
			stage: 'download',
		});
		if (!isOk(answer)) {
			answer.stream.destroy();
			throw failure(
				download,
				`status ${answer.status}.`,
				answer.status >= 500 || answer.status === 429,
			);
		}
		try {
			return await store(context, download, answer);
		} catch (error) {
			answer.stream.destroy();
			const message = error instanceof Error ? error.message : String(error);
			throw failure(download, `${message}.`, true);
		}
	});
}
