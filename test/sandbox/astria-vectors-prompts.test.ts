import { ID, LINK, testVectors, TIME } from './astria-vectors';

const TRY_ON_BLOCK = {
	text: '<faceid:1227460:1> ohwx woman wearing a swimming suit, high resolution fashion photoshoot, UHD',
	num_images: 4,
	negative_prompt: 'old, wrinkles, mole, blemish, scar, sad, severe, 3d, cg',
	steps: 30,
	controlnet: 'pose',
	input_image_url: 'https://sdbooth2-production.s3.amazonaws.com/7cw0uwxugd4g22qobjlow6h5gbcv',
	denoising_strength: 0.9,
	controlnet_conditioning_scale: 0.4,
	controlnet_txt2img: false,
	super_resolution: true,
	inpaint_faces: true,
	face_correct: false,
	film_grain: false,
	face_swap: true,
	hires_fix: true,
	backend_version: 1,
	ar: '1:1',
	scheduler: 'dpm++sde_karras',
	use_lpw: true,
};

testVectors([
	{
		name: '5 prompt in multipart',
		ask: async (kit) => ({
			path: `/tunes/${(await kit.trained()).id}/prompts`,
			form: [
				['prompt[text]', 'a painting of ohwx man in the style of Van Gogh'],
				['prompt[negative_prompt]', 'old, blemish, wrin'],
				['prompt[super_resolution]', 'true'],
				['prompt[face_correct]', 'true'],
				['prompt[callback]', 'https://cb.example/p?prompt_id=1'],
				['prompt[input_image]', kit.personFile],
			],
		}),
		status: 201,
		body: {
			id: ID,
			callback: 'https://cb.example/p?prompt_id=1',
			text: 'a painting of ohwx man in the style of Van Gogh',
			negative_prompt: 'old, blemish, wrin',
			cfg_scale: null,
			steps: null,
			seed: null,
			super_resolution: true,
			ar: '1:1',
			num_images: 1,
			controlnet_txt2img: false,
			trained_at: null,
			started_training_at: null,
			created_at: TIME,
			updated_at: TIME,
			tune_id: ID,
			url: expect.stringMatching(/\/tunes\/\d+\/prompts\/\d+\.json$/),
			images: [],
			user_error: null,
		},
	},
	{
		name: '6 poll, pending',
		ask: async (kit) => ({ path: `/prompts/${(await kit.prompt(1504944)).id}` }),
		status: 200,
		body: { id: ID, trained_at: null, images: [], user_error: null, cost_mc: null },
	},
	{
		name: '6 poll, done',
		ask: async (kit) => ({
			path: `/tunes/690204/prompts/${(await kit.generated(690204, { cfg_scale: 3 })).id}.json`,
		}),
		status: 200,
		body: {
			id: ID,
			trained_at: TIME,
			started_training_at: TIME,
			images: [LINK],
			content_types: ['image/jpeg'],
			filenames: [expect.stringMatching(/^\d+-0\.jpg$/)],
			user_error: null,
			cfg_scale: '3.0',
			cost_mc: ID,
		},
	},
	{
		name: '6 poll, failed',
		ask: async (kit) => ({
			path: `/prompts/${(await kit.generated(690204, { text: 'error' })).id}`,
		}),
		status: 200,
		body: { trained_at: TIME, images: [], user_error: 'The provider refused this prompt.' },
	},
	{
		name: '7 the try-on block of the documentation',
		ask: async (kit) => ({
			path: `/tunes/${(await kit.trained()).id}/prompts`,
			json: { prompt: TRY_ON_BLOCK },
		}),
		status: 201,
		body: {
			text: TRY_ON_BLOCK.text,
			num_images: 4,
			steps: 30,
			seed: null,
			cfg_scale: null,
			denoising_strength: 0.9,
			hires_fix: true,
			images: [],
		},
	},
	{
		name: '8 try-on with a partner model, in a workspace',
		ask: async (kit) => {
			const [woman, dress] = [await kit.reference('woman'), await kit.reference('dress')];
			return {
				path: '/tunes/4180298/prompts',
				headers: { 'X-Workspace-Id': '41' },
				form: [
					[
						'prompt[text]',
						`<faceid:${woman.id}:1> woman <faceid:${dress.id}:1> dress plain white background`,
					],
					['prompt[num_images]', '1'],
					['prompt[aspect_ratio]', '3:4'],
					['prompt[resolution]', '2K'],
				],
			};
		},
		status: 201,
		body: {
			id: ID,
			tune_id: 4180298,
			workspace_id: 41,
			aspect_ratio: '3:4',
			resolution: '2K',
			images: [],
			trained_at: null,
		},
	},
	{
		name: '9 fields that Flux refuses',
		ask: () => ({
			path: '/tunes/1504944/prompts',
			form: [
				['prompt[text]', 'a photo'],
				['prompt[cfg_scale]', '7'],
				['prompt[negative_prompt]', 'x'],
			],
		}),
		status: 422,
		body: { cfg_scale: ['must be less than 5'], negative_prompt: ['is not supported for Flux'] },
	},
	{
		name: '9 forbidden word',
		ask: () => ({ path: '/tunes/1504944/prompts', form: [['prompt[text]', 'must fail']] }),
		status: 422,
		body: { text: ['contains a forbidden word'] },
	},
	{
		name: '9 template without a fine-tuned model',
		ask: () => ({
			path: '/tunes/1504944/prompts',
			json: { prompt: { text: 'a photo', pack_id: 88 } },
		}),
		status: 422,
		body: { error: 'Prompt is not using a fine-tuned model' },
	},
	{
		name: '11 video from references',
		ask: (kit) => ({
			path: '/tunes/4180298/prompts',
			form: [
				['prompt[video_model]', 'seedance2_fast_720p'],
				['prompt[video_prompt]', 'Move from detail to full look'],
				['prompt[video_duration]', '8'],
				['prompt[image_references][]', kit.personFile],
				['prompt[image_references][]', kit.garmentFile],
			],
		}),
		status: 201,
		body: { id: ID, video_model: 'seedance2_fast_720p', image_references: [LINK, LINK] },
	},
	{
		name: '11 duplicate with another seed',
		ask: async (kit) => ({
			path: `/prompts/${(await kit.generated(690204)).id}/duplicate`,
			form: [
				['image_index', '0'],
				['prompt[seed]', '12345'],
			],
		}),
		status: 201,
		body: { id: ID, seed: 12345, text: 'a photo', images: [] },
	},
]);
