/** A file type as its bytes tell it. */
export interface MediaType {
	mimeType: string;
	extension: string;
	/** How a person calls it. */
	name: string;
}

interface Signature extends MediaType {
	/** Bytes that must be there; `undefined` matches any byte. */
	bytes: ReadonlyArray<number | undefined>;
}

/** How many bytes from the beginning decide the type. */
export const SNIFF_BYTES = 16;

const ascii = (text: string) => [...Buffer.from(text, 'latin1')];
const gap = (length: number): undefined[] => Array.from({ length }, () => undefined);

/** ISO media files hold `ftyp` and their brand after a 4-byte length. */
const brand = (name: string) => [...gap(4), ...ascii(`ftyp${name}`)];

/** Magic numbers, as registered with IANA or written in the format's own specification. */
const SIGNATURES: readonly Signature[] = [
	{ mimeType: 'image/jpeg', extension: 'jpg', name: 'JPEG', bytes: [0xff, 0xd8, 0xff] },
	{
		mimeType: 'image/png',
		extension: 'png',
		name: 'PNG',
		bytes: [0x89, ...ascii('PNG'), 0x0d, 0x0a, 0x1a, 0x0a],
	},
	{
		mimeType: 'image/webp',
		extension: 'webp',
		name: 'WebP',
		bytes: [...ascii('RIFF'), ...gap(4), ...ascii('WEBP')],
	},
	{ mimeType: 'image/gif', extension: 'gif', name: 'GIF', bytes: ascii('GIF8') },
	{ mimeType: 'image/avif', extension: 'avif', name: 'AVIF', bytes: brand('avif') },
	{ mimeType: 'image/heic', extension: 'heic', name: 'HEIC', bytes: brand('heic') },
	{ mimeType: 'image/heic', extension: 'heic', name: 'HEIC', bytes: brand('mif1') },
	{ mimeType: 'image/bmp', extension: 'bmp', name: 'BMP', bytes: ascii('BM') },
	{ mimeType: 'image/tiff', extension: 'tiff', name: 'TIFF', bytes: [...ascii('II'), 0x2a, 0x00] },
	{ mimeType: 'image/tiff', extension: 'tiff', name: 'TIFF', bytes: [...ascii('MM'), 0x00, 0x2a] },
	{ mimeType: 'audio/mp4', extension: 'm4a', name: 'M4A', bytes: brand('M4A ') },
	{ mimeType: 'video/quicktime', extension: 'mov', name: 'QuickTime', bytes: brand('qt  ') },
	{ mimeType: 'video/mp4', extension: 'mp4', name: 'MP4', bytes: brand('') },
	{
		mimeType: 'video/webm',
		extension: 'webm',
		name: 'WebM',
		bytes: [0x1a, 0x45, 0xdf, 0xa3],
	},
	{ mimeType: 'audio/mpeg', extension: 'mp3', name: 'MP3', bytes: ascii('ID3') },
	// Without a tag in front: the frame headers of MPEG-1 and MPEG-2, layer III.
	{ mimeType: 'audio/mpeg', extension: 'mp3', name: 'MP3', bytes: [0xff, 0xfb] },
	{ mimeType: 'audio/mpeg', extension: 'mp3', name: 'MP3', bytes: [0xff, 0xf3] },
	{
		mimeType: 'audio/wav',
		extension: 'wav',
		name: 'WAV',
		bytes: [...ascii('RIFF'), ...gap(4), ...ascii('WAVE')],
	},
	{ mimeType: 'application/pdf', extension: 'pdf', name: 'PDF', bytes: ascii('%PDF') },
	{ mimeType: 'application/zip', extension: 'zip', name: 'ZIP', bytes: ascii('PK') },
];

/** The ending of files of a type, without its dot; `undefined` for one that is not known here. */
export function extensionOf(mimeType: string): string | undefined {
	return SIGNATURES.find((signature) => signature.mimeType === mimeType)?.extension;
}

/** Formats whose every file begins so; MP3 and the ISO family have files that do not. */
const SNIFFABLE = new Set(['image/jpeg', 'image/png', 'image/webp', 'image/gif']);

/**
 * Reads a file's type from its first bytes; names and declared types are often wrong.
 *
 * @param head the first bytes, {@link SNIFF_BYTES} of them when the file has as many
 * @returns the type, or `undefined` for one that is not known here
 */
export function sniff(head: Uint8Array): MediaType | undefined {
	const found = SIGNATURES.find(
		({ bytes }) =>
			head.length >= bytes.length &&
			bytes.every((byte, index) => byte === undefined || byte === head[index]),
	);
	return found && { mimeType: found.mimeType, extension: found.extension, name: found.name };
}

/**
 * Whether a file of this type always shows it in its first bytes, so that one which does not is
 * something else.
 *
 * @param contentType as a header has it, with or without parameters
 */
export function isSniffable(contentType: string): boolean {
	const [type = ''] = contentType.split(';');
	return SNIFFABLE.has(type.trim().toLowerCase());
}
