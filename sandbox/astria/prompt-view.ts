import { ageMs } from './clock';
import { numberOf } from './fields';
import type { Prompt, StoredFile } from './store';
import { iso } from './tune-view';
import type { World } from './world';

const MS_PER_SECOND = 1000;

/** Fields that the answer repeats; Astria leaves the others out. */
const SHOWN = [
	...['callback', 'text', 'negative_prompt', 'steps', 'seed', 'super_resolution', 'inpaint_faces'],
	...['hires_fix', 'face_correct', 'face_swap', 'ar', 'aspect_ratio', 'resolution', 'num_images'],
	...['controlnet_txt2img', 'controlnet_conditioning_scale', 'denoising_strength'],
	...['pack_id', 'base_pack_id', 'order_id', 'orig_prompt_id'],
	...['video_model', 'video_prompt', 'video_duration'],
];

/** Astria writes this number as a text: `"3.0"`. */
function decimal(value: number | undefined): string | null {
	if (value === undefined) return null;
	return Number.isInteger(value) ? value.toFixed(1) : String(value);
}

function urls(files: StoredFile[] | undefined): string[] {
	return (files ?? []).map(({ url }) => url);
}

function progress(world: World, { startedTrainingAt, trainedAt }: Prompt) {
	if (startedTrainingAt === null || trainedAt !== null) return {};
	const elapsed = ageMs(world, startedTrainingAt) / MS_PER_SECOND;
	return {
		progress_timing_seconds: Math.ceil(world.settings.generationMs / MS_PER_SECOND),
		progress_elapsed_seconds: Math.floor(elapsed),
	};
}

/**
 * What a finished prompt tells; nothing of one that has not made anything, since no record of a
 * failed prompt's `cost_mc` is known.
 */
function shownCost({ trainedAt, outputs, costMc }: Prompt): number | null {
	return trainedAt === null || outputs.length === 0 ? null : costMc;
}

/**
 * Records of Astria have `failed_at` beside `user_error`, null in all that are public
 * (https://github.com/astriaai/articles, benchmark/nano-banana-2-1-2026-10/real-beauty/results.json).
 */
function failedAt({ userError, trainedAt }: Prompt): Date | null {
	return userError === null ? null : trainedAt;
}

/** What `expand[]` adds; both spellings of each are known. */
function expansion(expand: readonly string[]) {
	const wants = (name: string) => expand.some((entry) => entry.replace(/^prompt\./, '') === name);
	return {
		...(wants('debug_images') && {
			debug_images: [],
			debug_filenames: [],
			debug_content_types: [],
		}),
		...(wants('comments') && { comments: [] }),
	};
}

/**
 * The address of a prompt; one in a workspace names it (https://github.com/astriaai/articles,
 * benchmark/nano-banana-2-1-2026-10/real-beauty/results.json). It is read by the header all the same.
 */
function addressOf({ id, tuneId, workspaceId, origin }: Prompt): string {
	const workspace = workspaceId === null ? '' : `?ws=${workspaceId}`;
	return `${origin}/tunes/${tuneId}/prompts/${id}.json${workspace}`;
}

/**
 * A prompt as the API answers it (https://docs.astria.ai/docs/api/prompt/retrieve).
 * @param expand the values of `expand[]`
 */
export function promptJson(
	world: World,
	prompt: Prompt,
	expand: readonly string[] = [],
): Record<string, unknown> {
	const { id, tuneId, fields, outputs } = prompt;
	return {
		id,
		...Object.fromEntries(SHOWN.map((name) => [name, fields[name] ?? null])),
		cfg_scale: decimal(numberOf(fields, 'cfg_scale')),
		trained_at: iso(prompt.trainedAt),
		started_training_at: iso(prompt.startedTrainingAt),
		created_at: iso(prompt.createdAt),
		updated_at: iso(prompt.updatedAt),
		tune_id: tuneId,
		workspace_id: prompt.workspaceId,
		url: addressOf(prompt),
		images:
			world.settings.imageShape === 'object'
				? urls(outputs).map((url) => ({ url }))
				: urls(outputs),
		content_types: outputs.map(({ contentType }) => contentType),
		filenames: outputs.map(({ filename }) => filename),
		image_references: urls(prompt.files.image_references),
		user_error: prompt.userError,
		failed_at: iso(failedAt(prompt)),
		cost_mc: shownCost(prompt),
		...progress(world, prompt),
		...expansion(expand),
	};
}
