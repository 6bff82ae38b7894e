import fc from 'fast-check';
import sharp from 'sharp';

import { sniff, SNIFF_BYTES } from '../../../lib/media/file';

const blank = () =>
	sharp({ create: { width: 4, height: 4, channels: 3, background: { r: 200, g: 40, b: 90 } } });

test.each([
	['jpeg', 'image/jpeg', async () => await blank().jpeg().toBuffer()],
	['png', 'image/png', async () => await blank().png().toBuffer()],
	['webp', 'image/webp', async () => await blank().webp().toBuffer()],
	['gif', 'image/gif', async () => await blank().gif().toBuffer()],
	['avif', 'image/avif', async () => await blank().avif().toBuffer()],
	['tiff', 'image/tiff', async () => await blank().tiff().toBuffer()],
])('a real %s is told by its first bytes', async (_name, mimeType, make) => {
	const bytes = await make();
	expect(sniff(bytes.subarray(0, SNIFF_BYTES))?.mimeType).toBe(mimeType);
});

test.each([
	['a PDF', '%PDF-1.7 and so on', 'application/pdf'],
	['an MP4', '\0\0\0\x18ftypisom\0\0\0\0', 'video/mp4'],
	...['heix', 'hevc', 'msf1'].map((brand): [string, string, string] => [
		`a HEIC of the brand ${brand}`,
		`\0\0\0\x18ftyp${brand}\0\0\0\0`,
		'image/heic',
	]),
	['an animated AVIF', '\0\0\0\x18ftypavis\0\0\0\0', 'image/avif'],
	['a BMP', 'BM\x36\x10\x0e\0\0\0\0\0\x36\0\0\0', 'image/bmp'],
	['a text that begins as a BMP', 'BMW;red;tops;and so on', undefined],
	['a raw photo of Canon', 'II*\0\x10\0\0\0CR\x02\0', 'image/x-canon-cr2'],
	['text', 'hello, world, how are you', undefined],
	['a web page', '<!doctype html><html>', undefined],
	['nothing', '', undefined],
])('%s', (_name, text, mimeType) => {
	expect(sniff(Buffer.from(text, 'latin1'))?.mimeType).toBe(mimeType);
});

test('any bytes are either known or not, and never an exception', () => {
	fc.assert(
		fc.property(fc.uint8Array({ maxLength: SNIFF_BYTES }), (bytes) => {
			const type = sniff(bytes);
			expect(type === undefined || type.mimeType.includes('/')).toBe(true);
		}),
	);
});
