import type { FieldTable } from '../../fields/field';

/** The largest seed that Astria documents. */
const MAX_SEED = 2 ** 32;

/** Astria makes at most so many pictures of one prompt. */
const MAX_IMAGES = 8;

/** Astria's pictures are so many pixels wide and high, times a whole number. */
const SIZE_STEP = 8;

const ratio = (label: string, help: string) => ({ label, help });

/**
 * What every prompt has (docs.astria.ai, Create a prompt).
 */
export const PROMPT_TEXT = {
	text: {
		type: 'text',
		label: 'Text',
		help: 'What the picture shows, with tokens such as <lora:123:1> and flags such as --remove_background at the end. Empty only for a video that starts from a frame or from its own prompt.',
		placeholder: 'e.g. ohwx woman wearing a red dress, studio photo',
		multiline: true,
		compared: true,
	},
} as const satisfies FieldTable;

/**
 * How many pictures, and of which size (docs.astria.ai, Create a prompt).
 */
export const PROMPT_BASICS = {
	num_images: {
		type: 'integer',
		label: 'Number of Images',
		help: 'How many pictures to make. Each is billed. Empty for as many as Astria makes by itself, or as a pasted prompt says.',
		placeholder: 'e.g. 2',
		onPanel: true,
		min: 1,
		max: MAX_IMAGES,
		compared: true,
	},
	seed: {
		type: 'integer',
		label: 'Seed',
		help: 'Use the same seed to get the same result from the same prompt again.',
		placeholder: 'e.g. 42',
		min: 0,
		max: MAX_SEED,
		compared: true,
	},
	negative_prompt: {
		type: 'text',
		label: 'Negative Prompt',
		help: 'What the picture must not show, as words with commas between them. Flux and partner models know none.',
		placeholder: 'e.g. old, wrinkles, blemish',
		compared: true,
	},
	aspect_ratio: {
		type: 'options',
		label: 'Aspect Ratio',
		help: 'Shape of the picture. Partner models take this in place of a width and a height; not every model knows every shape.',
		options: {
			'1:1': ratio('1:1', 'Square'),
			'16:9': ratio('16:9', 'Wide, as a screen'),
			'2:3': ratio('2:3', 'Upright, as a photo'),
			'21:9': ratio('21:9', 'Very wide, as a cinema screen'),
			'3:2': ratio('3:2', 'Wide, as a photo'),
			'3:4': ratio('3:4', 'Upright, as a catalog picture'),
			'4:3': ratio('4:3', 'Wide, as an old screen'),
			'4:5': ratio('4:5', 'Upright, as a post'),
			'5:4': ratio('5:4', 'Almost square'),
			'9:16': ratio('9:16', 'Upright, as a phone'),
			'9:21': ratio('9:21', 'Very upright'),
			adaptive: ratio('Adaptive', 'As the reference; Seedance 2 videos only'),
		},
		unset: ratio('Automatic', 'What the model takes by itself, or a pasted prompt says'),
		onPanel: true,
		open: true,
	},
	resolution: {
		type: 'options',
		label: 'Resolution',
		help: 'Size of the picture. Only partner models know it, and not every one knows every size.',
		options: {
			'1K': { label: '1K', help: 'About 1,000 pixels on a side' },
			'2K': { label: '2K', help: 'About 2,000 pixels on a side' },
			'4K': { label: '4K', help: 'About 4,000 pixels on a side' },
		},
		default: '2K',
		priced: true,
	},
	w: {
		type: 'integer',
		label: 'Width',
		help: 'Width in pixels, for Stable Diffusion and Flux.',
		placeholder: 'e.g. 768',
		min: SIZE_STEP,
		step: SIZE_STEP,
		compared: true,
	},
	h: {
		type: 'integer',
		label: 'Height',
		help: 'Height in pixels, for Stable Diffusion and Flux.',
		placeholder: 'e.g. 1280',
		min: SIZE_STEP,
		step: SIZE_STEP,
		compared: true,
	},
	ar: {
		type: 'options',
		label: 'Aspect Ratio (Old Name)',
		help: 'Shape of the picture, by the name that older prompts have for it.',
		options: {
			'1:1': ratio('1:1', 'Square'),
			'16:9': ratio('16:9', 'Wide, as a screen'),
			landscape: ratio('Landscape', 'Wide'),
			portrait: ratio('Portrait', 'Upright'),
		},
		default: '1:1',
		compared: true,
	},
} as const satisfies FieldTable;
