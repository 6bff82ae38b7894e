import fc from 'fast-check';

import { promptParams } from '../../../../lib/astria/prompts/request';
import { parseTextBlock, withoutOldShape } from '../../../../lib/astria/prompts/text';
import { InputError, wholeMessage } from '../../../../lib/errors';
import { PROMPT_FIELDS } from '../../../../lib/astria/fields/prompt';
import type { Field, NumberField } from '../../../../lib/fields/field';
import { DOCUMENTED_BLOCK, DOCUMENTED_PROMPT } from './samples';

/** The body that a block makes, as the node makes it. */
function bodyOf(block: string) {
	const { text, values, addresses } = parseTextBlock(block);
	const files = Object.fromEntries(
		Object.entries(addresses).map(([name, list]) => [
			name,
			list.map((address) => ({ kind: 'address' as const, address })),
		]),
	);
	return promptParams({ values: { text, ...withoutOldShape(values, {}) }, files });
}

function problemOf(block: string): string {
	try {
		parseTextBlock(block);
	} catch (error) {
		if (error instanceof InputError) return wholeMessage(error);
		throw error;
	}
	return 'none';
}

describe('the documented block', () => {
	test.each([
		['as it is', DOCUMENTED_BLOCK],
		['in a code fence', `\`\`\`\`text\n${DOCUMENTED_BLOCK}\`\`\`\``],
		['with the line ends of Windows', DOCUMENTED_BLOCK.replaceAll('\n', '\r\n')],
		['with empty lines between', DOCUMENTED_BLOCK.replaceAll('\n', '\n\n')],
		['indented', DOCUMENTED_BLOCK.replaceAll('\n', '  \n\t')],
	])('%s, gives exactly what Astria documents', (_, block) => {
		expect(bodyOf(block)).toEqual(DOCUMENTED_PROMPT);
	});
});

test('0 and false are values; what the site writes for nothing is nothing', () => {
	const { values } = parseTextBlock(
		'a photo\ndenoising_strength=0.0\nsteps=0\nuse_lpw=false\nseed=null\nstyle=None\nw=undefined\nh=',
	);
	expect(values).toEqual({ denoising_strength: 0, steps: 0, use_lpw: false });
});

test('a text may have several lines, equal signs and flags', () => {
	const text = 'a photo\nwith a = b and cfg=7 in it\n--mask_prompt "a=b"';
	expect(parseTextBlock(`${text}\nsteps=30`)).toEqual({
		text,
		values: { steps: 30 },
		addresses: {},
	});
});

test.each([
	'num_images = 4',
	'Num_Images=4',
	'NUM_IMAGES = 4',
	'num images: x = 4',
	'Num images=4',
])('%j is a setting where its key is known, and text where it is not', (line) => {
	const { text, values } = parseTextBlock(`a photo\n${line}`);
	const isKnown = !line.includes(':');
	expect(values).toEqual(isKnown ? { num_images: 4 } : {});
	expect(text).toBe(isKnown ? 'a photo' : `a photo\n${line}`);
});

test('a value is split at its first equal sign only', () => {
	const { addresses } = parseTextBlock('x y\ninput_image_url=https://a.example/?b=c&d=e');
	expect(addresses).toEqual({ input_image: ['https://a.example/?b=c&d=e'] });
});

test('fields of newer blocks are known: shape, video, several addresses', () => {
	const block = [
		'a photo',
		'aspect_ratio=3:4',
		'resolution=2K',
		'video_model=seedance2_fast_720p',
		'video_prompt=She turns',
		'video_duration=8',
		'image_reference_urls=https://a.example/1,https://a.example/2',
	].join('\n');
	expect(parseTextBlock(block)).toEqual({
		text: 'a photo',
		values: {
			aspect_ratio: '3:4',
			resolution: '2K',
			video_model: 'seedance2_fast_720p',
			video_prompt: 'She turns',
			video_duration: 8,
		},
		addresses: { image_references: ['https://a.example/1', 'https://a.example/2'] },
	});
});

test.each([
	[{ ar: '1:1' }, {}, { ar: '1:1' }],
	[{ ar: '1:1', w: 768, h: 1280 }, {}, { w: 768, h: 1280 }],
	[{ ar: '1:1' }, { aspect_ratio: '3:4' }, {}],
	[{ ar: '1:1', seed: 1 }, { w: 512 }, { seed: 1 }],
])('the old shape %j gives way beside %j', (block, others, left) => {
	expect(withoutOldShape(block, others)).toEqual(left);
});

test.each([
	['a photo\nnum_image=4', /names settings that are not known: num_image\. Correct or remove/],
	['a photo\nfoo=1\nsteps=30\nbar=2', /not known: foo, bar/],
	['clothing=dress', /not known: clothing/],
	['a photo\nsteps=many', /^'Paste From Astria: Steps' is "many", not a number/],
	['a photo\nnum_images=9', /^'Paste From Astria: Number of Images' is 9, more than 8/],
	['a photo\nsuper_resolution=maybe', /neither true nor false/],
	['a photo\nscheduler=DPM', /which the service does not know/],
	['a photo\nw=100', /not a multiple of 8/],
	['a photo\ninput_image_url=picture.jpg', /input_image_url=picture\.jpg, which is no web address/],
	['a photo\nsteps=30\nand more words\nseed=1', /has the line "and more words" between its/],
])('%j is refused in words', (block, message) => {
	expect(problemOf(block)).toMatch(message);
});

/** Words that survive being written into one line of a block. */
const line = fc
	.string({ minLength: 1 })
	.map((text) => text.replace(/[\r\n]/g, ' ').trim())
	.filter((text) => text !== '' && !['undefined', 'null', 'None'].includes(text));

function numbers({ type, min = 0, max = 10_000, step = 1 }: NumberField): fc.Arbitrary<unknown> {
	return type === 'integer'
		? fc
				.integer({ min: Math.ceil(min / step), max: Math.floor(max / step) })
				.map((count) => count * step)
		: fc.double({ min, max, noNaN: true }).map((value) => (Object.is(value, -0) ? 0 : value));
}

function valuesOf(field: Field): fc.Arbitrary<unknown> | undefined {
	switch (field.type) {
		case 'integer':
		case 'number':
			return numbers(field);
		case 'boolean':
			return fc.boolean();
		case 'options':
			return fc
				.constantFrom(...Object.keys(field.options))
				.map((word) => (field.numeric ? Number(word) : word));
		case 'text':
			return line;
		case 'url':
			return fc.webUrl({ withQueryParameters: true });
		default:
			return undefined;
	}
}

const settings = fc.record(
	Object.fromEntries(
		Object.entries<Field>(PROMPT_FIELDS).flatMap(([name, field]) => {
			const values = name === 'text' ? undefined : valuesOf(field);
			return values ? [[name, values]] : [];
		}),
	),
	{ requiredKeys: [] },
);

/** A text whose last line does not look like a setting: the format has no way to say such a text. */
const text = fc
	.array(line, { minLength: 1, maxLength: 4 })
	.filter((lines) => lines.every((words) => !/^[a-z][a-z0-9_ ]*=|^`{3}/i.test(words.trim())))
	.map((lines) => lines.join('\n'));

const address = fc.webUrl({ withQueryParameters: true }).filter((url) => !/[,;|]/.test(url));

test('any settings that are printed are read back', () => {
	fc.assert(
		fc.property(text, settings, fc.option(address), (words, values, picture) => {
			const printed = Object.entries(values).map(([name, value]) => `${name}=${String(value)}`);
			const lines = [words, ...printed, ...(picture ? [`input_image_url=${picture}`] : [])];
			expect(parseTextBlock(lines.join('\n'))).toEqual({
				text: words,
				values: { ...values },
				addresses: picture ? { input_image: [picture] } : {},
			});
		}),
		{ numRuns: 1_000 },
	);
});

test('whatever is pasted gives a block or a message', () => {
	fc.assert(
		fc.property(fc.array(fc.oneof(fc.string(), fc.stringMatching(/^[a-z_]{1,9}=.*$/))), (lines) => {
			expect(problemOf(lines.join('\n'))).toMatch(/^none$|^'Paste From Astria.+\.$/s);
		}),
	);
});
