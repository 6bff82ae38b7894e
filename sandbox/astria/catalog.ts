/** A public model of the gallery. */
export interface GalleryTune {
	id: number;
	title: string;
	/** The class of its subject; `style` for models that are no subject. */
	name: string;
	branch: string;
	/** The branch of references made on it, where that is another. */
	referenceBranch?: string;
	modelType?: string;
	token?: string;
	/** The sizes that a partner model makes, where its catalogue tells. */
	resolutions?: readonly string[];
	/** The most pictures of one prompt, where that is less than the usual 8. */
	maxImages?: number;
}

type Names = Array<[id: number, title: string]>;

function models(branch: string, names: Names, more: Partial<GalleryTune> = {}): GalleryTune[] {
	return names.map(([id, title]) => ({ id, title, name: 'style', branch, ...more }));
}

const ALL_SIZES = ['1K', '2K', '4K'];

/**
 * The models that Astria's documentation, command line and articles name by id
 * (https://docs.astria.ai/docs/api/flux-api, https://github.com/astriaai/cli), and the swimming suit
 * of the documentation's try-on example.
 */
export const GALLERY: readonly GalleryTune[] = [
	...models('flux1', [
		[1504944, 'Flux1.dev'],
		[3063697, 'Krea Flux1.dev'],
	]),
	...models('flux-pro1', [
		[2739411, 'Flux Kontext Pro'],
		[2739410, 'Flux Kontext Max'],
	]),
	...models('sd15', [
		[690204, 'Realistic Vision V5.1'],
		[678865, 'Realistic Vision V5.0'],
		[627443, 'Realistic Vision V3.0'],
		[538238, 'Deliberate'],
		[753832, 'Life Like Ethnicities'],
		[636337, 'Cartoon'],
		[623021, 'Flat'],
	]),
	...models('sdxl1', [
		[666678, 'SDXL 1.0'],
		[1194447, 'RealVisXL Lightning'],
		[730158, 'ZavyChroma'],
		[1121645, 'ZavyChromaXL V5'],
		[1192646, 'ZavyChromaXL V6'],
		[725831, 'Crystal Clear XL'],
	]),
	...models(
		'partner-1',
		[
			[4180298, 'Nano Banana 2'],
			[5850983, 'Nano Banana 2.0'],
			[3618064, 'Nano Banana Pro'],
		],
		{ referenceBranch: 'gemini-2', resolutions: ALL_SIZES },
	),
	...models('partner-1', [[3159068, 'Nano Banana']], { referenceBranch: 'gemini-2' }),
	...models(
		'partner-1',
		[
			[3691308, 'Seedream 4.5'],
			[3225353, 'Seedream 4.0'],
			[5236038, 'Seedream 5.0 Pro'],
		],
		{ maxImages: 4 },
	),
	...models('partner-1', [
		[4665564, 'GPT Image 2'],
		[5634510, 'GPT Image 2.5 Sunburst'],
		[5634511, 'GPT Image 2.5 Flare'],
		[5811585, 'FLUX 3 Image'],
		[5605622, 'Muse Image'],
		[5605362, 'MAI Image 2.6'],
		[5603706, 'MAI Image 2.6 Flash'],
		[3279226, 'Reve'],
		[3449219, 'Riverflow 1'],
		[3449218, 'Riverflow 1 Mini'],
	]),
	{
		id: 1227460,
		title: 'J.Crew swimming suit',
		name: 'clothing',
		branch: 'sd15',
		modelType: 'faceid',
	},
];

/** `GET /cli/models`: the short list that the command line works with. */
export const CLI_MODELS = {
	default: 'nano-banana-2',
	default_video_model: 'seedance2_fast_720p',
	cache_ttl: 86_400,
	models: {
		'nano-banana-2': {
			tune_id: 4180298,
			title: 'Nano Banana 2',
			resolutions: ALL_SIZES,
			default: true,
		},
		gemini: { tune_id: 3618064, title: 'Nano Banana Pro', resolutions: ALL_SIZES },
		seedream: { tune_id: 3691308, title: 'Seedream 4.5' },
		'gpt-image-2': { tune_id: 4665564, title: 'GPT Image 2' },
	},
	video_models: {
		seedance2_fast_720p: {
			supports_image_references: true,
			supports_audio_reference: true,
			generates_audio: true,
		},
		kling25: { supports_image_references: false },
	},
	cli: { min_version: '1.0.0', latest_version: '1.14.0' },
	skills: {},
};

function pluginModel(id: number, title: string, resolutions: readonly string[]) {
	return {
		id,
		title,
		group: 'partner',
		payload: {},
		support_mask: false,
		resolutions,
		default_resolution: resolutions[0] ?? null,
		qualities: [],
		default_quality: null,
		aspect_ratios: ['1:1', '3:4', '4:3', '9:16', '16:9'],
		fields: {
			num_images: true,
			prompt: true,
			prompt_optional: false,
			input_image_required: false,
		},
		avg_time: 20,
		timeout: 120,
		timing: {},
	};
}

/** `GET /plugin/models`: the longer list that plugins work with. */
export const PLUGIN_MODELS = {
	models: {
		'nano-banana-2': pluginModel(4180298, 'Nano Banana 2', ALL_SIZES),
		gemini: pluginModel(3618064, 'Nano Banana Pro', ALL_SIZES),
		seedream: pluginModel(3691308, 'Seedream 4.5', []),
		'gpt-image-2': pluginModel(4665564, 'GPT Image 2', []),
	},
	default_model: 'nano-banana-2',
	num_images: [1, 2, 3, 4, 8],
};
