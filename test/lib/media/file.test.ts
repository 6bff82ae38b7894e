import { Readable } from 'node:stream';

import { StreamedFile } from '../../../lib/media/file';

const PIECES = 100;

/** A file of a hundred pieces, and how many of them were read. */
function longFile(length = PIECES) {
	const read = { pieces: 0 };
	const source = Readable.from(
		(function* () {
			for (; read.pieces < PIECES; read.pieces++) yield Buffer.from('x');
		})(),
	);
	const file = new StreamedFile({ open: async () => source }, length, 'a.png', 'image/png');
	return { file, source, read };
}

const someTurns = async () => {
	for (let turn = 0; turn < 10; turn++) await new Promise((resolve) => setImmediate(resolve));
};

test('a file is read as it is taken, and not before', async () => {
	const { file, read } = longFile();
	const reader = file.stream().getReader();
	await someTurns();
	expect(read.pieces).toBe(0);
	await reader.read();
	await someTurns();
	// Node's own stream is a piece or two ahead.
	expect(read.pieces).toBeLessThan(5);
});

test('a file that nobody wants any more is closed', async () => {
	const { file, source } = longFile();
	const reader = file.stream().getReader();
	await reader.read();
	await reader.cancel();
	expect(source.destroyed).toBe(true);
});

test('all of a file comes, and no more than was announced', async () => {
	const whole = await new Response(longFile().file.stream()).text();
	expect(whole).toBe('x'.repeat(PIECES));
	const grown = new Response(longFile(PIECES - 1).file.stream()).text();
	await expect(grown).rejects.toThrow('The file has grown since it was checked');
});
