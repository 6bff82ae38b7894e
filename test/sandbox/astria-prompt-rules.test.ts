import { namesIn, startKit } from './astria-kit';
import type { Kit } from './astria-kit';

const FLUX = 1504944;
const SD = 690204;
const NANO = 4180298;
const SEEDREAM = 3691308;
const INPUT = { input_image_url: 'https://pictures.example/1.jpg' };
const VIDEO = { video_model: 'kling25', video_prompt: 'turn' };

type Fields = Record<string, unknown>;

let kit: Kit;

beforeAll(async () => {
	kit = await startKit();
});

afterAll(() => kit.sandbox.close());

async function post(tuneId: number, fields: Fields) {
	return await kit.ask({ path: `/tunes/${tuneId}/prompts`, json: { prompt: fields } });
}

/** What makes the field in front fail, on which model, with what message. */
const REFUSED: Array<[field: string, model: number, fields: Fields, message: RegExp]> = [
	['text', SD, { text: '' }, /blank/],
	['text', SD, { text: ' about to fail ' }, /forbidden/],
	['text', SD, { text: null, ...VIDEO }, /blank/],
	['cfg_scale', FLUX, { cfg_scale: 5 }, /less than 5/],
	['cfg_scale', SD, { cfg_scale: 15.5 }, /less than or equal to 15/],
	['cfg_scale', SD, { cfg_scale: 'high' }, /not a number/],
	['negative_prompt', FLUX, { negative_prompt: 'old' }, /Flux/],
	['num_images', SD, { num_images: 0 }, /greater than or equal to 1/],
	['num_images', SD, { num_images: 9 }, /less than or equal to 8/],
	['num_images', SD, { num_images: 1.5 }, /integer/],
	['num_images', SEEDREAM, { num_images: 5 }, /less than or equal to 4/],
	['seed', SD, { seed: -1 }, /greater than or equal to 0/],
	['seed', SD, { seed: 2 ** 32 + 1 }, /less than or equal to 4294967296/],
	['steps', SD, { steps: 51 }, /less than or equal to 50/],
	['w', SD, { w: 770 }, /multiple of 8/],
	['h', SD, { h: 1281 }, /multiple of 8/],
	['ar', SD, { ar: 'anamorphic' }, /list/],
	['aspect_ratio', NANO, { aspect_ratio: '3:5' }, /list/],
	['aspect_ratio', NANO, { aspect_ratio: 'adaptive' }, /list/],
	['resolution', NANO, { resolution: '8K' }, /list/],
	['resolution', FLUX, { resolution: '2K' }, /not supported/],
	['scheduler', SD, { scheduler: 'ddim' }, /list/],
	['style', SD, { style: 'cinematic' }, /list/],
	['color_grading', SD, { color_grading: 'undefined' }, /list/],
	['backend_version', SD, { backend_version: 2 }, /less than or equal to 1/],
	['controlnet', SD, { controlnet: 'pose_with_hand', ...INPUT }, /list/],
	['denoising_strength', SD, { denoising_strength: 1.1 }, /less than or equal to 1/],
	['controlnet_conditioning_scale', SD, { controlnet_conditioning_scale: -0.1 }, /or equal to 0/],
	['video_model', SD, { ...VIDEO, video_model: 'sora' }, /list/],
	['video_prompt', SD, { video_model: 'kling25' }, /blank/],
	['video_duration', SD, { ...VIDEO, video_duration: 7 }, /not supported by kling25/],
	['input_video', SD, { ...VIDEO, video_model: 'dreamactor_m2' }, /required/],
	[
		'image_references',
		SD,
		{ ...VIDEO, image_reference_urls: [INPUT.input_image_url] },
		/not supported/,
	],
	[
		'video_model',
		SD,
		{
			...VIDEO,
			video_model: 'seedance2_720p',
			video_first_frame_url: INPUT.input_image_url,
			image_reference_urls: [INPUT.input_image_url],
		},
		/not both/,
	],
];

/** The same, for the want of a field that they require. */
const LONE: typeof REFUSED = [
	['hires_fix', SD, { hires_fix: true }, /super_resolution/],
	['inpaint_faces', FLUX, { inpaint_faces: true }, /super_resolution/],
	['controlnet', SD, { controlnet: 'pose' }, /input_image/],
	['mask_image', NANO, { mask_image_url: 'https://pictures.example/2.png' }, /input_image/],
	['video_upscale_target_resolution', SD, { video_upscale_target_resolution: '4k' }, /requires/],
];

async function expectRefusal(...[field, model, fields, message]: (typeof REFUSED)[number]) {
	const before = kit.astria.options.account.usd_balance_mc;
	const { status, body } = await post(model, { text: 'a photo', ...fields });
	expect([status, body]).toEqual([422, { [field]: [expect.stringMatching(message)] }]);
	expect(kit.astria.options.account.usd_balance_mc).toBe(before);
}

test.each(REFUSED)('422 for %s on %i with %j', expectRefusal);

describe('a field without the one that it requires', () => {
	afterEach(() => {
		kit.astria.options.refusesLoneFields = false;
	});

	test.each(LONE)('may be refused: %s on %i with %j', async (...refused) => {
		kit.astria.options.refusesLoneFields = true;
		await expectRefusal(...refused);
	});

	test.each(LONE)('is taken otherwise: %s on %i with %j', async (_, model, fields) => {
		const { status, text } = await post(model, { text: 'a photo', ...fields });
		expect([status, text]).toEqual([201, expect.any(String)]);
	});

	test('is told with all that is wrong', async () => {
		kit.astria.options.refusesLoneFields = true;
		const { body } = await post(FLUX, { text: '', cfg_scale: 9, steps: 99, hires_fix: true });
		expect(namesIn(body)).toEqual(['cfg_scale', 'hires_fix', 'steps', 'text']);
	});
});

/** The same fields where they are allowed. */
const TAKEN: Array<[model: number, fields: Fields]> = [
	[FLUX, { cfg_scale: 4.9, negative_prompt: '', steps: 0, denoising_strength: 0 }],
	[SD, { cfg_scale: 15, negative_prompt: 'old', seed: 2 ** 32, num_images: 8, w: 8, h: 768 }],
	[SD, { hires_fix: true, inpaint_faces: true, super_resolution: true }],
	[SD, { hires_fix: false, inpaint_faces: 'false' }],
	[NANO, { hires_fix: true, inpaint_faces: true, resolution: '4K', num_images: 8 }],
	[SD, { controlnet: 'pose', mask_image_url: 'https://pictures.example/2.png', ...INPUT }],
	[SEEDREAM, { num_images: 4, resolution: '2K', aspect_ratio: '21:9' }],
	[SD, { ...VIDEO, video_duration: 10, aspect_ratio: 'adaptive' }],
	[SD, { ...VIDEO, text: null, video_first_frame_url: INPUT.input_image_url }],
	[SD, { ...VIDEO, text: null, video_model: 'happyhorse_720p' }],
	[SD, { ...VIDEO, video_model: 'wan30_720p', video_duration: 29 }],
	[SD, { pack_id: 3, text: '<lora:12:0.8> a photo' }],
	[SD, { num_inference_steps: 'x', image_url: 4, callback_url: [], lora_scale: 'y' }],
];

describe.each([false, true])('what is allowed, with refusesLoneFields %s', (refuses) => {
	beforeAll(() => {
		kit.astria.options.refusesLoneFields = refuses;
	});

	afterAll(() => {
		kit.astria.options.refusesLoneFields = false;
	});

	test.each(TAKEN)('201 on %i with %j', async (model, fields) => {
		const { status, text } = await post(model, { text: 'a photo', ...fields });
		expect([status, text]).toEqual([201, expect.any(String)]);
	});
});

test('values are read as Rails reads them', async () => {
	const prompt = await kit.entity({
		path: `/tunes/${SD}/prompts`,
		form: [
			['prompt[text]', '12'],
			['prompt[super_resolution]', 'no'],
			['prompt[face_correct]', 'off'],
			['prompt[face_swap]', '0'],
			['prompt[cfg_scale]', '3'],
			['prompt[seed]', ''],
			['prompt[num_images]', ' 2 '],
		],
	});
	expect(prompt).toMatchObject({
		text: '12',
		super_resolution: true,
		face_correct: false,
		face_swap: false,
		cfg_scale: '3.0',
		seed: null,
		num_images: 2,
	});
});

test('all that is wrong is told at once', async () => {
	const { body } = await post(FLUX, { text: '', cfg_scale: 9, steps: 99, hires_fix: true });
	expect(namesIn(body)).toEqual(['cfg_scale', 'steps', 'text']);
});

test('a template needs a fine-tuned model, also when it becomes one later', async () => {
	const { id } = await kit.prompt(SD);
	const ask = { method: 'PATCH', path: `/prompts/${id}`, json: { prompt: { pack_id: 3 } } };
	expect((await kit.ask(ask)).body).toEqual({ error: 'Prompt is not using a fine-tuned model' });
});

test('what is wrong with a prompt of a tune is told under the tune’s prompts', async () => {
	const tune = { title: 'T', name: 'man', image_urls: ['https://a.example/1'] };
	const prompts_attributes = [{ text: 'one' }, { text: 'two', num_images: 9 }];
	const before = kit.astria.tunes().length;
	const { status, body } = await kit.ask({
		path: '/tunes',
		json: { tune: { ...tune, prompts_attributes } },
	});
	expect([status, body]).toEqual([
		422,
		{ 'prompts.num_images': ['must be less than or equal to 8'] },
	]);
	expect(kit.astria.tunes()).toHaveLength(before);
});

test.each([
	['bare' as const, expect.objectContaining({ text: 'a photo' })],
	['wrapped' as const, { prompt: expect.objectContaining({ text: 'a photo' }) }],
	['array' as const, [expect.objectContaining({ text: 'a photo' })]],
])('the answer can be %s', async (shape, expected) => {
	kit.astria.options.promptAnswer = shape;
	const { body } = await post(SD, { text: 'a photo' });
	kit.astria.options.promptAnswer = 'bare';
	expect(body).toEqual(expected);
});

test('without a tune in the path, the tune is a field; the board’s answer is wrapped', async () => {
	const json = { prompt: { text: 'a photo', tune_id: String(SD) } };
	expect(await kit.entity({ path: '/prompts', json })).toMatchObject({ tune_id: SD });
	const board = await kit.ask({ path: '/prompts?view=board', json });
	expect(board.body).toEqual({ prompt: expect.objectContaining({ tune_id: SD }) });
	const without = await kit.ask({ path: '/prompts', json: { prompt: { text: 'a photo' } } });
	expect([without.status, without.body]).toEqual([422, { tune: ['must exist'] }]);
});

test('characteristics fill the text', async () => {
	const tune = await kit.trained({ characteristics: { eye_color: 'blue eyes' } });
	const prompt = await kit.prompt(tune.id, { text: 'sks woman, {{eye_color}}, {{hair}}' });
	expect(prompt.text).toBe('sks woman, blue eyes, {{hair}}');
});
