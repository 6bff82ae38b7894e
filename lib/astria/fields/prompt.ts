import type { FieldTable, NumberField } from '../../fields/field';
import { TUNE_ENTITY } from './entities';
import {
	HOW_MANY,
	WHICH_SHAPE,
	PROMPT_BASICS,
	PROMPT_CONTROL,
	PROMPT_QUALITY,
	PROMPT_TEXT,
} from './promptStill';
import { PROMPT_VIDEO } from './promptVideo';

/** What makes a prompt part of a pack (docs.astria.ai, Create a prompt). */
export const PROMPT_PACK = {
	pack_id: {
		type: 'integer',
		label: 'Pack ID',
		help: 'Makes the prompt a template of this pack. Its text must use a fine-tuned model.',
		placeholder: 'e.g. 260',
		min: 1,
	},
	base_pack_id: {
		type: 'integer',
		label: 'Base Pack ID',
		help: 'The pack that the prompt comes from.',
		placeholder: 'e.g. 260',
		min: 1,
	},
	order_id: {
		type: 'integer',
		label: 'Order ID',
		help: 'The order of a pack that the prompt belongs to.',
		placeholder: 'e.g. 37345',
		min: 1,
	},
	orig_prompt_id: {
		type: 'integer',
		label: 'Original Prompt ID',
		help: 'The prompt that this one was made from.',
		placeholder: 'e.g. 45042524',
		min: 1,
	},
} as const satisfies FieldTable;

/** What else can be said of a prompt (docs.astria.ai, Create a prompt). */
export const PROMPT_MORE = {
	callback: {
		type: 'url',
		label: 'Callback',
		help: 'Address that Astria calls when the pictures are there. It must be public, begin with https:// and not redirect.',
		placeholder: 'e.g. https://n8n.example.com/webhook/prompt-done',
		compared: true,
	},
	workspace_id: {
		type: 'integer',
		label: 'Workspace ID',
		help: 'The workspace that the prompt belongs to and that pays for it.',
		placeholder: 'e.g. 41',
		min: 1,
	},
	community: {
		type: 'boolean',
		label: 'Community',
		help: 'Whether to share the pictures in the community feed of Astria.',
		default: false,
	},
	theme: {
		type: 'text',
		label: 'Theme',
		help: 'A name that groups prompts.',
		placeholder: 'e.g. summer',
	},
} as const satisfies FieldTable;

/** What a prompt of a try-on has: it makes pictures, and belongs to no pack. */
export const STILL_FIELDS = {
	...PROMPT_BASICS,
	...PROMPT_QUALITY,
	...PROMPT_CONTROL,
	...PROMPT_MORE,
} as const satisfies FieldTable;

/** All fields of a prompt but its text. */
export const PROMPT_SETTINGS = {
	...STILL_FIELDS,
	...PROMPT_VIDEO,
	...PROMPT_PACK,
} as const satisfies FieldTable;

const { num_images: NUM_IMAGES, aspect_ratio: ASPECT_RATIO } = PROMPT_BASICS;

/** The same beside a pasted prompt, which may say what is left empty. */
export const PASTED_SETTINGS = {
	...PROMPT_SETTINGS,
	num_images: {
		...NUM_IMAGES,
		help: `${HOW_MANY} Empty for as many as Astria makes by itself, or as a pasted prompt says.`,
	},
	aspect_ratio: {
		...ASPECT_RATIO,
		help: `${WHICH_SHAPE} Automatic is what the model takes by itself, or what a pasted prompt says.`,
	},
} as const satisfies FieldTable;

/** The same where another prompt says what is left empty. */
export const COPIED_SETTINGS = {
	...PROMPT_SETTINGS,
	num_images: {
		...NUM_IMAGES,
		help: `${HOW_MANY} Empty for as many as the original.`,
	},
	aspect_ratio: {
		...ASPECT_RATIO,
		help: `${WHICH_SHAPE} Automatic is that of the original.`,
	},
} as const satisfies FieldTable;

/**
 * All fields of a prompt (docs.astria.ai, Create a prompt). The tune that it runs on is part of the
 * address.
 */
export const PROMPT_FIELDS = { ...PROMPT_TEXT, ...PROMPT_SETTINGS } as const satisfies FieldTable;

const LORA_SCALE: NumberField = {
	type: 'number',
	label: 'LoRA Scale',
	help: 'How strongly the tune shows.',
	placeholder: 'e.g. 1',
	min: 0,
};

/** Fields of the prompts that come with a tune (docs.astria.ai, Create a tune). */
export const NESTED_PROMPT_FIELDS = { ...PROMPT_FIELDS, lora_scale: LORA_SCALE };

/** What can be changed in a prompt that exists (Astria's command line, `prompts update`). */
export const PROMPT_CHANGES = {
	pack_id: PROMPT_PACK.pack_id,
	base_pack_id: PROMPT_PACK.base_pack_id,
	orig_prompt_id: PROMPT_PACK.orig_prompt_id,
	workspace_id: PROMPT_MORE.workspace_id,
} as const satisfies FieldTable;

/** A tune that a prompt refers to (docs.astria.ai, FaceID and Flux fine-tuning). */
export const REFERENCE_FIELDS = {
	tune: {
		...TUNE_ENTITY,
		label: 'Tune',
		help: 'The person, garment or style to show.',
		required: true,
	},
	kind: {
		type: 'options',
		label: 'Kind',
		help: 'How the tune was made. Automatic asks Astria, and anything else has to agree with what it says.',
		options: {
			automatic: { label: 'Automatic', help: 'As the tune itself says' },
			faceid: { label: 'FaceID', help: 'A reference that was not trained: a garment, a face' },
			lora: { label: 'LoRA', help: 'A trained person, product or style' },
		},
		default: 'automatic',
		defaultApplies: true,
		ofNode: true,
	},
	weight: {
		type: 'number',
		label: 'Weight',
		help: 'How strongly the tune shows. Partner models know only 1.',
		min: 0,
		default: 1,
	},
	class_name: {
		type: 'text',
		label: 'Class Word',
		help: 'What the tune shows, put right behind its token. Empty for the class of a FaceID, and for nothing behind a LoRA.',
		placeholder: 'e.g. ohwx woman',
	},
	into: {
		type: 'options',
		label: 'Put Into',
		help: 'Which text gets the token, where it is filled in and does not have it yet.',
		options: {
			both: { label: 'Text and Video Prompt', help: 'Each of the two that is filled in' },
			text: { label: 'Text', help: 'The text of the picture' },
			video_prompt: { label: 'Video Prompt', help: 'The text of the video' },
		},
		default: 'both',
	},
} as const satisfies FieldTable;
