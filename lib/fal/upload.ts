import { ConnectionError, toTryOnError } from '../errors';
import type { Door } from '../http';
import { type Timing, withRetries } from '../jobs/retry';
import { isObject, type JsonObject, numberOf, objectOf, textOf } from '../json';
import { StreamedFile } from '../media/file';
import type { Picture } from '../media/picture';
import { urlOf } from '../url';
import { createClient, type FalClient, type FalOrigins } from './client';
import { falMayPass } from './errors';

/** A picture of the item. */
export type FilePicture = Extract<Picture, { kind: 'file' }>;

/** Uploads that one node has made in one execution, by the hash of the bytes; kept as JSON. */
export type UploadMemory = JsonObject;

/** Milliseconds between tries; an upload costs nothing. */
const PAUSES_MS = [500, 1_500, 4_000];

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
		{ door, origins, timing }: { door: Door; origins: FalOrigins; timing: Timing },
		private readonly lifetimeS: number,
		private readonly memory: UploadMemory,
	) {
		this.client = createClient(door, origins);
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
				{ pausesMs: PAUSES_MS, again: falMayPass },
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
		const details = { stage: 'upload', retryable: true, charged: 'no' } as const;
		throw new ConnectionError("fal's answer holds no address for the picture.", details, true);
	}
}
