import { isLoopbackUrl } from '../loopback';
import { readPicture } from '../pictures';
import { detail } from './errors';
import type { ErrorDetail } from './errors';

/** Limits of FASHN's own API, in bytes and pixels, as others report them; fal names none. */
const MAX_PICTURE_BYTES = 30 * 1024 * 1024;
const MIN_PICTURE_SIDE = 15;

const DOWNLOAD_MS = 10_000;
const MAX_REDIRECTS = 5;

/** A picture to work on, or what the model says about it. */
export type LoadedPicture = { bytes: Buffer } | { error: ErrorDetail };

type Download = { bytes: Buffer; contentType: string } | 'unreachable';

async function download(url: string, signal: AbortSignal): Promise<Download> {
	let target = url;
	for (let hop = 0; hop <= MAX_REDIRECTS; hop += 1) {
		if (!isLoopbackUrl(target)) return 'unreachable';
		const response = await fetch(target, {
			redirect: 'manual',
			signal,
			headers: { 'User-Agent': 'sandbox-runner' },
		});
		const location = response.headers.get('location');
		if (location !== null && response.status >= 300 && response.status < 400) {
			await response.body?.cancel();
			if (!URL.canParse(location, target)) return 'unreachable';
			target = new URL(location, target).href;
			continue;
		}
		const bytes = Buffer.from(await response.arrayBuffer());
		if (!response.ok) return 'unreachable';
		return { bytes, contentType: response.headers.get('content-type') ?? '' };
	}
	return 'unreachable';
}

function decodeDataUri(uri: string): Download {
	const comma = uri.indexOf(',');
	const head = uri.slice('data:'.length, Math.max(comma, 0));
	if (comma === -1 || !head.endsWith(';base64')) return 'unreachable';
	const bytes = Buffer.from(uri.slice(comma + 1), 'base64');
	return { bytes, contentType: head.split(';')[0] ?? '' };
}

async function fetchSource(source: string, signal: AbortSignal): Promise<Download> {
	if (source.startsWith('data:')) return decodeDataUri(source);
	try {
		return await download(source, AbortSignal.any([signal, AbortSignal.timeout(DOWNLOAD_MS)]));
	} catch {
		return 'unreachable';
	}
}

/** FASHN judges a file by the type it is served with before it looks inside. Source: docs.fashn.ai. */
function mayBePicture(contentType: string): boolean {
	return contentType.startsWith('image/') || contentType === 'application/octet-stream';
}

/**
 * Loads the picture of an input field as the model does: a URL is really fetched (from this machine
 * only), a data URI decoded. Error types and messages: fal.ai/docs/errors.
 * @param signal stops a download
 */
export async function loadPicture(
	field: string,
	source: string,
	signal: AbortSignal,
): Promise<LoadedPicture> {
	const fail = (type: string, msg: string, ctx?: Record<string, unknown>) => ({
		error: detail(type, msg, { field, input: source, ctx }),
	});

	const file = await fetchSource(source, signal);
	if (file === 'unreachable') {
		const msg = 'Failed to download the file. Please check if the URL is accessible and try again.';
		return fail('file_download_error', msg);
	}
	if (file.bytes.length > MAX_PICTURE_BYTES) {
		return fail('file_too_large', 'File too large', { max_size: MAX_PICTURE_BYTES });
	}
	const picture = mayBePicture(file.contentType) ? await readPicture(file.bytes) : undefined;
	if (picture === undefined) return fail('image_load_error', 'Image load error');
	if (Math.min(picture.width, picture.height) < MIN_PICTURE_SIDE) {
		const ctx = { min_height: MIN_PICTURE_SIDE, min_width: MIN_PICTURE_SIDE };
		return fail('image_too_small', 'Image too small', ctx);
	}
	return { bytes: file.bytes };
}
