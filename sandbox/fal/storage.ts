import { createHash, randomBytes } from 'node:crypto';
import { isRecord, parseJson } from '../json';
import type { MediaFile, MediaStore } from '../media';
import type { Route, SandboxAnswer, SandboxRequest } from '../types';
import { checkAccount } from './access';
import { detail } from './errors';
import { readLifecycle } from './lifecycle';
import type { FalOptions } from './options';

/** A pre-signed upload that was handed out: for one file, of one type, once. */
interface Upload {
	file: MediaFile;
	/** What the URL is signed with: nobody else can upload there. */
	signature: string;
	/** The parts of a multipart upload that have arrived, by number; absent for a plain one. */
	parts?: Map<number, Buffer>;
}

const NO_CONTENT_TYPE = detail('missing', 'Field required', { field: 'content_type' });

/** The longest life of a CDN token, in milliseconds. */
const TOKEN_MS = 60 * 60 * 1000;

function etagOf(bytes: Buffer): string {
	return `"${createHash('md5').update(bytes).digest('hex')}"`;
}

function forbidden(): SandboxAnswer {
	const detail = 'The upload URL is unknown, used, or not signed for this request';
	return { status: 403, body: { detail } };
}

function badRequest(message: string): SandboxAnswer {
	return { status: 400, body: { detail: message } };
}

/** fal's file storage: uploads are announced on the API's origin and sent to the media listener. */
export class FalStorage {
	private readonly uploads = new Map<string, Upload>();
	private readonly tokens = new Set<string>();

	/** @param mediaOrigin tells the media listener's origin once it listens */
	constructor(
		private readonly options: FalOptions,
		private readonly media: MediaStore,
		private readonly mediaOrigin: () => string,
	) {}

	/** The addresses of `rest.fal.ai`. Source: `@fal-ai/client`, storage; fal's Python client, auth. */
	apiRoutes(): Route[] {
		const plain = /\/storage\/upload\/initiate/;
		const multipart = /\/storage\/upload\/initiate-multipart/;
		return [
			{ method: 'POST', path: plain, handle: (request) => this.initiate(request, false) },
			{ method: 'POST', path: multipart, handle: (request) => this.initiate(request, true) },
			{ method: 'POST', path: /\/storage\/auth\/token/, handle: (request) => this.token(request) },
			{ method: 'POST', path: /\/files\/upload/, handle: (request) => this.directUpload(request) },
		];
	}

	/** The pre-signed addresses, on the media listener. */
	uploadRoutes(): Route[] {
		const one = /\/upload\/(?<id>[\w-]+)/;
		const part = /\/upload\/(?<id>[\w-]+)\/(?<part>\d+)/;
		const complete = /\/upload\/(?<id>[\w-]+)\/complete/;
		return [
			{ method: 'PUT', path: one, handle: (request, { id }) => this.put(request, id) },
			{ method: 'PUT', path: part, handle: (call, { id, part: n }) => this.putPart(call, id, n) },
			{ method: 'POST', path: complete, handle: (request, { id }) => this.complete(request, id) },
		];
	}

	private initiate(request: SandboxRequest, inParts: boolean): SandboxAnswer {
		const refusal = checkAccount(this.options);
		if (refusal !== undefined) return refusal;
		const body = parseJson(request.body.toString());
		if (!isRecord(body) || typeof body.content_type !== 'string') {
			return { status: 422, body: { detail: [NO_CONTENT_TYPE] } };
		}
		const lifecycle = readLifecycle(request.headers['x-fal-object-lifecycle']);
		if (lifecycle === 'invalid') return badRequest('Invalid X-Fal-Object-Lifecycle header');
		const fileName = typeof body.file_name === 'string' ? body.file_name : undefined;
		const file = this.media.announce(body.content_type, { fileName, lifecycle });

		const id = randomBytes(12).toString('base64url');
		const signature = randomBytes(16).toString('hex');
		this.uploads.set(id, { file, signature, parts: inParts ? new Map() : undefined });
		const uploadUrl = `${this.mediaOrigin()}/upload/${id}?signature=${signature}`;
		return { status: 200, body: { upload_url: uploadUrl, file_url: file.url } };
	}

	private findUpload({ query }: SandboxRequest, id: string | undefined): Upload | undefined {
		const upload = this.uploads.get(id ?? '');
		return upload?.signature === query.get('signature') ? upload : undefined;
	}

	private put(request: SandboxRequest, id: string | undefined): SandboxAnswer {
		const upload = this.findUpload(request, id);
		if (upload === undefined || upload.parts !== undefined) return forbidden();
		const { file } = upload;
		if (file.bytes !== undefined || request.headers['content-type'] !== file.contentType) {
			return forbidden();
		}
		file.bytes = request.body;
		return { status: 200, headers: { ETag: etagOf(request.body) } };
	}

	private putPart(request: SandboxRequest, id?: string, part?: string): SandboxAnswer {
		const parts = this.findUpload(request, id)?.parts;
		if (parts === undefined) return forbidden();
		const partNumber = Number(part);
		parts.set(partNumber, request.body);
		return { status: 200, body: { partNumber, etag: etagOf(request.body) } };
	}

	private complete(request: SandboxRequest, id: string | undefined): SandboxAnswer {
		const upload = this.findUpload(request, id);
		if (upload?.parts === undefined) return forbidden();
		const body = parseJson(request.body.toString());
		if (!isRecord(body) || !Array.isArray(body.parts)) return badRequest('parts is required');
		const chunks: Buffer[] = [];
		for (const part of body.parts.map((value: unknown) => (isRecord(value) ? value : {}))) {
			const chunk = upload.parts.get(Number(part.partNumber));
			if (chunk === undefined || part.etag !== etagOf(chunk)) return badRequest('InvalidPart');
			chunks.push(chunk);
		}
		upload.file.bytes = Buffer.concat(chunks);
		return { status: 200, body: { location: upload.file.url } };
	}

	private token({ query, origin }: SandboxRequest): SandboxAnswer {
		if (query.get('storage_type') !== 'fal-cdn-v3') return badRequest('Unknown storage_type');
		const token = randomBytes(24).toString('base64url');
		this.tokens.add(token);
		const expiresAt = new Date(Date.now() + TOKEN_MS).toISOString();
		const body = { token, token_type: 'Bearer', base_url: origin, expires_at: expiresAt };
		return { status: 200, body };
	}

	private directUpload({ headers, body }: SandboxRequest): SandboxAnswer {
		const token = headers.authorization?.replace(/^Bearer /, '') ?? '';
		if (!this.tokens.has(token)) return { status: 401, body: { detail: 'invalid token' } };
		const name = headers['x-fal-file-name'];
		const url = this.media.publish(body, headers['content-type'] ?? 'application/octet-stream', {
			fileName: typeof name === 'string' ? name : undefined,
		});
		return { status: 200, body: { access_url: url } };
	}
}
