import { addProblem, numberOf, textOf } from './fields';
import type { Fields, Problems } from './fields';
import type { StoredFile } from './store';
import { VIDEO_MODELS } from './video-models';

type Files = Record<string, StoredFile[]>;

/** Files that go with a reference mode, and so not with a first or last frame. */
const REFERENCE_FILES = ['image_references', 'input_video', 'audio_reference'];
const FRAME_FILES = ['video_first_frame', 'video_last_frame'];

function hasAny(files: Files, names: string[]): boolean {
	return names.some((name) => (files[name]?.length ?? 0) > 0);
}

/** Whether a prompt makes a video. */
export function isVideo(fields: Fields): boolean {
	return textOf(fields, 'video_model') !== undefined;
}

/** How many pictures a prompt is to make; a video is one. */
export function outputsWanted(fields: Fields): number {
	return isVideo(fields) ? 1 : (numberOf(fields, 'num_images') ?? 1);
}

/** A picture prompt needs a text; a video can start from a frame, or from its own prompt. */
export function needsText(fields: Fields, files: Files): boolean {
	const model = VIDEO_MODELS.get(textOf(fields, 'video_model') ?? '');
	if (model === undefined) return true;
	if (hasAny(files, ['video_first_frame', 'source_image', 'input_video'])) return false;
	return model.textToVideo !== true || textOf(fields, 'video_prompt') === undefined;
}

function checkMode(name: string, files: Files, problems: Problems): void {
	const model = VIDEO_MODELS.get(name);
	if (model?.motionControl === true && !hasAny(files, ['input_video'])) {
		addProblem(problems, 'input_video', `is required for ${name}`);
	}
	if (model?.imageReferences !== true && hasAny(files, ['image_references'])) {
		addProblem(problems, 'image_references', `are not supported by ${name}`);
	}
	const hasReferences = hasAny(files, REFERENCE_FILES);
	if (/^seedance2/.test(name) && hasReferences && hasAny(files, FRAME_FILES)) {
		addProblem(problems, 'video_model', 'takes frames or references, not both');
	}
}

/** Checks the fields of a video (https://docs.astria.ai/docs/features/video). */
export function checkVideo(fields: Fields, files: Files, problems: Problems): void {
	const name = textOf(fields, 'video_model');
	if (name === undefined) return;
	if (textOf(fields, 'video_prompt') === undefined) {
		addProblem(problems, 'video_prompt', "can't be blank");
	}
	const duration = numberOf(fields, 'video_duration');
	const durations = VIDEO_MODELS.get(name)?.durations;
	if (duration !== undefined && durations?.includes(duration) === false) {
		addProblem(problems, 'video_duration', `is not supported by ${name}`);
	}
	checkMode(name, files, problems);
}
