import { PROMPT_FIELDS } from '../../../../lib/astria/fields/prompt';
import type { Family } from '../../../../lib/astria/models/catalog';
import {
	checkOverrides,
	checkPrompt,
	dependsOnFamily,
	type PromptDraft,
} from '../../../../lib/astria/prompts/request';
import { InputError, wholeMessage } from '../../../../lib/errors';
import type { FieldTable } from '../../../../lib/fields/field';

function draftOf(values: Record<string, unknown>, files: string[] = []): PromptDraft {
	return { values: { text: 'a photo', ...values }, files: new Set(files) };
}

/** The field that is refused, or `fine`. */
function verdictOf(draft: PromptDraft, family?: Family, check = checkPrompt): string {
	try {
		check(draft, family);
	} catch (error) {
		if (!(error instanceof InputError)) throw error;
		expect(wholeMessage(error)).toMatch(/^'.+' .+\. .+\.$/s);
		expect(error.details).toMatchObject({ stage: 'input', charged: 'no', retryable: false });
		return String(error.details.field);
	}
	return 'fine';
}

const VIDEO = { video_model: 'kling25', video_prompt: 'She turns' };
const SEEDANCE = { ...VIDEO, video_model: 'seedance2_fast_720p' };

const CASES: Array<[Record<string, unknown>, string[], Family | undefined, string]> = [
	[{}, [], undefined, 'fine'],
	[{ text: undefined }, [], undefined, 'Text'],
	[{ controlnet: 'pose', input_image_url: 'https://a.example' }, [], undefined, 'fine'],
	[{ mask_image_url: 'https://a.example' }, [], undefined, 'Mask Image'],
	[{ text: ' ' }, ['input_image'], 'partner', 'Text'],
	[{ ...VIDEO, text: undefined }, ['video_first_frame'], undefined, 'fine'],
	[{ ...VIDEO, text: undefined }, [], undefined, 'fine'],
	[{ text: 'a --mask_prompt "face' }, [], undefined, 'Text'],
	[{ ...VIDEO, video_prompt: 'a "turn --x' }, [], undefined, 'Video Prompt'],

	[{ inpaint_faces: true }, [], 'sd', 'Inpaint Faces'],
	[{ inpaint_faces: true }, [], 'flux', 'Inpaint Faces'],
	[{ inpaint_faces: true }, [], 'partner', 'fine'],
	[{ inpaint_faces: true }, [], undefined, 'fine'],
	[{ inpaint_faces: false, hires_fix: false }, [], 'sd', 'fine'],
	[{ hires_fix: true, super_resolution: false }, [], 'sd', 'HiRes Fix'],
	[{ hires_fix: true, inpaint_faces: true, super_resolution: true }, [], 'sd', 'fine'],

	[{ cfg_scale: 5 }, [], 'flux', 'CFG Scale'],
	[{ cfg_scale: 4.9 }, [], 'flux', 'fine'],
	[{ cfg_scale: 0 }, [], 'flux', 'fine'],
	[{ cfg_scale: 7 }, [], 'sd', 'fine'],
	[{ negative_prompt: 'old' }, [], 'flux', 'Negative Prompt'],
	[{ negative_prompt: 'old' }, [], 'sd', 'fine'],

	[{ controlnet: 'pose' }, [], 'sd', 'ControlNet'],
	[{ controlnet: 'pose' }, ['input_image'], 'sd', 'fine'],
	[{}, ['mask_image'], 'sd', 'Mask Image'],
	[{}, ['mask_image', 'input_image'], 'sd', 'fine'],

	[{ video_prompt: 'She turns' }, [], undefined, 'Video Prompt'],
	[{ video_duration: 5 }, [], undefined, 'Video Duration'],
	[{ video_audio: false }, [], undefined, 'fine'],
	[{}, ['video_last_frame'], undefined, 'Video Last Frame'],
	[{ video_model: 'kling25' }, [], undefined, 'Video Prompt'],
	[{ video_upscale_target_resolution: '4k' }, [], undefined, 'Video Upscale Target Resolution'],
	[
		{ ...VIDEO, video_upscale_target_resolution: '4k', video_upscale_model: 'seedvr2' },
		[],
		undefined,
		'fine',
	],
	[{ ...VIDEO, video_model: 'wan_animate_720p' }, [], undefined, 'Input Video'],
	[{ ...VIDEO, video_model: 'wan_animate_720p' }, ['input_video'], undefined, 'fine'],
	[SEEDANCE, ['video_first_frame', 'image_references'], undefined, 'Video First Frame'],
	[SEEDANCE, ['video_last_frame', 'audio_reference'], undefined, 'Video Last Frame'],
	[SEEDANCE, ['video_first_frame', 'video_last_frame'], undefined, 'fine'],
	[SEEDANCE, ['image_references', 'input_video'], undefined, 'fine'],
	[VIDEO, ['video_first_frame', 'image_references'], undefined, 'fine'],
];

test.each(CASES)('%j with files %j on %s: %s', (values, files, family, verdict) => {
	expect(verdictOf(draftOf(values, files), family)).toBe(verdict);
});

test.each([
	[{ text: 'a --mask_prompt "face' }, [], 'Text'],
	[SEEDANCE, ['video_first_frame', 'image_references'], 'Video First Frame'],
	// What a duplicate needs may be in the prompt that it is made from.
	[{ text: undefined, controlnet: 'pose', hires_fix: true, video_duration: 5 }, [], 'fine'],
])('of a duplicate, %j with files %j: %s', (values, files, verdict) => {
	expect(verdictOf(draftOf(values, files), undefined, checkOverrides)).toBe(verdict);
});

test.each([
	[{ negative_prompt: 'old' }, true],
	[{ cfg_scale: 6 }, true],
	[{ hires_fix: true }, true],
	[{ hires_fix: true, super_resolution: true }, false],
	[{ cfg_scale: 3, inpaint_faces: false, negative_prompt: '' }, false],
	[{}, false],
])('the rules for %j depend on the model: %s', (values, depends) => {
	expect(dependsOnFamily(draftOf(values))).toBe(depends);
});

test('each field that needs another one says so with its label', () => {
	const table: FieldTable = PROMPT_FIELDS;
	const needy = Object.entries(table).filter(([, { needs }]) => needs !== undefined);
	expect(needy.length).toBeGreaterThan(10);
	for (const [name, { label, needs = '' }] of needy) {
		const needed = table[needs]?.label;
		expect(needed).toBeDefined();
		const alone = draftOf({ [name]: 'x' });
		expect(() => checkPrompt(alone, undefined)).toThrow(`'${label}' needs '${needed}'.`);
	}
});
