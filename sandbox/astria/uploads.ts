import type { Route, SandboxAnswer } from '../types';
import { notFound, rootOf, route, unprocessable } from './door';
import type { Call } from './door';
import { cast } from './fields';
import type { Field, Problems } from './fields';
import { checksumOf, newBlob } from './files';
import type { World } from './world';

const BLOB_FIELDS: readonly Field[] = [
	{ name: 'filename', type: 'text' },
	{ name: 'byte_size', type: 'integer', min: 0 },
	{ name: 'checksum', type: 'text' },
	{ name: 'content_type', type: 'text' },
];

async function announce({ world, read }: Call): Promise<SandboxAnswer> {
	const params = rootOf(await read(), 'blob');
	const problems: Problems = {};
	const [filename, byteSize, checksum, contentType] = BLOB_FIELDS.map((field) =>
		cast(field, params[field.name], problems),
	);
	if (
		typeof filename !== 'string' ||
		typeof byteSize !== 'number' ||
		typeof checksum !== 'string' ||
		typeof contentType !== 'string'
	) {
		throw unprocessable({ ...problems, blob: ['is incomplete'] });
	}
	const blob = newBlob({ filename, byteSize, checksum, contentType });
	world.store.blobs.set(blob.signedId, blob);
	return {
		status: 200,
		body: {
			signed_id: blob.signedId,
			direct_upload: {
				url: `${world.storageOrigin()}/direct_uploads/${blob.signedId}`,
				headers: { 'Content-Type': contentType, 'Content-MD5': checksum },
			},
		},
	};
}

/** The storage host's side: no key, only what was announced, as S3 checks a pre-signed PUT. */
function receive({ world, request, groups }: Call): SandboxAnswer {
	const blob = world.store.blobs.get(groups.id ?? '');
	if (blob === undefined) throw notFound();
	const { 'content-type': contentType, 'content-md5': checksum } = request.headers;
	if (contentType !== blob.contentType || checksum !== blob.checksum) {
		return { status: 403, body: 'SignatureDoesNotMatch' };
	}
	const isWhole = request.body.length === blob.byteSize;
	if (!isWhole || checksumOf(request.body) !== blob.checksum) {
		return { status: 400, body: 'BadDigest' };
	}
	blob.data = request.body;
	return { status: 200 };
}

/**
 * Direct upload: announce a file, PUT it, use its signed id wherever a file goes. Astria's command
 * line does so; the details are those of Rails' ActiveStorage.
 */
export function uploadRoutes(world: World): Route[] {
	return [route(world, 'POST', '/api/direct_uploads', announce)];
}

/** Where the announced files are PUT: another host, which wants no key. */
export function storageRoutes(world: World): Route[] {
	return [route(world, 'PUT', '/direct_uploads/:id', receive)];
}
