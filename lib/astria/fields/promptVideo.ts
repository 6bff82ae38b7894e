import type { FieldTable } from '../../fields/field';

type Models = Record<string, { label: string; help: string }>;

/** `seedance2_fast_720p` as a person reads it: `Seedance2 Fast 720p`. */
export function videoModelLabel(name: string): string {
	return name
		.split('_')
		.map((part) => part.charAt(0).toUpperCase() + part.slice(1))
		.join(' ');
}

function family(names: readonly string[], seconds: string): Models {
	const help = `Makes ${seconds} seconds`;
	return Object.fromEntries(names.map((name) => [name, { label: videoModelLabel(name), help }]));
}

const each = (prefix: string, ends: readonly string[]) => ends.map((end) => `${prefix}${end}`);

const HD = ['720p', '1080p'];
const SIZES = ['480p', ...HD, '4k'];

/** Models that copy the movement of an input video, which they need. */
export const MOTION_CONTROL_MODELS: readonly string[] = [
	'dreamactor_m2',
	'happyhorse_motion_control',
	'kling30_motion_control',
	'kling30_motion_control_pro',
	'wan_animate_720p',
];

/** The documented models with their lengths (docs.astria.ai, Video); Astria adds some every month. */
export const VIDEO_MODELS: Models = {
	...family(['seedance_480p'], '2 to 12'),
	...family(['seedance_v15_720p', 'seedance_v15_audio_720p'], '4 to 12'),
	...family([...each('seedance2_fast_', SIZES), ...each('seedance2_', SIZES)], '4 to 15'),
	...family(['wan22_720p', ...each('wan22_fast_', ['480p', '580p', '720p'])], '5'),
	...family(['wan25_720p', 'kling25'], '5 or 10'),
	...family([...each('wan26_', HD), ...each('wan27_', HD), 'cinematic_video'], '5, 10 or 15'),
	...family(each('ltx23_', HD), '5, 10, 15 or 20'),
	...family(each('kling30_', ['standard', 'standard_audio', 'pro', 'pro_audio', '4k']), '3 to 15'),
	...family(each('happyhorse_', HD), '3 to 10'),
	...family(MOTION_CONTROL_MODELS, '10'),
	...family(
		['veo31_fast_', 'veo31_fast_audio_', 'veo31_lite_', 'veo31_lite_audio_'].flatMap((prefix) =>
			each(prefix, HD),
		),
		'4, 6 or 8',
	),
	...family(['veo31_fast_4k', 'veo31_fast_audio_4k'], '8'),
};

/** A video in place of pictures (docs.astria.ai, Create a prompt and Video). */
export const PROMPT_VIDEO = {
	video_model: {
		type: 'options',
		label: 'Video Model',
		help: 'The model that makes the video. With one, the prompt makes a video in place of pictures.',
		options: VIDEO_MODELS,
		default: 'seedance2_fast_720p',
		open: true,
		search: 'searchVideoModels',
		priced: true,
	},
	video_prompt: {
		type: 'text',
		label: 'Video Prompt',
		help: 'What happens in the video.',
		placeholder: 'e.g. She turns around and smiles',
		multiline: true,
		needs: 'video_model',
	},
	video_duration: {
		type: 'integer',
		label: 'Video Duration',
		help: 'Length in seconds. What is possible depends on the model.',
		placeholder: 'e.g. 5',
		min: 1,
		needs: 'video_model',
		priced: true,
	},
	video_first_frame: {
		type: 'picture',
		label: 'Video First Frame',
		help: 'The picture that the video begins with, in place of one made from the text.',
		addressName: 'video_first_frame_url',
		needs: 'video_model',
	},
	video_last_frame: {
		type: 'picture',
		label: 'Video Last Frame',
		help: 'The picture that the video ends with, for models that know one.',
		addressName: 'video_last_frame_url',
		needs: 'video_model',
	},
	source_image_url: {
		type: 'url',
		label: 'Source Image URL',
		help: 'A picture that Astria made before, as the first frame. A first frame of its own wins over it.',
		placeholder: 'e.g. https://mp.astria.ai/abc',
		needs: 'video_model',
	},
	image_references: {
		type: 'picture',
		label: 'Image References',
		help: 'Pictures that the video shows, in this order, for models that know references.',
		multiple: true,
		addressName: 'image_reference_urls',
		needs: 'video_model',
	},
	input_video: {
		type: 'picture',
		label: 'Input Video',
		help: 'The video whose movement is copied, or that serves as a reference. Motion control models need one.',
		media: 'video',
		addressName: 'input_video_url',
		needs: 'video_model',
	},
	audio_reference: {
		type: 'picture',
		label: 'Audio Reference',
		help: 'A sound for the video, for Seedance 2. Turn on Video Audio, and call it @Audio1 in the Video Prompt.',
		media: 'audio',
		addressName: 'audio_reference_url',
		needs: 'video_model',
	},
	video_audio: {
		type: 'boolean',
		label: 'Video Audio',
		help: 'Whether the video gets a sound track.',
		default: false,
		needs: 'video_model',
	},
	video_upscale_model: {
		type: 'options',
		label: 'Video Upscale Model',
		help: 'The model that enlarges the video.',
		options: { seedvr2: { label: 'SeedVR2', help: 'Enlarges and sharpens' } },
		default: 'seedvr2',
		priced: true,
		needs: 'video_model',
	},
	video_upscale_target_resolution: {
		type: 'options',
		label: 'Video Upscale Target Resolution',
		help: 'The size to enlarge the video to. Needs a Video Upscale Model.',
		options: {
			'720p': { label: '720p', help: '1280 × 720' },
			'1080p': { label: '1080p', help: '1920 × 1080' },
			'2k': { label: '2K', help: '2560 × 1440' },
			'4k': { label: '4K', help: '3840 × 2160' },
		},
		default: '1080p',
		priced: true,
		needs: 'video_upscale_model',
	},
	video_fps_model: {
		type: 'options',
		label: 'Video FPS Model',
		help: 'The model that makes the movement smoother.',
		options: { video_fps_increaser: { label: 'FPS Increaser', help: 'More pictures per second' } },
		default: 'video_fps_increaser',
		priced: true,
		needs: 'video_model',
	},
} as const satisfies FieldTable;
