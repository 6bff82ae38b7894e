import { isPast } from './clock';
import { textOf } from './fields';
import type { Fields } from './fields';
import { isListed } from './late';
import type { Prompt, Tune } from './store';
import type { World } from './world';

/**
 * What makes two prompts equal beside their tune, to the letter of
 * https://docs.astria.ai/docs/api/overview. The trap is in what is missing: input and mask images,
 * aspect ratio, resolution and everything about video.
 */
const PROMPT_ATTRIBUTES = [
	...['text', 'cfg_scale', 'steps', 'seed', 'callback', 'negative_prompt', 'super_resolution'],
	...['face_correct', 'ar', 'num_images', 'controlnet', 'denoising_strength', 'use_lpw'],
	...['controlnet_conditioning_scale', 'w', 'h', 'hires_fix', 'scheduler'],
	...['controlnet_txt2img', 'inpaint_faces'],
];

/** With idempotency on: the tune of the account that has this title already. */
export function findTwinTune(world: World, fields: Fields): Tune | undefined {
	const title = textOf(fields, 'title');
	if (!world.settings.account.idempotent || title === undefined) return undefined;
	return [...world.store.tunes.values()].find(
		(tune) =>
			tune.gallery === undefined &&
			isListed(world, tune) &&
			!isPast(world, tune.expiresAt) &&
			tune.fields.title === title,
	);
}

/** With idempotency on: the prompt of the same tune that agrees in all listed attributes. */
export function findTwinPrompt(
	world: World,
	tuneId: number,
	{ fields }: { fields: Fields },
): Prompt | undefined {
	if (!world.settings.account.idempotent) return undefined;
	return [...world.store.prompts.values()].find(
		(prompt) =>
			prompt.tuneId === tuneId &&
			isListed(world, prompt) &&
			PROMPT_ATTRIBUTES.every((name) => prompt.fields[name] === fields[name]),
	);
}
