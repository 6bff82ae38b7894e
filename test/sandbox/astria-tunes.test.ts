import { startKit } from './astria-kit';
import type { Kit } from './astria-kit';

const PICTURES = { image_urls: ['https://pictures.example/a.jpg'] };
const WHOLE = { title: 'T', name: 'man', ...PICTURES };

let kit: Kit;

beforeAll(async () => {
	kit = await startKit();
});

afterAll(() => kit.sandbox.close());

async function post(tune: Record<string, unknown>) {
	return await kit.ask({ path: '/tunes', json: { tune } });
}

test.each([
	['a title', { name: 'man', ...PICTURES }, { title: ["can't be blank"] }],
	['a class', { title: 'T', name: '', ...PICTURES }, { name: ["can't be blank"] }],
	['a picture', { title: 'T', name: 'man', images: [] }, { images: ["can't be blank"] }],
	['a base, for a LoRA', { ...WHOLE, model_type: 'lora' }, { base_tune_id: ["can't be blank"] }],
	[
		'a base, for a reference',
		{ ...WHOLE, model_type: 'faceid' },
		{ base_tune_id: ["can't be blank"] },
	],
	['a base that exists', { ...WHOLE, base_tune_id: 5 }, { base_tune: ['must exist'] }],
	['a known branch', { ...WHOLE, branch: 'sd3' }, { branch: ['is not included in the list'] }],
	[
		'a known type',
		{ ...WHOLE, model_type: 'dora' },
		{ model_type: ['is not included in the list'] },
	],
	['a known preset', { ...WHOLE, preset: 'fast' }, { preset: ['is not included in the list'] }],
	['whole steps', { ...WHOLE, steps: 'many' }, { steps: ['is not a number'] }],
	[
		'readable characteristics',
		{ ...WHOLE, characteristics: '{' },
		{ characteristics: ['is invalid'] },
	],
])('a tune needs %s', async (_, tune, problems) => {
	const { status, body } = await post(tune);
	expect([status, body]).toEqual([422, problems]);
});

test.each([
	['nothing said', {}, { branch: 'sd15', model_type: null, token: 'sks' }],
	['an SDXL base', { base_tune_id: 666678 }, { branch: 'sdxl1', model_type: 'pti', token: 'ohwx' }],
	['SDXL and LoRA', { base_tune_id: 666678, model_type: 'lora' }, { model_type: 'pti' }],
	[
		'a Flux base',
		{ base_tune_id: '1504944', model_type: 'lora' },
		{ branch: 'flux1', token: 'ohwx' },
	],
	['a token', { token: 'zwx' }, { token: 'zwx' }],
	['a mock', { branch: 'fast', base_tune_id: 1504944 }, { branch: 'fast', base_tune_id: 1504944 }],
	[
		'a reference on a Gemini model',
		{ base_tune_id: 3618064, model_type: 'faceid' },
		{ branch: 'gemini-2' },
	],
	[
		'a reference on another partner',
		{ base_tune_id: 3691308, model_type: 'faceid' },
		{ branch: 'partner-1' },
	],
	[
		'characteristics as JSON text',
		{ characteristics: '{"eye_color":"blue eyes"}' },
		{ characteristics: { eye_color: 'blue eyes' } },
	],
	['fields that do not exist', { class: 'man', controlnet: 'pose' }, { name: 'man' }],
])('what follows from %s', async (_, fields, expected) => {
	const { status, body } = await post({ ...WHOLE, ...fields });
	expect([status, body]).toMatchObject([201, expected]);
});

test('PATCH changes the title, class, extension and characteristics, and nothing else', async () => {
	const { id } = await kit.tune({ token: 'zwx' });
	const changed = await kit.entity({
		method: 'PATCH',
		path: `/tunes/${id}`,
		form: [
			['tune[title]', 'New'],
			['tune[name]', 'girl'],
			['tune[auto_extend]', 'true'],
			['tune[characteristics][hair]', 'red'],
			['tune[token]', 'other'],
		],
	});
	expect(changed).toMatchObject({
		...{ title: 'New', name: 'girl', auto_extend: true, token: 'zwx' },
		characteristics: { hair: 'red' },
	});
	const blank = await kit.ask({
		method: 'PATCH',
		path: `/tunes/${id}`,
		json: { tune: { title: '' } },
	});
	expect([blank.status, blank.body]).toEqual([422, { title: ["can't be blank"] }]);
});

test('a lost answer leaves a tune that is found by its title', async () => {
	kit.sandbox.faults.add({
		on: /^POST \/tunes$/,
		fault: { kind: 'answerAfter', answer: { status: 504, body: 'Gateway Timeout' } },
	});
	const answer = await post({ ...WHOLE, title: 'n8n 7f3a' });
	const found = await kit.ids({ path: '/tunes?title=n8n+7f3a' });
	expect([answer.status, found.length]).toEqual([504, 1]);
});

test('a duplicate takes the old fields, the new ones, and the picture it goes on from', async () => {
	const from = await kit.generated(690204, { seed: 1, steps: 20, num_images: 2 });
	const copy = await kit.entity({
		path: `/prompts/${from.id}/duplicate`,
		json: { image_index: 1, prompt: { video_model: 'kling25', video_prompt: 'turn', seed: 2 } },
	});
	expect(copy).toMatchObject({ text: 'a photo', seed: 2, steps: 20, video_model: 'kling25' });
	const [original, duplicate] = kit.astria.prompts().slice(-2);
	expect(duplicate?.files.video_first_frame).toEqual([original?.outputs[1]]);
	const beyond = { path: `/prompts/${from.id}/duplicate`, json: { image_index: 2 } };
	expect((await kit.ask(beyond)).body).toEqual({ image_index: ['is out of range'] });
	const plain = await kit.entity({ method: 'POST', path: `/prompts/${from.id}/duplicate` });
	expect(plain).toMatchObject({ text: 'a photo', seed: 1, num_images: 2 });
});
