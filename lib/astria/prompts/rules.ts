import { InputError } from '../../errors';
import { PROMPT_FIELDS } from '../fields/prompt';
import { MOTION_CONTROL_MODELS } from '../fields/promptVideo';
import { isUnset } from '../../fields/coerce';
import type { FieldTable } from '../../fields/field';
import type { Family } from '../models/catalog';
import { namesOfFile } from './request';
import { flagsAreReadable } from './text';

/** What is about to be sent, as far as the rules look at it. */
export interface PromptDraft {
	/** By API name; without files. */
	values: Readonly<Record<string, unknown>>;
	/** API names of the fields that have a file. */
	files: ReadonlySet<string>;
}

type FieldName = keyof typeof PROMPT_FIELDS;

const FIELDS: FieldTable = PROMPT_FIELDS;

/** Flux takes a `cfg_scale` below this (docs.astria.ai, Flux). */
const FLUX_CFG_LIMIT = 5;

/** Seedance 2 takes either of the two groups (docs.astria.ai, Video). */
const FRAMES: readonly FieldName[] = ['video_first_frame', 'video_last_frame'];
const REFERENCES: readonly FieldName[] = ['image_references', 'input_video', 'audio_reference'];

/** What stands in for the text of a video. */
const STARTS_A_VIDEO: readonly FieldName[] = [
	'video_first_frame',
	'source_image_url',
	'input_video',
	'video_prompt',
];

const labelOf = (name: FieldName) => PROMPT_FIELDS[name].label;

function refuse(name: FieldName, problem: string, cure: string): never {
	throw new InputError(labelOf(name), problem, cure);
}

/** The rules of one prompt. */
class Rules {
	constructor(
		private readonly draft: PromptDraft,
		private readonly family: Family | undefined,
	) {}

	private has(name: string): boolean {
		const { values, files } = this.draft;
		const isSet = (key: string) => !(isUnset(values[key]) || values[key] === false);
		return files.has(name) || namesOfFile(name).some(isSet);
	}

	private textOf(name: FieldName): string {
		const value = this.draft.values[name];
		return typeof value === 'string' ? value.trim() : '';
	}

	private get videoModel(): string {
		return this.textOf('video_model');
	}

	checkText(): void {
		const text = this.textOf('text');
		const startsVideo = this.videoModel !== '' && STARTS_A_VIDEO.some((name) => this.has(name));
		if (text === '' && !startsVideo) {
			refuse('text', 'is empty', 'Say what the picture shows.');
		}
	}

	checkFlags(): void {
		for (const name of ['text', 'video_prompt'] as const) {
			if (flagsAreReadable(this.textOf(name))) continue;
			refuse(
				name,
				'has a double quote without its partner, so Astria would not see its flags',
				'Close the quote or remove it.',
			);
		}
	}

	checkQuality(): void {
		if (this.family === undefined || this.family === 'partner') return;
		for (const name of ['inpaint_faces', 'hires_fix'] as const) {
			if (this.has(name) && !this.has('super_resolution')) {
				refuse(
					name,
					`needs '${labelOf('super_resolution')}' on this model`,
					`Turn on '${labelOf('super_resolution')}' too.`,
				);
			}
		}
	}

	checkFlux(): void {
		if (this.family !== 'flux') return;
		const scale = Number(this.draft.values.cfg_scale ?? 0);
		if (scale >= FLUX_CFG_LIMIT) {
			refuse('cfg_scale', `is ${scale}, too much for Flux`, `Use less than ${FLUX_CFG_LIMIT}.`);
		}
		if (this.has('negative_prompt')) {
			refuse(
				'negative_prompt',
				'is set, but Flux knows none',
				`Remove it, or say in '${labelOf('text')}' what you want instead.`,
			);
		}
	}

	checkNeeds(): void {
		for (const [name, { label, needs }] of Object.entries(FIELDS)) {
			if (needs === undefined || !this.has(name) || this.has(needs)) continue;
			const needed = FIELDS[needs]?.label ?? needs;
			throw new InputError(label, `needs '${needed}'`, 'Add it, or remove this.');
		}
	}

	checkVideo(): void {
		const { videoModel } = this;
		if (videoModel === '') return;
		if (this.textOf('video_prompt') === '') {
			refuse('video_prompt', 'is empty', 'Say what happens in the video.');
		}
		if (MOTION_CONTROL_MODELS.includes(videoModel) && !this.has('input_video')) {
			refuse('input_video', `is missing, which ${videoModel} needs`, 'Add the video to copy.');
		}
	}

	checkModes(): void {
		const { videoModel } = this;
		const frame = FRAMES.find((name) => this.has(name));
		const reference = REFERENCES.find((name) => this.has(name));
		if (!videoModel.startsWith('seedance2') || frame === undefined || reference === undefined)
			return;
		refuse(
			frame,
			`does not go together with '${labelOf(reference)}' in ${videoModel}`,
			'Use frames or references, not both.',
		);
	}
}

/**
 * Checks what Astria would answer with 422 (docs.astria.ai, Create a prompt, Flux and Video), so
 * that a row fails with the field named, and before anything is paid.
 *
 * @param family of the model; without one, rules that depend on it are left to Astria
 * @throws InputError
 */
export function checkPrompt(draft: PromptDraft, family: Family | undefined): void {
	const rules = new Rules(draft, family);
	rules.checkText();
	rules.checkFlags();
	rules.checkQuality();
	rules.checkFlux();
	rules.checkNeeds();
	rules.checkVideo();
	rules.checkModes();
}

/**
 * Checks what is said otherwise of a prompt that exists: what one field says of itself, and what two
 * of them say together. What they need may be in that prompt.
 *
 * @throws InputError
 */
export function checkOverrides(draft: PromptDraft): void {
	const rules = new Rules(draft, undefined);
	rules.checkFlags();
	rules.checkModes();
}

/** Whether any rule for a draft depends on the model's family, so that it is worth a call. */
export function dependsOnFamily({ values }: PromptDraft): boolean {
	const isOn = (name: FieldName) => values[name] === true;
	const details = (isOn('inpaint_faces') || isOn('hires_fix')) && !isOn('super_resolution');
	const scale = Number(values.cfg_scale ?? 0);
	return details || scale >= FLUX_CFG_LIMIT || !isUnset(values.negative_prompt);
}
