/** Length and type of a box, four bytes each (ISO/IEC 14496-12, section 4.2). */
const BOX_HEAD_BYTES = 8;

function box(type: string, content: Buffer): Buffer {
	const head = Buffer.alloc(BOX_HEAD_BYTES);
	head.writeUInt32BE(BOX_HEAD_BYTES + content.length, 0);
	head.write(type, 4, 'latin1');
	return Buffer.concat([head, content]);
}

/**
 * A file that is an MP4 by its signature and boxes, though it holds no track: nothing can play it,
 * but everything that tells files apart by their bytes sees a video.
 * @param note kept in the file's data, so that two videos differ
 */
export function sampleVideo(note: string): Buffer {
	const minorVersion = Buffer.from([0, 0, 2, 0]);
	const brands = Buffer.concat([Buffer.from('isom'), minorVersion, Buffer.from('isomiso2mp41')]);
	return Buffer.concat([box('ftyp', brands), box('mdat', Buffer.from(`SANDBOX ${note}`))]);
}
