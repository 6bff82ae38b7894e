import { randomBytes } from 'node:crypto';
import type { Route, SandboxAnswer, SandboxRequest } from './types';

/** How long a stored file lives, as fal's `X-Fal-Object-Lifecycle` header says it. */
export interface Lifecycle {
	/** Seconds from now; null means for ever. */
	expiration_duration_seconds?: number | null;
	initial_acl?: unknown;
}

/** A file of the media listener, public to everyone who has its URL. */
export interface MediaFile {
	url: string;
	contentType: string;
	/** Absent until an announced upload has arrived. */
	bytes?: Buffer;
	/** The lifecycle that came with it, if any. */
	lifecycle?: Lifecycle;
	/** Milliseconds since the epoch; absent means never. */
	expiresAt?: number;
}

/** What may be said about a new file besides its type. */
export interface FileHints {
	/** Becomes the end of the URL's path; without it the URL has no file extension. */
	fileName?: string;
	lifecycle?: Lifecycle;
}

const NOT_FOUND: SandboxAnswer = { status: 404, body: { detail: 'File not found' } };

const MS_PER_SECOND = 1000;

function randomName(): string {
	return randomBytes(9).toString('base64url');
}

/** The files of a sandbox, by URL path. */
export class MediaStore {
	private readonly byPath = new Map<string, MediaFile>();

	/** @param origin tells the media listener's origin once it listens */
	constructor(private readonly origin: () => string) {}

	/** Makes a file public at once and returns its URL. */
	publish(bytes: Buffer, contentType: string, hints: FileHints = {}): string {
		const file = this.announce(contentType, hints);
		file.bytes = bytes;
		return file.url;
	}

	/** Gives out the URL of a file whose bytes come later; until then it is not found. */
	announce(contentType: string, { fileName, lifecycle }: FileHints = {}): MediaFile {
		const name = randomName() + (fileName === undefined ? '' : `_${encodeURIComponent(fileName)}`);
		const path = `/files/b/${randomBytes(4).toString('hex')}/${name}`;
		const seconds = lifecycle?.expiration_duration_seconds;
		const file: MediaFile = {
			url: this.origin() + path,
			contentType,
			lifecycle,
			expiresAt: typeof seconds === 'number' ? Date.now() + seconds * MS_PER_SECOND : undefined,
		};
		this.byPath.set(path, file);
		return file;
	}

	/** All files ever published or announced, oldest first. */
	files(): MediaFile[] {
		return [...this.byPath.values()];
	}

	/** `GET` of a file. Expired, unknown and not yet uploaded files are not found. */
	routes(): Route[] {
		return [{ method: 'GET', path: /\/files\/.+/, handle: ({ path }) => this.serve(path) }];
	}

	private serve(path: string): SandboxAnswer {
		const file = this.byPath.get(path);
		if (file?.bytes === undefined) return NOT_FOUND;
		if (file.expiresAt !== undefined && file.expiresAt <= Date.now()) return NOT_FOUND;
		return { status: 200, headers: { 'Content-Type': file.contentType }, body: file.bytes };
	}
}

/**
 * Refuses a call that carries a key: public files and pre-signed URLs are on hosts that must never
 * see it. A real store answers 400 too ("Only one auth mechanism allowed", Amazon S3).
 */
export function refuseKeys({ headers }: SandboxRequest): SandboxAnswer | undefined {
	if (headers.authorization === undefined) return undefined;
	return { status: 400, body: { detail: 'Only one auth mechanism allowed' } };
}
