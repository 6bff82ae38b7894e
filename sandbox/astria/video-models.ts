/** What a video model can do. */
export interface VideoModel {
	/** Whole seconds that it can make; absent where the documentation does not say. */
	durations?: readonly number[];
	/** Works from `video_prompt` alone, without a picture. */
	textToVideo?: boolean;
	imageReferences?: boolean;
	/** Copies the movement of `input_video`, which it needs. */
	motionControl?: boolean;
}

function upTo(first: number, last: number): number[] {
	return Array.from({ length: last - first + 1 }, (_, step) => first + step);
}

function family(names: string[], model: VideoModel): Array<[string, VideoModel]> {
	return names.map((name) => [name, model]);
}

function each(prefix: string, endings: string[]): string[] {
	return endings.map((ending) => `${prefix}${ending}`);
}

const SIZES = ['480p', '720p', '1080p', '4k'];
const HD = ['720p', '1080p'];
const VEO = ['720p', 'audio_720p', '1080p', 'audio_1080p'];
const REFERENCES = { textToVideo: true, imageReferences: true };

/**
 * The models of `video_model` with their durations (https://docs.astria.ai/docs/features/video),
 * and after the blank line those that only the changelog names.
 */
export const VIDEO_MODELS: ReadonlyMap<string, VideoModel> = new Map([
	...family(['seedance_480p'], { durations: upTo(2, 12) }),
	...family(['seedance_v15_720p', 'seedance_v15_audio_720p'], { durations: upTo(4, 12) }),
	...family([...each('seedance2_fast_', SIZES), ...each('seedance2_', SIZES)], {
		durations: upTo(4, 15),
		...REFERENCES,
	}),
	...family(['wan22_720p', ...each('wan22_fast_', ['720p', '580p', '480p'])], { durations: [5] }),
	...family(['wan25_720p', 'kling25'], { durations: [5, 10] }),
	...family([...each('wan26_', HD), ...each('wan27_', HD)], { durations: [5, 10, 15] }),
	...family(['cinematic_video'], { durations: [5, 10, 15] }),
	...family(each('ltx23_', HD), { durations: [5, 10, 15, 20] }),
	...family(each('kling30_', ['standard', 'standard_audio', 'pro', 'pro_audio', '4k']), {
		durations: upTo(3, 15),
	}),
	...family(
		[
			...each('kling30_motion_control', ['', '_pro']),
			...['wan_animate_720p', 'dreamactor_m2', 'happyhorse_motion_control'],
		],
		{ durations: [10], motionControl: true },
	),
	...family(each('happyhorse_', HD), { durations: upTo(3, 10), ...REFERENCES }),
	...family([...each('veo31_fast_', VEO), ...each('veo31_lite_', VEO)], { durations: [4, 6, 8] }),
	...family(each('veo31_fast_', ['4k', 'audio_4k']), { durations: [8] }),

	...family(['seedance25', ...each('seedance25_', ['480p', ...HD])], { ...REFERENCES }),
	...family(each('wan30_', ['480p', ...HD]), { ...REFERENCES }),
	...family(each('flux3_', HD), { textToVideo: true }),
	...family(['minimax_h3_2k', 'minimax_h3_max_768p', 'gemini_omni_flash'], { ...REFERENCES }),
	...family(each('ray32_', ['540p', ...HD]), { ...REFERENCES }),
	...family(each('ray32_edit_', ['540p', ...HD]), {}),
	...family(each('scail2_', ['480p', '720p']), {}),
	...family(each('infinitetalk_', ['480p', '720p']), {}),
]);
