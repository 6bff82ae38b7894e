import { Refused } from './door';
import { addProblem, numberOf, textOf } from './fields';
import type { Fields, Problems } from './fields';
import type { Store, StoredFile, Tune } from './store';
import { baseModel, familyOf, hasToken } from './tokens';
import { checkVideo, needsText } from './video-rules';
import type { World } from './world';

/** A prompt as it is about to be made. */
export interface Candidate {
	fields: Fields;
	files: Record<string, StoredFile[]>;
	/** The tune it is posted to. */
	host: Tune;
}

/** A text with this in it is refused, so that a test can see it happen. */
const FORBIDDEN = 'fail';

/** Flux takes a `cfg_scale` below this. */
const FLUX_CFG_LIMIT = 5;

/** Whether a prompt came with a file in this field. */
export function hasFile(files: Record<string, StoredFile[]>, name: string): boolean {
	return (files[name]?.length ?? 0) > 0;
}

function checkText({ fields, files }: Candidate, problems: Problems): void {
	const text = textOf(fields, 'text');
	if (text === undefined && needsText(fields, files))
		addProblem(problems, 'text', "can't be blank");
	if (text?.includes(FORBIDDEN)) addProblem(problems, 'text', 'contains a forbidden word');
}

function checkFlux({ fields }: Candidate, problems: Problems): void {
	if ((numberOf(fields, 'cfg_scale') ?? 0) >= FLUX_CFG_LIMIT) {
		addProblem(problems, 'cfg_scale', `must be less than ${FLUX_CFG_LIMIT}`);
	}
	if (textOf(fields, 'negative_prompt') !== undefined) {
		addProblem(problems, 'negative_prompt', 'is not supported for Flux');
	}
}

/** Refuses fields without the one that they require; Astria is not known to. */
function checkCompanions(
	{ fields, files }: Candidate,
	isPartner: boolean,
	problems: Problems,
): void {
	if (hasFile(files, 'mask_image') && !hasFile(files, 'input_image')) {
		addProblem(problems, 'mask_image', 'requires input_image');
	}
	if (
		textOf(fields, 'video_upscale_target_resolution') !== undefined &&
		textOf(fields, 'video_upscale_model') === undefined
	) {
		addProblem(problems, 'video_upscale_target_resolution', 'requires video_upscale_model');
	}
	if (isPartner) return;
	for (const name of ['hires_fix', 'inpaint_faces']) {
		if (fields[name] === true && fields.super_resolution !== true) {
			addProblem(problems, name, 'requires super_resolution');
		}
	}
	if (fields.controlnet !== null && !hasFile(files, 'input_image')) {
		addProblem(problems, 'controlnet', 'requires input_image');
	}
}

function checkModel(store: Store, { fields, host }: Candidate, problems: Problems): void {
	const model = baseModel(store, host);
	const resolution = textOf(fields, 'resolution');
	const isPartner = familyOf(store, host) === 'partner';
	const sizes = model?.resolutions;
	const isKnown = resolution !== undefined && problems.resolution === undefined;
	if (isKnown && (!isPartner || sizes?.includes(resolution) === false)) {
		addProblem(problems, 'resolution', 'is not supported for this model');
	}
	const maxImages = model?.maxImages;
	if (maxImages !== undefined && (numberOf(fields, 'num_images') ?? 1) > maxImages) {
		addProblem(problems, 'num_images', `must be less than or equal to ${maxImages}`);
	}
	if (fields.aspect_ratio === 'adaptive' && fields.video_model === null) {
		addProblem(problems, 'aspect_ratio', 'is not included in the list');
	}
}

/**
 * Refuses a template prompt that no fine-tuned model is part of.
 * @throws {Refused} 422
 */
export function checkTemplate({ fields, host }: Candidate): void {
	const text = textOf(fields, 'text') ?? '';
	const trigger = textOf(host.fields, 'token');
	const usesHost = trigger !== undefined && text.includes(trigger);
	if (fields.pack_id !== null && !hasToken(text) && !usesHost) {
		throw new Refused({
			status: 422,
			body: { error: 'Prompt is not using a fine-tuned model' },
		});
	}
}

/**
 * Checks what depends on the model and on other fields
 * (https://docs.astria.ai/docs/api/prompt/create, https://docs.astria.ai/docs/api/flux-api).
 * The wordings are in the manner of Rails; Astria's own are not documented.
 */
export function checkPrompt(
	{ settings, store }: World,
	candidate: Candidate,
	problems: Problems,
): void {
	const { fields, files, host } = candidate;
	const family = familyOf(store, host);
	checkText(candidate, problems);
	if (family === 'flux') checkFlux(candidate, problems);
	if (settings.refusesLoneFields) checkCompanions(candidate, family === 'partner', problems);
	checkModel(store, candidate, problems);
	checkVideo(fields, files, problems);
}
