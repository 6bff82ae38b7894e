import type { Field } from './fields';

const BRANCHES = ['flux1', 'sd15', 'sdxl1', 'fast', 'flux-pro1', 'gemini-2', 'partner-1'];
const MODEL_TYPES = ['lora', 'pti', 'faceid'];
const PRESETS = ['flux-lora-focus', 'flux-lora-portrait', 'flux-lora-fast'];

/**
 * The plain fields of a tune (https://docs.astria.ai/docs/api/tune/create). Pictures, captions,
 * `characteristics` and `prompts_attributes` are read on their own.
 */
export const TUNE_FIELDS: readonly Field[] = [
	{ name: 'title', type: 'text' },
	{ name: 'name', type: 'text' },
	{ name: 'callback', type: 'text' },
	{ name: 'branch', type: 'text', oneOf: BRANCHES },
	{ name: 'model_type', type: 'text', oneOf: MODEL_TYPES },
	{ name: 'base_tune_id', type: 'integer' },
	{ name: 'preset', type: 'text', oneOf: PRESETS },
	{ name: 'steps', type: 'integer', min: 1 },
	{ name: 'token', type: 'text' },
	{ name: 'face_crop', type: 'boolean' },
	{ name: 'training_face_correct', type: 'boolean', initial: false },
	{ name: 'auto_extend', type: 'boolean', initial: false },
];

/** What PATCH changes, beside `characteristics`; anything else in its body is ignored. */
export const TUNE_CHANGES: readonly Field[] = TUNE_FIELDS.filter(({ name }) =>
	['title', 'name', 'auto_extend'].includes(name),
);
