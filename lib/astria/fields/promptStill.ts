import { choice, type FieldTable } from '../../fields/field';

/** The largest seed that Astria documents. */
const MAX_SEED = 2 ** 32;

/** Astria makes at most so many pictures of one prompt. */
const MAX_IMAGES = 8;

/** Astria's pictures are so many pixels wide and high, times a whole number. */
const SIZE_STEP = 8;

/** What every prompt has (docs.astria.ai, Create a prompt). */
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

/** What the help of a field begins with, whoever says what is left empty. */
export const HOW_MANY = 'How many pictures to make. Each is billed.';
export const WHICH_SHAPE =
	'Shape of the picture. Partner models take this in place of a width and a height; not every model knows every shape.';

/** How many pictures, and of which size (docs.astria.ai, Create a prompt). */
export const PROMPT_BASICS = {
	num_images: {
		type: 'integer',
		label: 'Number of Images',
		help: `${HOW_MANY} Empty for as many as Astria makes by itself.`,
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
		help: `${WHICH_SHAPE} Automatic is what the model takes by itself.`,
		options: {
			'1:1': choice('1:1', 'Square'),
			'16:9': choice('16:9', 'Wide, as a screen'),
			'2:3': choice('2:3', 'Upright, as a photo'),
			'21:9': choice('21:9', 'Very wide, as a cinema screen'),
			'3:2': choice('3:2', 'Wide, as a photo'),
			'3:4': choice('3:4', 'Upright, as a catalog picture'),
			'4:3': choice('4:3', 'Wide, as an old screen'),
			'4:5': choice('4:5', 'Upright, as a post'),
			'5:4': choice('5:4', 'Almost square'),
			'9:16': choice('9:16', 'Upright, as a phone'),
			'9:21': choice('9:21', 'Very upright'),
			adaptive: choice('Adaptive', 'As the reference; Seedance 2 videos only'),
		},
		unset: choice('Automatic', 'Not set here'),
		ratio: true,
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
			'1:1': choice('1:1', 'Square'),
			'16:9': choice('16:9', 'Wide, as a screen'),
			landscape: choice('Landscape', 'Wide'),
			portrait: choice('Portrait', 'Upright'),
		},
		default: '1:1',
		ratio: true,
		compared: true,
	},
} as const satisfies FieldTable;

/** Pictures that lead the result (docs.astria.ai, Create a prompt and ControlNet). */
export const PROMPT_CONTROL = {
	input_image: {
		type: 'picture',
		label: 'Input Image',
		help: 'The picture to start from, or to take the pose or outline from.',
		addressName: 'input_image_url',
		inlineName: 'input_image_base64',
	},
	mask_image: {
		type: 'picture',
		label: 'Mask Image',
		help: 'A black and white picture: what is white is painted anew. Needs an Input Image.',
		addressName: 'mask_image_url',
		needs: 'input_image',
	},
	controlnet: {
		type: 'options',
		label: 'ControlNet',
		help: 'What to take from the Input Image. Not every model knows every kind.',
		options: {
			blur: { label: 'Blur', help: 'Rough colors and shapes; Flux only' },
			canny: { label: 'Canny', help: 'Fine outlines' },
			composition: { label: 'Composition', help: 'Where things are' },
			depth: { label: 'Depth', help: 'What is near and what is far' },
			gray: { label: 'Gray', help: 'Light and dark; Flux only' },
			hed: { label: 'HED', help: 'Soft outlines' },
			ipadapter: { label: 'IP-Adapter', help: 'Content and style' },
			lineart: { label: 'Line Art', help: 'Drawn lines' },
			low_quality: {
				label: 'Low Quality',
				help: 'A poor picture to make a good one of; Flux only',
			},
			mlsd: { label: 'MLSD', help: 'Straight lines, as of rooms' },
			pose: { label: 'Pose', help: 'How the person stands' },
			qr: { label: 'QR', help: 'A QR code' },
			reference: { label: 'Reference', help: 'Style and colors' },
			relight: { label: 'Relight', help: 'Light; Backend Version 1 only' },
			segroom: { label: 'Room Segments', help: 'Walls, floor and furniture of a room' },
			style: { label: 'Style', help: 'Style; SDXL only' },
			tile: { label: 'Tile', help: 'Everything, with new details' },
		},
		default: 'pose',
		open: true,
		needs: 'input_image',
		compared: true,
	},
	denoising_strength: {
		type: 'number',
		label: 'Denoising Strength',
		help: 'How far to go away from the Input Image: 0 keeps it, 1 follows the text alone.',
		min: 0,
		max: 1,
		default: 0.8,
		compared: true,
	},
	controlnet_conditioning_scale: {
		type: 'number',
		label: 'ControlNet Scale',
		help: 'How strictly to follow the ControlNet.',
		placeholder: 'e.g. 0.4',
		min: 0,
		max: 1,
		compared: true,
	},
	controlnet_txt2img: {
		type: 'boolean',
		label: 'ControlNet Text to Image',
		help: 'Whether to take only the ControlNet from the Input Image, and none of its colors.',
		default: false,
		compared: true,
	},
} as const satisfies FieldTable;

/** Stable Diffusion takes a `cfg_scale` up to this; Flux stays below 5. */
const MAX_CFG_SCALE = 15;

const MAX_STEPS = 50;

/** How the picture is made and what is done to it afterwards (docs.astria.ai, Create a prompt). */
export const PROMPT_QUALITY = {
	super_resolution: {
		type: 'boolean',
		label: 'Super Resolution',
		help: 'Whether to enlarge the picture and add detail.',
		default: false,
		compared: true,
		priced: true,
	},
	inpaint_faces: {
		type: 'boolean',
		label: 'Inpaint Faces',
		help: 'Whether to paint faces again in more detail. Needs Super Resolution, except on partner models.',
		default: false,
		compared: true,
	},
	hires_fix: {
		type: 'boolean',
		label: 'HiRes Fix',
		help: 'Whether to work out details while the picture is enlarged. Needs Super Resolution.',
		default: false,
		compared: true,
		priced: true,
	},
	face_correct: {
		type: 'boolean',
		label: 'Face Correct',
		help: 'Whether to smooth and correct faces.',
		default: false,
		compared: true,
	},
	face_swap: {
		type: 'boolean',
		label: 'Face Swap',
		help: 'Whether to put the face of the training pictures in. Best with Inpaint Faces and Super Resolution.',
		default: false,
	},
	cfg_scale: {
		type: 'number',
		label: 'CFG Scale',
		help: 'How closely to follow the text. Flux takes less than 5.',
		placeholder: 'e.g. 3.5',
		min: 0,
		max: MAX_CFG_SCALE,
		compared: true,
	},
	steps: {
		type: 'integer',
		label: 'Steps',
		help: 'How many steps the model takes.',
		placeholder: 'e.g. 30',
		min: 0,
		max: MAX_STEPS,
		compared: true,
	},
	scheduler: {
		type: 'options',
		label: 'Scheduler',
		help: "How the steps are taken. Without it your account's setting applies.",
		options: {
			'dpm++2m': { label: 'DPM++ 2M', help: 'DPM++ 2M without Karras steps' },
			'dpm++2m_karras': { label: 'DPM++ 2M Karras', help: 'DPM++ 2M with Karras steps' },
			'dpm++sde': { label: 'DPM++ SDE', help: 'DPM++ SDE without Karras steps' },
			'dpm++sde_karras': { label: 'DPM++ SDE Karras', help: 'DPM++ SDE with Karras steps' },
			euler: { label: 'Euler', help: 'The plain Euler method' },
			euler_a: { label: 'Euler A', help: 'Euler ancestral' },
			lcm: { label: 'LCM', help: 'Fast: 5 or 6 steps' },
			tcd: { label: 'TCD', help: 'Fast: 4 to 8 steps, for SDXL' },
		},
		default: 'dpm++sde_karras',
		compared: true,
	},
	use_lpw: {
		type: 'boolean',
		label: 'Weighted Prompt',
		help: 'Whether (words:1.2) in brackets have a weight. Flux does not know it.',
		default: false,
		compared: true,
	},
	backend_version: {
		type: 'options',
		label: 'Backend Version',
		help: "Which of Astria's pipelines to use. Without it your account's setting applies.",
		options: {
			'0': { label: 'Version 0', help: 'The pipeline of Flux' },
			'1': { label: 'Version 1', help: 'The pipeline of Stable Diffusion' },
		},
		default: '1',
		numeric: true,
	},
	style: {
		type: 'options',
		label: 'Style',
		help: 'A look for the whole picture.',
		options: {
			Animated: choice('Animated', 'Like an animated film'),
			Cinematic: choice('Cinematic', 'Like a still from a film'),
			'Comic book': choice('Comic Book', 'Like a drawn comic'),
			'Digital Art': choice('Digital Art', 'Like a picture painted on a computer'),
			Enhance: choice('Enhance', 'Richer in light and detail'),
			'Fantasy art': choice('Fantasy Art', 'Like the cover of a fantasy novel'),
			'Line art': choice('Line Art', 'Drawn with lines'),
			Lowpoly: choice('Lowpoly', 'Of few flat surfaces, like an early computer game'),
			Neonpunk: choice('Neonpunk', 'Neon light in the dark'),
			Photographic: choice('Photographic', 'Like a photo'),
		},
		default: 'Photographic',
	},
	color_grading: {
		type: 'options',
		label: 'Color Grading',
		help: 'Colors of a photographic film.',
		options: {
			Ektar: { label: 'Ektar', help: 'Strong, clear colors' },
			'Film Portra': { label: 'Film Portra', help: 'Soft colors that suit skin' },
			'Film Velvia': { label: 'Film Velvia', help: 'Deep colors that suit landscapes' },
		},
		default: 'Film Portra',
	},
	film_grain: {
		type: 'boolean',
		label: 'Film Grain',
		help: 'Whether to add the grain of a film.',
		default: false,
	},
	prompt_expansion: {
		type: 'boolean',
		label: 'Prompt Expansion',
		help: 'Whether Astria adds words to the text, on models that support it.',
		default: false,
	},
} as const satisfies FieldTable;
