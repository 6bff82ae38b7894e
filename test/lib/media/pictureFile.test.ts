import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';

import { InputError } from '../../../lib/errors';
import { StreamedFile } from '../../../lib/media/file';
import { readPictureFile } from '../../../lib/media/picture';
import { smallPerson } from '../../engine/pictures';
import { saidBy } from '../said';

const MEGABYTE = 1024 * 1024;

const RULES = {
	service: 'fal',
	label: 'Model Image',
	maxBytes: 2 * MEGABYTE,
	accepts: new Set(['image/jpeg']),
};

/** A picture that never ends, and how much of it was read. */
async function endless() {
	const head = await smallPerson(0);
	const read = { bytes: 0 };
	const stream = Readable.from(
		(function* () {
			yield head;
			for (;;) {
				read.bytes += MEGABYTE;
				yield Buffer.alloc(MEGABYTE);
			}
		})(),
	);
	return { stream, read };
}

test.each(['DSC_1.NEF', 'a.b.dng', 'IMG.arw'])('%s is a raw photo, no TIFF', async (fileName) => {
	const bytes = Buffer.concat([Buffer.from('MM\0*', 'latin1'), Buffer.alloc(500)]);
	const rules = { ...RULES, accepts: new Set(['image/tiff']) };
	const read = async (name: string) =>
		await readPictureFile(rules, { fileName: name, open: async () => bytes });
	expect(await saidBy(async () => await read(fileName))).toMatch(
		/^'Model Image' is a raw photo of a camera \((NEF|DNG|ARW)\)\. Use a JPEG/,
	);
	expect((await read('nef.tif')).type.mimeType).toBe('image/tiff');
});

test('no more is read of a picture than it may have', async () => {
	const { stream, read } = await endless();
	const reading = readPictureFile(RULES, { open: async () => stream });
	await expect(reading).rejects.toThrow(InputError);
	expect(await saidBy(() => reading)).toContain(
		"'Model Image' is larger than 2 MB. Use a picture of at most 2 MB.",
	);
	expect(stream.destroyed).toBe(true);
	// What Node reads ahead of the reader included.
	expect(read.bytes).toBeLessThan(20 * MEGABYTE);
});

test('a picture whose size n8n knows is not even opened', async () => {
	const open = jest.fn();
	const reading = readPictureFile(RULES, { size: async () => 3 * MEGABYTE, open });
	expect(await saidBy(() => reading)).toContain('is 3.0 MB large. Use a picture of at most 2 MB.');
	expect(open).not.toHaveBeenCalled();
});

test('what n8n says of a size is not believed', async () => {
	const { stream } = await endless();
	const reading = readPictureFile(RULES, { size: async () => 1, open: async () => stream });
	await expect(reading).rejects.toThrow('is larger than 2 MB');
});

test('a picture is read piece by piece, and none is kept', async () => {
	const picture = Buffer.concat([await smallPerson(0), Buffer.alloc(100_000, 'x')]);
	const PIECE = 1_000;
	const made: Buffer[] = [];
	let at = 0;
	const stream = new Readable({
		highWaterMark: 1,
		read() {
			// The memory of a piece serves for others once two more have come.
			made.at(-3)?.fill(0);
			const piece = Buffer.from(picture.subarray(at, at + PIECE));
			at += PIECE;
			made.push(piece);
			this.push(piece.length > 0 ? piece : null);
		},
	});
	const { sha256, size } = await readPictureFile(RULES, { open: async () => stream });
	expect(size).toBe(picture.length);
	expect(sha256).toBe(createHash('sha256').update(picture).digest('hex'));
});

test('a file is sent on piece by piece, and left when nobody wants more', async () => {
	const { stream, read } = await endless();
	const file = new StreamedFile({ open: async () => stream }, 99 * MEGABYTE, 'a.jpg', 'image/jpeg');
	const reader = file.stream().getReader();
	expect((await reader.read()).value?.length).toBeGreaterThan(0);
	// Time in which whoever wanted to could read all of it.
	for (let turn = 0; turn < 50; turn += 1) await new Promise((resolve) => setImmediate(resolve));
	expect(read.bytes).toBeLessThan(20 * MEGABYTE);
	await reader.cancel();
	expect(stream.destroyed).toBe(true);
});

test('a file that has grown since it was checked is not sent on', async () => {
	const { stream } = await endless();
	const file = new StreamedFile({ open: async () => stream }, 3 * MEGABYTE, 'a.jpg', 'image/jpeg');
	const sent = new Response(file.stream()).arrayBuffer();
	await expect(sent).rejects.toThrow('has grown');
	expect(stream.destroyed).toBe(true);
});
