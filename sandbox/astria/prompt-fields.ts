import type { Field } from './fields';
import { VIDEO_MODELS } from './video-models';

/** The largest seed that the documentation allows. */
const MAX_SEED = 2 ** 32;

const ASPECT_RATIOS = '1:1 16:9 9:16 21:9 9:21 3:2 2:3 5:4 4:5 4:3 3:4 adaptive'.split(' ');
const SCHEDULERS = 'euler euler_a dpm++2m_karras dpm++sde_karras dpm++2m dpm++sde lcm tcd'.split(
	' ',
);
const STYLES = [
	'Cinematic',
	'Animated',
	'Digital Art',
	'Photographic',
	'Fantasy art',
	'Neonpunk',
	'Enhance',
	'Comic book',
	'Lowpoly',
	'Line art',
];
/** The documented list, then what the changelog and Flux add. */
const CONTROLNETS = [
	...'composition reference segroom ipadapter lineart canny depth mlsd hed pose tile qr'.split(' '),
	...'relight style blur gray low_quality'.split(' '),
];

/**
 * The plain fields of a prompt (https://docs.astria.ai/docs/api/prompt/create), with the ranges
 * that hold whatever the model; `prompt-rules.ts` has the rest.
 */
export const PROMPT_FIELDS: readonly Field[] = [
	{ name: 'text', type: 'text' },
	{ name: 'negative_prompt', type: 'text' },
	{ name: 'num_images', type: 'integer', min: 1, max: 8, initial: 1 },
	{ name: 'seed', type: 'integer', min: 0, max: MAX_SEED },
	{ name: 'aspect_ratio', type: 'text', oneOf: ASPECT_RATIOS },
	{ name: 'resolution', type: 'text', oneOf: ['1K', '2K', '4K'] },
	{ name: 'w', type: 'integer', min: 8, step: 8 },
	{ name: 'h', type: 'integer', min: 8, step: 8 },
	{ name: 'ar', type: 'text', oneOf: ['1:1', 'portrait', '16:9', 'landscape'], initial: '1:1' },
	{ name: 'callback', type: 'text' },
	{ name: 'community', type: 'boolean' },
	{ name: 'theme', type: 'text' },

	{ name: 'super_resolution', type: 'boolean', initial: false },
	{ name: 'inpaint_faces', type: 'boolean', initial: false },
	{ name: 'hires_fix', type: 'boolean', initial: false },
	{ name: 'face_correct', type: 'boolean', initial: false },
	{ name: 'face_swap', type: 'boolean', initial: false },
	{ name: 'cfg_scale', type: 'number', min: 0, max: 15 },
	{ name: 'steps', type: 'integer', min: 0, max: 50 },
	{ name: 'scheduler', type: 'text', oneOf: SCHEDULERS },
	{ name: 'use_lpw', type: 'boolean', initial: false },
	{ name: 'backend_version', type: 'integer', min: 0, max: 1 },
	{ name: 'style', type: 'text', oneOf: STYLES },
	{ name: 'color_grading', type: 'text', oneOf: ['Film Velvia', 'Film Portra', 'Ektar'] },
	{ name: 'film_grain', type: 'boolean', initial: false },
	{ name: 'prompt_expansion', type: 'boolean', initial: false },

	{ name: 'controlnet', type: 'text', oneOf: CONTROLNETS },
	{ name: 'denoising_strength', type: 'number', min: 0, max: 1 },
	{ name: 'controlnet_conditioning_scale', type: 'number', min: 0, max: 1 },
	{ name: 'controlnet_txt2img', type: 'boolean', initial: false },

	{ name: 'pack_id', type: 'integer' },
	{ name: 'base_pack_id', type: 'integer' },
	{ name: 'order_id', type: 'integer' },
	{ name: 'orig_prompt_id', type: 'integer' },

	{ name: 'video_model', type: 'text', oneOf: [...VIDEO_MODELS.keys()] },
	{ name: 'video_prompt', type: 'text' },
	{ name: 'video_duration', type: 'integer' },
	{ name: 'video_audio', type: 'boolean', initial: false },
	{ name: 'video_upscale_model', type: 'text', oneOf: ['seedvr2'] },
	{ name: 'video_upscale_target_resolution', type: 'text', oneOf: ['720p', '1080p', '2k', '4k'] },
	{ name: 'video_fps_model', type: 'text', oneOf: ['video_fps_increaser'] },
];

/** Allowed in a tune's `prompts_attributes` only; elsewhere it is ignored. */
export const NESTED_PROMPT_FIELDS: readonly Field[] = [
	...PROMPT_FIELDS,
	{ name: 'lora_scale', type: 'number' },
];

/** What PATCH changes; `workspace_id` is read on its own. */
export const PROMPT_CHANGES: readonly Field[] = PROMPT_FIELDS.filter(({ name }) =>
	['pack_id', 'base_pack_id', 'orig_prompt_id'].includes(name),
);

/** A field that takes a file, and the names under which the same file comes otherwise. */
export interface FileField {
	name: string;
	/** Takes the address of the file, or several when `many`. */
	url?: string;
	/** Takes a data URL. */
	base64?: string;
	many?: boolean;
	kind: 'image' | 'video' | 'audio';
}

/** The files of a prompt; each also takes a direct upload's signed id under its own name. */
export const PROMPT_FILES: readonly FileField[] = [
	{ name: 'input_image', url: 'input_image_url', base64: 'input_image_base64', kind: 'image' },
	{ name: 'mask_image', url: 'mask_image_url', kind: 'image' },
	{ name: 'video_first_frame', url: 'video_first_frame_url', kind: 'image' },
	{ name: 'video_last_frame', url: 'video_last_frame_url', kind: 'image' },
	{ name: 'source_image', url: 'source_image_url', kind: 'image' },
	{ name: 'image_references', url: 'image_reference_urls', many: true, kind: 'image' },
	{ name: 'input_video', url: 'input_video_url', kind: 'video' },
	{ name: 'audio_reference', url: 'audio_reference_url', kind: 'audio' },
];

/** The files of a tune. `.txt` captions may come along with the pictures. */
export const TUNE_FILES: FileField = {
	name: 'images',
	url: 'image_urls',
	many: true,
	kind: 'image',
};
