import {
	type DressEngine,
	dressHost,
	type DressPlan,
	dressPresets,
	dressText,
	FLUX_CLASSES,
	garmentClass,
	garmentOf,
	personOf,
	plainClass,
} from '../../../../lib/astria/tryOn/dress';
import { dressPrompt, withPose } from '../../../../lib/astria/tryOn/driver';
import { referenceTitle, type Unregistered } from '../../../../lib/astria/tryOn/references';
import { InputError } from '../../../../lib/errors';
import { DOCUMENTED_PROMPT } from '../prompts/samples';
import { saidBy } from '../../said';

const trained = { tuneId: 777, kind: 'checkpoint' as const, className: 'woman', token: 'ohwx' };
const lora = { ...trained, kind: 'lora' as const };
const face = { ...trained, kind: 'faceid' as const };
const suit = { tuneId: 1227460, className: 'clothing' };

function planOf(more: Partial<DressPlan>): DressPlan {
	return {
		engine: 'partner',
		model: 9,
		person: face,
		garments: [suit],
		scene: '',
		hasPose: false,
		...more,
	};
}

test.each<[Partial<DressPlan>, string]>([
	[{ scene: 'studio' }, '<faceid:777:1> woman wearing <faceid:1227460:1> clothing, studio'],
	[{}, '<faceid:777:1> woman wearing <faceid:1227460:1> clothing'],
	[
		{
			garments: [
				{ tuneId: 1, className: 'shirt' },
				{ tuneId: 2, className: 'pants' },
			],
		},
		'<faceid:777:1> woman wearing <faceid:1:1> shirt and <faceid:2:1> pants',
	],
	[
		{ scene: 'wearing it at the sea' },
		'<faceid:777:1> woman <faceid:1227460:1> clothing, wearing it at the sea',
	],
	[
		{
			engine: 'v1',
			person: trained,
			scene: ' wearing a swimming suit, high resolution fashion photoshoot, UHD ',
		},
		DOCUMENTED_PROMPT.text,
	],
	[
		{ engine: 'v1', person: face, scene: 'a beach' },
		'<faceid:1227460:1> <faceid:777:1> woman wearing clothing, a beach',
	],
	[
		{ engine: 'flux', person: lora, scene: 'fashion editorial', hasPose: true },
		'<lora:777:1> <faceid:1227460:1> ohwx woman wearing clothing, fashion editorial --control_guidance_end 0.5',
	],
	[
		{ engine: 'flux', person: face, scene: 'a beach --film_grain' },
		'<faceid:1227460:1> <faceid:777:1> woman wearing clothing, a beach --film_grain',
	],
])('%j reads %j', (plan, text) => {
	expect(dressText(planOf(plan))).toBe(text);
});

test.each<[Partial<DressPlan>, number]>([
	[{}, 9],
	[{ engine: 'flux' }, 1504944],
	[{ engine: 'v1', person: trained }, 777],
	[{ engine: 'v1', person: face }, 690204],
])('%j is posted to %d', (plan, host) => {
	expect(dressHost(planOf(plan))).toBe(host);
});

test.each([
	['Top', 'shirt'],
	[' swimwear ', 'swimming suit'],
	['swimming_suit', 'swimming suit'],
	['Outfit', 'clothing'],
	['dress', 'dress'],
	['Ring', 'ring'],
])('%j is spelled %j', (word, plain) => {
	expect(plainClass(word)).toBe(plain);
});

test.each<[DressEngine, string, string]>([
	['partner', 'shoes', 'shoes'],
	['partner', 'Jewelry', 'jewelry'],
	['flux', 'garment', 'clothing'],
	['flux', 'top', 'shirt'],
	['flux', 'shoes', 'refused'],
	['v1', 'jacket', 'shirt'],
	['v1', 'jeans', 'pants'],
	['v1', 'dress', 'clothing'],
	['v1', 'bag', 'refused'],
])('on %s a picture of a %s is registered as %s', (engine, word, registered) => {
	const register = () => garmentClass(engine, word, 'Garment Class');
	if (registered === 'refused') expect(register).toThrow(InputError);
	else expect(register()).toBe(registered);
});

test('whatever is registered for Flux is a class that Flux puts on', () => {
	for (const word of [...FLUX_CLASSES, 'top', 'outfit', 'tee', 'bottoms']) {
		expect(FLUX_CLASSES).toContain(garmentClass('flux', word, 'Garment Class'));
	}
});

const tune = (more: Record<string, unknown>) => ({ id: 5, name: 'woman', ...more });
const FACEID = tune({ model_type: 'faceid', branch: 'gemini-2' });
const LORA = tune({ model_type: 'lora', branch: 'flux1', token: 'ohwx' });
const SD = tune({ model_type: null, branch: 'sd15', token: null });
const SDXL = tune({ model_type: 'pti', branch: 'sdxl1' });
const MOCK = tune({ model_type: null, branch: 'fast' });

test.each<[DressEngine, Record<string, unknown>, string]>([
	['partner', FACEID, 'faceid'],
	['partner', LORA, 'refused'],
	['partner', SD, 'refused'],
	['flux', FACEID, 'faceid'],
	['flux', LORA, 'lora'],
	['flux', SD, 'refused'],
	['v1', FACEID, 'faceid'],
	['v1', LORA, 'refused'],
	['v1', SD, 'checkpoint'],
	['v1', SDXL, 'refused'],
	['v1', MOCK, 'checkpoint'],
])('%s shows the person of %j as %s', (engine, person, kind) => {
	const read = () => personOf(engine, person, 'Person Tune');
	if (kind === 'refused')
		expect(read).toThrow(/^'Person Tune' is tune 5 \(.+engine cannot show\.$/);
	else expect(read()).toMatchObject({ tuneId: 5, kind, className: 'woman' });
});

test('the trigger word is that of the tune, or of its branch', () => {
	expect(personOf('v1', SD, 'P').token).toBe('sks');
	expect(personOf('v1', { ...SD, token: 'ohwx' }, 'P').token).toBe('ohwx');
	expect(personOf('flux', { ...LORA, token: null }, 'P').token).toBe('ohwx');
});

test('a garment tune is a reference, on Flux of a class that Flux puts on', async () => {
	const dress = { id: 6, name: 'garment', model_type: 'faceid' };
	expect(garmentOf('partner', dress, 'G')).toEqual({ tuneId: 6, className: 'garment' });
	expect(garmentOf('v1', dress, 'G')).toEqual({ tuneId: 6, className: 'garment' });
	expect(await saidBy(() => garmentOf('flux', dress, 'G'))).toMatch(
		/Change its class to "clothing"/,
	);
	expect(garmentOf('flux', { ...dress, name: 'shirt' }, 'G').className).toBe('shirt');
	expect(() => garmentOf('partner', LORA, 'G')).toThrow(/which is no FaceID reference/);
});

const part: Unregistered = {
	picture: {
		kind: 'file',
		file: { open: async () => await Promise.resolve(Buffer.from('x')) },
		sha256: 'abcdef0123456789ffff',
		size: 1,
		type: { mimeType: 'image/png', extension: 'png', name: 'PNG' },
		fileName: 'a.png',
	},
	className: 'shirt',
};

test.each<[DressEngine, Unregistered['photo'], string]>([
	['partner', 'flat', 'n8n abcdef0123456789 shirt'],
	['v1', 'worn', 'n8n abcdef0123456789 shirt v1'],
	['flux', 'auto', 'n8n abcdef0123456789 shirt flux'],
	['flux', 'worn', 'n8n abcdef0123456789 shirt flux worn by a model'],
	['flux', 'flat', 'n8n abcdef0123456789 shirt flux flat lay (flat-lay)'],
])('for %s a %s photo has a title by which it is found again', (engine, photo, title) => {
	expect(referenceTitle(engine, { ...part, photo })).toBe(title);
	// Flux takes a flat photo for a worn one when its title has this word.
	if (photo === 'flat') expect(title).not.toContain('model');
});

describe('the recipe', () => {
	const base = {
		engine: 'v1' as const,
		model: { tuneId: 9, resolutions: ['1K', '2K'] },
		scene: 'wearing a swimming suit, high resolution fashion photoshoot, UHD',
		values: {},
		files: {},
		distinct: true,
	};
	const address = DOCUMENTED_PROMPT.input_image_url;
	const worn = {
		kind: 'tune' as const,
		garment: suit,
		photo: 'worn' as const,
		tune: { id: 1227460, orig_images: [address] },
	};

	test('of Backend V1 is the documented one, to the letter', () => {
		const { target, values, files } = dressPrompt({ ...base, garments: [worn] }, trained, [suit]);
		const { input_image_url: _, ...documented } = DOCUMENTED_PROMPT;
		expect(target).toEqual({ kind: 'tune', tuneId: 777 });
		expect(values).toEqual(documented);
		expect(files).toEqual({ input_image: [{ kind: 'address', address }] });
	});

	test('takes no pose from a flat photo', () => {
		const flat = { ...worn, photo: 'flat' as const };
		const { values, files } = dressPrompt({ ...base, garments: [flat] }, trained, [suit]);
		expect(values).toMatchObject({ w: 512, h: 640, scheduler: 'euler_a' });
		expect(values).not.toHaveProperty('controlnet');
		expect(files).toEqual({});
	});

	test('gives way to what the user sets, the old shape too', () => {
		const own = { num_images: 1, aspect_ratio: '3:4', face_swap: false };
		const { values } = dressPrompt({ ...base, garments: [worn], values: own }, trained, [suit]);
		expect(values).toMatchObject(own);
		expect(values).not.toHaveProperty('ar');
	});

	test.each([
		['flux', { aspect_ratio: '1:1' }, ['w', 'h', 'ar']],
		['flux', { ar: 'portrait' }, ['w', 'h', 'aspect_ratio']],
		['v1', { w: 512, h: 512 }, ['ar', 'aspect_ratio']],
		['partner', { w: 1024, h: 1024 }, ['aspect_ratio', 'ar']],
	] as const)('of %s has one shape with %j', (engine, own, others) => {
		const request = { ...base, engine, garments: [worn], values: own };
		const { values } = dressPrompt(request, trained, [suit]);
		expect(values).toMatchObject(own);
		for (const name of others) expect(values).not.toHaveProperty(name);
	});

	test('asks for no details where the user wants no larger pictures', () => {
		const off = { super_resolution: false };
		const own = { ...off, inpaint_faces: true };
		const valuesOf = (values: object) =>
			dressPrompt({ ...base, garments: [worn], values: { ...values } }, trained, [suit]).values;
		expect(valuesOf({})).toMatchObject({ hires_fix: true, inpaint_faces: true });
		expect(valuesOf(off)).not.toHaveProperty('hires_fix');
		expect(valuesOf(off)).not.toHaveProperty('inpaint_faces');
		// What the user asks for is the user's to take back.
		expect(valuesOf(own)).toMatchObject(own);
	});

	test("takes the user's own picture before that of a garment", () => {
		const mine = { input_image: [{ kind: 'address' as const, address: 'https://a.example' }] };
		expect(withPose({ engine: 'flux', garments: [worn], files: mine })).toBe(mine);
		expect(withPose({ engine: 'partner', garments: [worn], files: {} })).toEqual({});
		const picture = { kind: 'picture' as const, photo: 'worn' as const, part };
		expect(withPose({ engine: 'flux', garments: [picture], files: {} })).toEqual({
			input_image: [part.picture],
		});
	});

	test('of a partner model asks for a size only where it is known', () => {
		const plan = { engine: 'partner' as const, hasPose: false };
		expect(dressPresets(plan, ['1K', '2K'])).toEqual({
			num_images: 1,
			aspect_ratio: '3:4',
			resolution: '2K',
		});
		expect(dressPresets(plan, [])).toEqual({ num_images: 1, aspect_ratio: '3:4' });
	});

	test('of Flux has what Flux takes', () => {
		const presets = dressPresets({ engine: 'flux', hasPose: true }, []);
		expect(presets).toMatchObject({ controlnet: 'pose', backend_version: 0, w: 768, h: 1280 });
		expect(presets).not.toHaveProperty('negative_prompt');
		expect(presets).not.toHaveProperty('cfg_scale');
	});
});
