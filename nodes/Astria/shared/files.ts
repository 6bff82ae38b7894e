import type { PictureField } from '../../../lib/fields/field';
import type { PictureRules } from '../../../lib/media/picture';

/** Astria names no limit and advises 3 MB for a photo; what is larger than this is none. */
const MAX_PICTURE_BYTES = 100 * 1024 * 1024;

/** A video of some seconds, or a piece of music, is smaller than this. */
const MAX_MEDIA_BYTES = 500 * 1024 * 1024;

/** Types that are sent; Astria refuses in words what it cannot read. */
const ACCEPTED = {
	picture: new Set([
		'image/avif',
		'image/bmp',
		'image/gif',
		'image/heic',
		'image/jpeg',
		'image/png',
		'image/tiff',
		'image/webp',
	]),
	video: new Set(['video/mp4', 'video/quicktime', 'video/webm']),
	audio: new Set(['audio/mpeg', 'audio/mp4', 'audio/wav']),
};

/** What Astria takes as the file of a field. */
export function fileRules({ label, media }: Pick<PictureField, 'label' | 'media'>): PictureRules {
	return {
		label,
		maxBytes: media ? MAX_MEDIA_BYTES : MAX_PICTURE_BYTES,
		accepts: ACCEPTED[media ?? 'picture'],
		...(media && { media }),
	};
}
