import {
	promptFingerprint,
	promptCall,
	promptParams,
	type PromptRequest,
	seedFor,
	uncomparedOf,
} from '../../../../lib/astria/prompts/request';
import type { Picture } from '../../../../lib/media/picture';

const at = (address: string): Picture => ({ kind: 'address', address });

const file = (sha256: string): Picture => ({
	kind: 'file',
	file: { open: async () => await Promise.resolve(Buffer.from('x')) },
	sha256,
	size: 1,
	type: { mimeType: 'image/png', extension: 'png', name: 'PNG' },
	fileName: 'a.png',
});

function requestOf(more: Partial<PromptRequest> = {}): PromptRequest {
	return {
		target: { kind: 'tune', tuneId: 1 },
		values: { text: 'a photo' },
		files: {},
		distinct: true,
		...more,
	};
}

const withImage = (picture: Picture) => requestOf({ files: { input_image: [picture] } });

test.each(['input_image', 'input_image_url', 'input_image_base64'])(
	'additional fields win over a picture: %s',
	(name) => {
		const files = { input_image: [at('https://a.example/own')] };
		const values = { text: 'a photo', [name]: 'https://a.example/added' };
		expect(promptParams({ values, files })).toEqual(values);
	},
);

test('only what Astria does not compare needs a seed of its own', () => {
	const compared = {
		text: 'x',
		cfg_scale: 3,
		steps: 30,
		w: 512,
		h: 512,
		ar: '1:1',
		hires_fix: true,
	};
	expect(seedFor(requestOf({ values: compared }))).toBeUndefined();
	for (const [name, value] of [
		['aspect_ratio', '3:4'],
		['resolution', '2K'],
		['face_swap', true],
		['video_model', 'kling25'],
	] as const) {
		expect(seedFor(requestOf({ values: { text: 'x', [name]: value } }))).toEqual(
			expect.any(Number),
		);
	}
	expect(seedFor(withImage(at('https://a.example')))).toEqual(expect.any(Number));
});

test('a seed of the user, a duplicate and the switch leave it out', () => {
	const files = { input_image: [at('https://a.example')] };
	expect(seedFor(requestOf({ files, values: { text: 'x', seed: 0 } }))).toBeUndefined();
	expect(seedFor(requestOf({ files, distinct: false }))).toBeUndefined();
	expect(seedFor(requestOf({ files, target: { kind: 'duplicate', promptId: 2 } }))).toBeUndefined();
});

test('a seed that the node has chosen goes along where the row has none', () => {
	const chosenSeed = 0;
	const duplicate = { kind: 'duplicate', promptId: 2 } as const;
	expect(seedFor(requestOf({ chosenSeed }))).toBe(0);
	expect(seedFor(requestOf({ chosenSeed, distinct: false }))).toBe(0);
	expect(seedFor(requestOf({ chosenSeed, target: duplicate }))).toBe(0);
	for (const seed of [5, null]) {
		expect(seedFor(requestOf({ chosenSeed, values: { text: 'x', seed } }))).toBeUndefined();
	}
});

test('seeds are whole, in range and differ', () => {
	const seeds = Array.from({ length: 500 }, () => seedFor(withImage(file('a'))) ?? -1);
	expect(seeds.every((seed) => Number.isInteger(seed) && seed >= 0 && seed <= 2 ** 32)).toBe(true);
	expect(new Set(seeds).size).toBeGreaterThan(490);
});

test('requests are told apart by everything, pictures by their bytes', () => {
	const all = [
		requestOf(),
		requestOf({ values: { text: 'b' } }),
		requestOf({ target: { kind: 'tune', tuneId: 2 } }),
		requestOf({ target: { kind: 'duplicate', promptId: 1 } }),
		requestOf({ target: { kind: 'duplicate', promptId: 1, imageIndex: 0 } }),
		withImage(file('a')),
		withImage(file('b')),
		withImage(at('https://a.example')),
	];
	expect(new Set(all.map(promptFingerprint)).size).toBe(all.length);
	expect(promptFingerprint(withImage(file('a')))).toBe(promptFingerprint(withImage(file('a'))));
	// A seed that the node has chosen says nothing of what a row asks for.
	expect(promptFingerprint(requestOf({ chosenSeed: 1 }))).toBe(promptFingerprint(requestOf()));
	expect(uncomparedOf(withImage(file('a')))).not.toBe(uncomparedOf(withImage(file('b'))));
	expect(uncomparedOf(requestOf({ values: { text: 'b' } }))).toBeUndefined();
});

test('files go under the field, addresses under their own name, base64 where Astria takes it', () => {
	const params = promptParams({
		values: {},
		files: {
			input_image: [at('data:image/png;base64,AAAA')],
			mask_image: [at('https://a.example/m%C3%A4ske')],
			image_references: [file('a'), file('b')],
			video_first_frame: [file('c')],
			input_video: [at('https://a.example/v')],
		},
	});
	expect(params).toEqual({
		input_image_base64: 'data:image/png;base64,AAAA',
		mask_image_url: 'https://a.example/m%C3%A4ske',
		image_references: [expect.any(File), expect.any(File)],
		video_first_frame: expect.any(File),
		input_video_url: 'https://a.example/v',
	});
});

test('a duplicate names the picture beside the prompt', () => {
	const target = { kind: 'duplicate', promptId: 5, imageIndex: 0 } as const;
	expect(promptCall(requestOf({ target, values: { seed: 1 } }))).toEqual({
		path: '/prompts/5/duplicate',
		body: { prompt: { seed: 1 }, image_index: 0 },
	});
	expect(promptCall(requestOf(), 9)).toEqual({
		path: '/tunes/1/prompts',
		body: { prompt: { text: 'a photo', seed: 9 } },
	});
});

test('additional fields go along whatever they hold', () => {
	const values = { a: null, b: [1, { c: 'd' }], e: undefined, f: { g: false } };
	expect(promptParams({ values, files: {} })).toEqual({
		a: null,
		b: [1, { c: 'd' }],
		f: { g: false },
	});
});
