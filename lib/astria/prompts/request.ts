import { randomInt } from 'node:crypto';

import { InputError } from '../../errors';
import { type Field, fieldsThatAre, type FieldTable, type PictureField } from '../../fields/field';
import { isUnset } from '../../fields/values';
import { hashOf, type JsonObject } from '../../json';
import { keyOf, type Picture } from '../../media/picture';
import { filePart, type Param, type Params } from '../api/client';
import { PROMPT_FIELDS } from '../fields/prompt';
import { MOTION_CONTROL_MODELS } from '../fields/promptVideo';
import type { Family } from '../models/catalog';
import { flagsAreReadable } from './text';

/** What is made: a prompt of a tune, or another one like a prompt that exists. */
type PromptTarget =
	| { kind: 'tune'; tuneId: number }
	| {
			kind: 'duplicate';
			promptId: number;
			/** The picture of that prompt to go on from, counted from 0. */
			imageIndex?: number;
	  };

/** A prompt to be made, checked and complete. */
export interface PromptRequest {
	target: PromptTarget;
	/** By API name, without the files. */
	values: Readonly<JsonObject>;
	/** By API name of the field that takes the file itself; a data URI only where Astria takes one. */
	files: Readonly<Record<string, readonly Picture[]>>;
	/** Whether Astria must not take it for an older prompt. */
	distinct: boolean;
	/** For values without a seed; it says nothing of what the row asks for. */
	chosenSeed?: number;
}

/**
 * What Astria compares when the account's idempotency is switched on: a prompt that agrees in all of
 * these, and in its tune, is not made again, whatever its pictures (docs.astria.ai, API overview).
 */
const COMPARED: ReadonlySet<string> = new Set([
	'tune_id',
	...fieldsThatAre('compared', PROMPT_FIELDS),
]);

const SEEDS = 2 ** 32;

function contentsOf({ files }: PromptRequest): Array<[string, string[]]> {
	return Object.entries(files).map(([name, pictures]) => [name, pictures.map(keyOf)]);
}

/** Equal for two requests only when they ask for the same. */
export function promptFingerprint(request: PromptRequest): string {
	const { target, values, distinct } = request;
	return hashOf([Object.entries(target), Object.entries(values), contentsOf(request), distinct]);
}

/**
 * What of a request Astria does not compare, as a hash.
 *
 * @returns `undefined` when it compares everything, so that two equal prompts are equal
 */
export function uncomparedOf(request: PromptRequest): string | undefined {
	const values = Object.entries(request.values).filter(([name]) => !COMPARED.has(name));
	const contents = contentsOf(request);
	return values.length + contents.length === 0 ? undefined : hashOf([values, contents]);
}

/**
 * A seed that the node has chosen, or one that sets a request apart. Without one, the same text over
 * another picture can be answered with an older prompt; a seed that Astria chooses itself is not
 * compared.
 *
 * @returns `undefined` when the request has a seed, or does not need one
 */
export function seedFor(request: PromptRequest): number | undefined {
	const { target, values, distinct, chosenSeed } = request;
	if (values.seed !== undefined) return undefined;
	if (chosenSeed !== undefined) return chosenSeed;
	const needsOne = target.kind === 'tune' && uncomparedOf(request) !== undefined;
	return distinct && needsOne ? randomInt(SEEDS) : undefined;
}

/** Anything of JSON as a part of a body. */
function paramOf(value: unknown): Param {
	switch (typeof value) {
		case 'string':
		case 'number':
		case 'boolean':
			return value;
		case 'object':
			if (value === null) return null;
			return Array.isArray(value) ? value.map(paramOf) : paramsOf(value);
		default:
			return undefined;
	}
}

/** An object of JSON as a part of a body. */
export function paramsOf(value: object): Params {
	return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, paramOf(inner)]));
}

function isPictureField(field: Field | undefined): field is PictureField {
	return field?.type === 'picture';
}

const FIELDS: FieldTable = PROMPT_FIELDS;

function fileParams([name, pictures]: [string, readonly Picture[]]): Params {
	const field = FIELDS[name];
	const { multiple, addressName, inlineName } = isPictureField(field) ? field : {};
	const params: Record<string, Param[]> = {};
	for (const picture of pictures) {
		if (picture.kind === 'file') {
			(params[name] ??= []).push(filePart(picture));
		} else {
			const inline = inlineName !== undefined && picture.address.startsWith('data:');
			const key = inline ? inlineName : (addressName ?? name);
			(params[key] ??= []).push(picture.address);
		}
	}
	return multiple
		? params
		: Object.fromEntries(Object.entries(params).map(([key, [value]]) => [key, value]));
}

/** The names under which the file of a field may be sent. */
function namesOfFile(name: string): string[] {
	const field = FIELDS[name];
	const { addressName, inlineName } = isPictureField(field) ? field : {};
	return [name, addressName, inlineName].filter((known) => known !== undefined);
}

/**
 * The fields of a prompt as Astria takes them: files of the item under the field's own name, their
 * addresses under another (docs.astria.ai, Create a prompt).
 */
export function promptParams({ values, files }: Pick<PromptRequest, 'values' | 'files'>): Params {
	// Only Additional Fields put such a name among the values, and they win.
	const isReplaced = ([name]: [string, unknown]) =>
		namesOfFile(name).some((known) => known in values);
	const own = Object.entries(files).filter((file) => !isReplaced(file));
	return own.reduce<Params>(
		(params, file) => ({ ...params, ...fileParams(file) }),
		paramsOf(values),
	);
}

/**
 * The call that makes a prompt.
 *
 * @param seed sets it apart; see {@link seedFor}
 */
export function promptCall(request: PromptRequest, seed?: number): { path: string; body: Params } {
	const { target } = request;
	const prompt: Params = { ...promptParams(request), ...(seed !== undefined && { seed }) };
	if (target.kind === 'tune') {
		return { path: `/tunes/${target.tuneId}/prompts`, body: { prompt } };
	}
	const { promptId, imageIndex } = target;
	return {
		path: `/prompts/${promptId}/duplicate`,
		// Beside the prompt, not in it (docs.astria.ai, Duplicate a prompt).
		body: { prompt, ...(imageIndex !== undefined && { image_index: imageIndex }) },
	};
}

/** What is about to be sent, as far as the rules look at it. */
export interface PromptDraft {
	/** By API name; without files. */
	values: Readonly<Record<string, unknown>>;
	/** API names of the fields that have a file. */
	files: ReadonlySet<string>;
}

type FieldName = keyof typeof PROMPT_FIELDS;

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
