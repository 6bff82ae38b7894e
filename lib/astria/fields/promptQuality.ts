import type { FieldTable } from '../../fields/field';

/** Stable Diffusion takes a `cfg_scale` up to this; Flux stays below 5. */
const MAX_CFG_SCALE = 15;

const MAX_STEPS = 50;

const word = (help: string) => ({ label: help, help: `Style ${help}` });

/**
 * How the picture is made and what is done to it afterwards (docs.astria.ai, Create a prompt).
 */
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
			Animated: word('Animated'),
			Cinematic: word('Cinematic'),
			'Comic book': { label: 'Comic Book', help: 'Style Comic book' },
			'Digital Art': word('Digital Art'),
			Enhance: word('Enhance'),
			'Fantasy art': { label: 'Fantasy Art', help: 'Style Fantasy art' },
			'Line art': { label: 'Line Art', help: 'Style Line art' },
			Lowpoly: word('Lowpoly'),
			Neonpunk: word('Neonpunk'),
			Photographic: word('Photographic'),
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
