import { startKit } from './astria-kit';
import type { Kit } from './astria-kit';

let kit: Kit;

async function start(idempotent: boolean): Promise<void> {
	kit = await startKit({ account: { idempotent } });
}

afterEach(() => kit.sandbox.close());

/** Posts a prompt twice and tells whether both answers are the same prompt. */
async function isSame(first: Record<string, unknown>, second: Record<string, unknown>) {
	const [one, other] = [await kit.prompt(690204, first), await kit.prompt(690204, second)];
	return one.id === other.id;
}

test('off, as it is by default: everything is bought again', async () => {
	kit = await startKit();
	const [one, other] = [await kit.tune(), await kit.tune()];
	expect(one.id).not.toBe(other.id);
	expect(await isSame({}, {})).toBe(false);
	expect(kit.astria.creations()).toHaveLength(4);
});

describe('tunes', () => {
	test('on: the same title is the same tune, and is paid once', async () => {
		await start(true);
		const one = await kit.tune({ title: 'uuid-1' });
		const paid = kit.astria.options.account.usd_balance_mc;
		const other = await kit.tune({ title: 'uuid-1', name: 'man' });
		expect([other.id, other.name]).toEqual([one.id, 'woman']);
		expect(kit.astria.options.account.usd_balance_mc).toBe(paid);
		expect(kit.astria.creations()).toHaveLength(1);
		expect((await kit.tune({ title: 'uuid-2' })).id).not.toBe(one.id);
	});

	test('on: two calls at once make one tune', async () => {
		await start(true);
		const [one, other] = await Promise.all([kit.tune(), kit.tune()]);
		expect(one.id).toBe(other.id);
		expect(kit.astria.tunes()).toHaveLength(1);
	});

	test('on: a title that is deleted is free again', async () => {
		await start(true);
		const { id } = await kit.tune({ title: 'uuid-1' });
		await kit.ask({ method: 'DELETE', path: `/tunes/${id}` });
		expect((await kit.tune({ title: 'uuid-1' })).id).not.toBe(id);
	});
});

describe('prompts', () => {
	const input_image_url = 'https://pictures.example/1.jpg';
	const BASE = {
		text: 'a photo',
		seed: 1,
		w: 512,
		h: 512,
		super_resolution: true,
		input_image_url,
	};

	test('on: equal in all listed attributes is the same prompt, however it is written', async () => {
		await start(true);
		const asText = {
			...BASE,
			seed: '1',
			w: '512',
			h: '512',
			num_images: '1',
			super_resolution: '1',
		};
		expect(await isSame(BASE, asText)).toBe(true);
		expect(kit.astria.creations()).toHaveLength(1);
	});

	test.each([
		['text', 'another photo'],
		['cfg_scale', 3],
		['steps', 20],
		['seed', 2],
		['callback', 'https://cb.example/2'],
		['negative_prompt', 'old'],
		['super_resolution', false],
		['face_correct', true],
		['ar', 'portrait'],
		['num_images', 2],
		['denoising_strength', 0],
		['use_lpw', true],
		['controlnet_conditioning_scale', 0.5],
		['w', 640],
		['h', 640],
		['hires_fix', true],
		['inpaint_faces', true],
		['controlnet', 'pose'],
		['scheduler', 'euler'],
		['controlnet_txt2img', true],
	])('on: another %s is another prompt', async (name, value) => {
		await start(true);
		expect(await isSame(BASE, { ...BASE, [name]: value })).toBe(false);
	});

	test('on: the same under another tune is another prompt', async () => {
		await start(true);
		const [one, other] = [await kit.prompt(690204, BASE), await kit.prompt(538238, BASE)];
		expect(one.id).not.toBe(other.id);
	});

	test('the trap: another picture, ratio, size or video is the OLD prompt', async () => {
		await start(true);
		const pictures = [kit.person, kit.garment].map((bytes, index) =>
			kit.sandbox.media.publish(bytes, index === 0 ? 'image/jpeg' : 'image/png'),
		);
		const [person, garment] = pictures;
		const first = { text: 'dress her', input_image_url: person };
		expect(await isSame(first, { text: 'dress her', input_image_url: garment })).toBe(true);
		expect(await isSame(first, { ...first, mask_image_url: garment })).toBe(true);
		expect(await isSame(first, { ...first, aspect_ratio: '3:4' })).toBe(true);
		const video = { video_model: 'kling25', video_prompt: 'turn' };
		expect(await isSame(first, { ...first, ...video })).toBe(true);
		expect(kit.astria.prompts()).toHaveLength(1);
	});

	test('the way out of the trap: a seed, or a query on the callback, of its own', async () => {
		await start(true);
		const text = 'dress her';
		expect(await isSame({ text, seed: 1 }, { text, seed: 2 })).toBe(false);
		const callback = 'https://cb.example/p';
		expect(
			await isSame({ text, callback: `${callback}?n=1` }, { text, callback: `${callback}?n=2` }),
		).toBe(false);
	});
});
