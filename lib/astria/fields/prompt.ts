import { PROMPT_BASICS, PROMPT_TEXT } from './promptBasics';
import { PROMPT_CONTROL } from './promptControl';
import { PROMPT_MORE, PROMPT_PACK } from './promptMore';
import { PROMPT_QUALITY } from './promptQuality';
import { PROMPT_VIDEO } from './promptVideo';
import type { FieldTable, NumberField } from '../../fields/field';

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
