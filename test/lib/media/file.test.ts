import { Readable } from 'node:stream';
import fc from 'fast-check';
import type { IBinaryData, INodeExecutionData } from 'n8n-workflow';

import { fileStem } from '../../../lib/media/download';
import { fileNamesOf, StreamedFile } from '../../../lib/media/file';

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

describe('the files of an item', () => {
	const file = { mimeType: 'image/jpeg', data: 'filesystem-v2', id: 'filesystem-v2:1' };
	const json = { sku: 'A-1', photo: file, ofDrive: { mimeType: 'image/jpeg', name: 'a' } };
	const named = (item: INodeExecutionData, assertBinaryData: () => IBinaryData) =>
		fileNamesOf({ getInputData: () => [item], helpers: { assertBinaryData } }, 0);
	const none = () => {
		throw new TypeError('The item has no such field');
	};

	test('are in its binary data', () => {
		expect(named({ json, binary: { data: file } }, none)).toEqual(['data']);
	});

	test('are among its columns where n8n keeps them there', () => {
		expect(named({ json }, () => file)).toEqual(['photo']);
	});

	test('are none where there are none', () => {
		expect(named({ json: {} }, none)).toEqual([]);
	});
});

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

test.each([
	['A-1', 'A-1'],
	['  A 1\n', 'A 1'],
	['Été 2026 シャツ рубашка 👕', 'Été 2026 シャツ рубашка 👕'],
	['می‌خواهم', 'می‌خواهم'],
	['shirt/red\\XL', 'shirt-red-XL'],
	['../../etc/passwd', '-..-etc-passwd'],
	['a<b>:c"d|e?f*g', 'a-b-c-d-e-f-g'],
	['tab\tand\u0000null\u007f', 'tab andnull'],
	['turned\u202Egnp.exe', 'turnedgnp.exe'],
	['half \ud83d letter', 'half letter'],
	['photo.JPG', 'photo'],
	['v1.2', 'v1.2'],
	['.hidden', 'hidden'],
	['the end. . .', 'the end'],
	['con', 'con_'],
	['NUL.txt', 'NUL_.txt'],
	['com1', 'com1_'],
	['COM¹ .old', 'COM¹_ .old'],
	['console', 'console'],
	['...', ''],
	['e\u200b\u0301', 'é'],
	['\u200b', ''],
	['\u200d', ''],
])('%j names a file %j', (text, stem) => {
	expect(fileStem(text)).toBe(stem);
});

test('a long name is cut between letters', () => {
	const stem = fileStem('👩‍👩‍👧'.repeat(50));
	expect(stem).toBe('👩‍👩‍👧'.repeat(6));
	expect(fileStem('é'.repeat(500))).toBe('é'.repeat(60));
});

/** What people, sheets and attackers write. */
const wild = fc.oneof(
	fc.string({ unit: 'binary', maxLength: 200 }),
	fc.string({ unit: 'grapheme', maxLength: 200 }),
	fc
		.array(
			fc.constantFrom(
				...['con', 'NUL', 'lpt1', 'COM²', 'aux', '.', '..', ' ', '/', '\\', ':', '-', '_'],
				...['.jpg', '.png', '\u0000', '\n', '\u202e', '\u200d', '\ud800', 'é', 'é', 'シ', '👕'],
			),
			{ maxLength: 20 },
		)
		.map((parts) => parts.join('')),
);

/** Microsoft, Naming Files, Paths, and Namespaces. */
const WINDOWS_DEVICE = /^(?:con|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³]|conin\$|conout\$)$/i;

test('whatever a row says, every disk takes the name', () => {
	fc.assert(
		fc.property(wild, fc.integer({ min: 1, max: 99 }), (text, number) => {
			const stem = fileStem(text);
			for (const name of [`${stem}-${number}.png`, `${stem}-${number}`, stem]) {
				if (stem === '') continue;
				// One expectation for all: there are tens of thousands of names.
				const faults = {
					length: Buffer.byteLength(name) > 143,
					reserved: /[<>:"/\\|?*]/.test(name),
					unseen: /\p{Cc}|\p{Cs}|\p{Zl}|\p{Zp}|[\u202a-\u202e\u2066-\u2069]/u.test(name),
					ends: /^[. ]|[. ]$/.test(name),
					device: WINDOWS_DEVICE.test(name.split('.')[0]?.trimEnd() ?? ''),
					composed: name.normalize('NFC') !== name,
				};
				expect(Object.entries(faults).filter(([, is]) => is)).toEqual([]);
			}
		}),
		{ numRuns: 2_000 },
	);
});

test('letters and digits of all scripts stay', () => {
	const letters = fc.string({
		unit: fc.constantFrom('a', 'Z', '9', 'é', 'ß', 'ñ', 'ш', 'Ж', '漢', 'か', 'ア', 'ا', 'ب', 'त'),
		minLength: 1,
		maxLength: 30,
	});
	fc.assert(
		fc.property(letters, (text) => {
			expect(fileStem(text)).toBe(text);
		}),
	);
});

test('a name that is safe stays as it is', () => {
	fc.assert(
		fc.property(wild, (text) => {
			const stem = fileStem(text);
			fc.pre(!/\.(?:avif|bmp|gif|hei[cf]|jpe?g|m4v|mov|mp4|png|tiff?|web[mp])$/i.test(stem));
			expect(fileStem(stem)).toBe(stem);
		}),
		{ numRuns: 2_000 },
	);
});
