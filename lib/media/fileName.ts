/**
 * Bytes of a name in UTF-8. Disks take 255, encrypted ones 143; some are left for the number and the
 * extension that follow.
 */
const MAX_BYTES = 120;

/** What Windows takes in no name, and every system takes for a way through folders. */
const RESERVED_SIGNS = /[<>:"/\\|?*]+/g;

/** Blanks of any width, tabs and line breaks. */
const BLANK = /[\s\p{Z}]/gu;

/**
 * What nobody sees: control characters, marks that turn the direction of the text, halves of letters.
 * The joiners stay: Persian and the scripts of India are spelled with them.
 */
const UNSEEN = /(?![\u200c\u200d])\p{C}/gu;

/** What Windows cuts off at the end, Unix hides a file for at the beginning, or joins nothing. */
const EDGES = /^[. \u200c\u200d]+|[. \u200c\u200d]+$/g;

/** The ending of a picture's or a video's own name: the one that follows is that of the new file. */
const MEDIA_ENDING = /\.(?:avif|bmp|gif|hei[cf]|jpe?g|m4v|mov|mp4|png|tiff?|web[mp])$/i;

/** Names of devices in Windows, whatever their extension (Microsoft, Naming Files). */
const DEVICE = /^(?:con|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³]|conin\$|conout\$)(?= *(?:\.|$))/i;

/** The beginning of a text, cut between what a reader sees as letters. */
function shortened(text: string): string {
	let bytes = 0;
	let short = '';
	for (const { segment } of new Intl.Segmenter().segment(text)) {
		bytes += Buffer.byteLength(segment);
		if (bytes > MAX_BYTES) break;
		short += segment;
	}
	return short;
}

/**
 * Makes the beginning of a file's name of whatever a row says: one that every disk takes. Letters of
 * all scripts stay; what stands for a folder becomes a hyphen.
 *
 * @param text such as `Café "Rouge"/L.jpg`
 * @returns such as `Café -Rouge-L`, of at most 120 bytes; empty when there is nothing to name it by
 */
export function fileStem(text: string): string {
	const plain = text
		.replace(BLANK, ' ')
		.replace(UNSEEN, '')
		.replace(/ +/g, ' ')
		.normalize('NFC')
		.replace(RESERVED_SIGNS, '-')
		.trim()
		.replace(MEDIA_ENDING, '');
	const stem = shortened(plain.replace(EDGES, '')).replace(EDGES, '');
	return stem.replace(DEVICE, '$&_');
}
