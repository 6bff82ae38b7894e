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

test('a file that has grown since it was checked is not sent on', async () => {
	const { stream } = await endless();
	const file = new StreamedFile({ open: async () => stream }, 3 * MEGABYTE, 'a.jpg', 'image/jpeg');
	const sent = new Response(file.stream()).arrayBuffer();
	await expect(sent).rejects.toThrow('has grown');
	expect(stream.destroyed).toBe(true);
});
