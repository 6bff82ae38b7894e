import { readAstriaFault } from '../../lib/astria/api/errors';
import { PROMPT_FIELDS } from '../../lib/astria/fields/prompt';
import { isSameText } from '../../lib/astria/prompts/driver';
import { flagsAreReadable, hasTokenOf, parseTextBlock } from '../../lib/astria/prompts/text';
import { readFalFault as readFalFault } from '../../lib/fal/errors';
import { readField } from '../../lib/fields/values';
import { addressesIn, fileAddress, splitAddresses } from '../../lib/media/addresses';
import { readBaseUrl } from '../../lib/url';

/** Letters of a text that is far longer than any that people write. */
const LETTERS = 200_000;

/**
 * Milliseconds. What takes time in proportion to the text takes a hundredth of it; what takes its
 * square takes minutes.
 */
const PATIENCE_MS = 10_000;

/** Pieces of which a text without an end is made: what a pattern may begin to match again and again. */
const PIECES = [
	'a',
	' ',
	'\n',
	'\t \n',
	'=',
	'a=',
	'\nseed=',
	'\nnum images',
	'`',
	'```\n',
	'<',
	'<a ',
	'</',
	'<lora:1:',
	'<faceid:',
	'--',
	'--mask_prompt "',
	'"',
	'{',
	'{{a}} ',
	'[',
	'[{"url":',
	',',
	', http://',
	'http://',
	'https://drive.google.com/file/d/',
	'data:image/png;base64,',
	'.',
	'/',
	'%',
	'\\',
	'\u0000',
	'é',
	'😀',
];

/** Whatever reads a text from outside; what it throws is no matter here. */
const READERS: Record<string, (text: string) => unknown> = {
	'a text block': parseTextBlock,
	'flags in a text': flagsAreReadable,
	'a token in a text': (text) => hasTokenOf(text, { tuneId: 1, kind: 'lora', weight: 1 }),
	'a text as Astria shows it': (text) => isSameText(`${text}{{a}}`, text),
	"Astria's error": readAstriaFault,
	"an error that is a hash of Astria's": (text) => readAstriaFault({ [text]: [text] }),
	"fal's error": (text) => readFalFault({ detail: text }),
	addresses: splitAddresses,
	'addresses in a cell': addressesIn,
	'a share link': fileAddress,
	'a Base URL': (text) => readBaseUrl(text, 'https://example.com'),
	'a number': (text) => readField({ type: 'integer', label: 'A', help: 'A' }, text),
	'a choice': (text) =>
		readField(
			{ type: 'options', label: 'A', help: 'A', options: PROMPT_FIELDS.style.options },
			text,
		),
	JSON: (text) => readField({ type: 'json', label: 'A', help: 'A' }, text),
};

/** Milliseconds that the slowest of these texts takes. */
function slowest(read: (text: string) => unknown): { piece: string; ms: number } {
	const times = PIECES.map((piece) => {
		const text = piece.repeat(Math.ceil(LETTERS / piece.length));
		const start = performance.now();
		for (const one of [text, `${text}x`, `x${text}\n`]) {
			try {
				read(one);
			} catch {
				// Most of these texts are nothing that can be read.
			}
		}
		return { piece, ms: performance.now() - start };
	});
	return times.reduce((worst, next) => (next.ms > worst.ms ? next : worst));
}

test.each(Object.entries(READERS))('%s is read in no more than a moment', (_name, read) => {
	const { piece, ms } = slowest(read);
	expect([piece, ms < PATIENCE_MS]).toEqual([piece, true]);
});
