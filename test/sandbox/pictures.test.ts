import sharp, { type Sharp } from 'sharp';
import { MARK_COLOUR } from '../../sandbox/drawings';
import {
	dress,
	forgetPictures,
	readPicture,
	sampleGarment,
	samplePerson,
} from '../../sandbox/pictures';

const SIZE = { width: 120, height: 180 };

async function pixel(picture: Buffer, x: number, y: number): Promise<[number, number, number]> {
	const { data } = await sharp(picture)
		.removeAlpha()
		.extract({ left: x, top: y, width: 1, height: 1 })
		.raw()
		.toBuffer({ resolveWithObject: true });
	const [r = -1, g = -1, b = -1] = data;
	return [r, g, b];
}

function flat(
	colour: { r: number; g: number; b: number; alpha?: number },
	width = 90,
	height = 120,
): Sharp {
	const channels = colour.alpha === undefined ? 3 : 4;
	return sharp({ create: { width, height, channels, background: colour } });
}

const BLUE = { r: 0, g: 0, b: 200 };
const GREEN = { r: 0, g: 150, b: 0 };

describe('samples', () => {
	it.each([
		['samplePerson', samplePerson],
		['sampleGarment', sampleGarment],
	])(
		'%s draws real pictures, the same for the same number and others for others',
		async (_, draw) => {
			const pictures = await Promise.all([0, 1, 2, 3, 4, 5, 6].map((n) => draw(n)));
			expect(await readPicture(await draw(0, 'png'))).toEqual({
				width: 600,
				height: 800,
				format: 'png',
			});
			expect(await readPicture(await draw(0, 'jpeg'))).toEqual({
				width: 600,
				height: 800,
				format: 'jpeg',
			});
			expect(new Set(pictures.map((picture) => picture.toString('base64'))).size).toBe(7);
			forgetPictures();
			expect((await draw(3)).equals(pictures[3] ?? Buffer.alloc(0))).toBe(true);
		},
	);
});

describe('dress', () => {
	it('makes the wanted format and size', async () => {
		const person = await samplePerson(1);
		const garment = await sampleGarment(1);
		for (const format of ['png', 'jpeg', 'webp'] as const) {
			const picture = await dress(person, garment, { ...SIZE, format });
			expect(await readPicture(picture)).toEqual({ ...SIZE, format });
		}
		expect(await readPicture(await dress(person, garment))).toMatchObject({
			width: 864,
			height: 1296,
		});
	});

	it('shows the person, the garment over the chosen part, and the mark', async () => {
		const person = await flat(BLUE).png().toBuffer();
		const garment = await flat(GREEN).png().toBuffer();
		const upper = await dress(person, garment, { ...SIZE, seed: 3 });
		expect(await pixel(upper, 5, 5)).toEqual([0, 0, 200]);
		expect(await pixel(upper, 60, 80)).toEqual([0, 150, 0]);
		expect(await pixel(upper, 60, 140)).toEqual([0, 0, 200]);
		expect(await pixel(upper, 1, 178)).toEqual(Object.values(MARK_COLOUR));

		const lower = await dress(person, garment, { ...SIZE, seed: 3, area: 'lower' });
		expect(await pixel(lower, 60, 80)).toEqual([0, 0, 200]);
		expect(await pixel(lower, 60, 140)).toEqual([0, 150, 0]);
	});

	it('leaves the ground of the garment photo out, but not what is like it inside', async () => {
		const square = (colour: string, side: number) =>
			`<rect x="${50 - side / 2}" y="${50 - side / 2}" width="${side}" height="${side}" fill="${colour}"/>`;
		const drawing = `<svg xmlns="http://www.w3.org/2000/svg" width="100" height="100"><rect width="100" height="100" fill="#fff"/>${square('#009600', 60)}${square('#fff', 20)}</svg>`;
		const garment = await sharp(Buffer.from(drawing)).flatten().png().toBuffer();
		const person = await flat(BLUE).png().toBuffer();
		const picture = await dress(person, garment, { width: 200, height: 200, seed: 3 });
		// The garment's box is 124 x 76 from the top at 52: 76 x 76 of garment in its middle.
		expect(await pixel(picture, 100, 90)).toEqual([255, 255, 255]);
		expect(await pixel(picture, 100, 60)).toEqual([0, 150, 0]);
		expect(await pixel(picture, 55, 90)).toEqual([0, 0, 200]);
	});

	it('gives the same bytes for the same seed and others for another', async () => {
		const person = await samplePerson(2);
		const garment = await sampleGarment(2);
		const first = await dress(person, garment, { ...SIZE, seed: 42 });
		forgetPictures();
		const [again, other] = await Promise.all(
			[42, 43].map((seed) => dress(person, garment, { ...SIZE, seed })),
		);
		expect(again?.equals(first)).toBe(true);
		expect(other?.equals(first)).toBe(false);
	});

	it.each([
		['webp', () => flat(GREEN).webp().toBuffer()],
		['gif', () => flat(GREEN).gif().toBuffer()],
		['tiff', () => flat(GREEN).tiff().toBuffer()],
		['grey', () => flat(GREEN).greyscale().png().toBuffer()],
		['CMYK', () => flat(GREEN).toColourspace('cmyk').jpeg().toBuffer()],
		['16 bit', () => flat(GREEN).toColourspace('rgb16').png().toBuffer()],
		['turned by EXIF', () => flat(GREEN).withMetadata({ orientation: 6 }).jpeg().toBuffer()],
		[
			'all transparent',
			() =>
				flat({ ...GREEN, alpha: 0 })
					.png()
					.toBuffer(),
		],
		['one pixel', () => flat(GREEN, 1, 1).png().toBuffer()],
		['very wide', () => flat(GREEN, 900, 2).png().toBuffer()],
		['very tall', () => flat(GREEN, 2, 900).png().toBuffer()],
		[
			'SVG',
			() =>
				Promise.resolve(
					Buffer.from('<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"/>'),
				),
		],
	])('takes a picture that is %s, on either side', async (_, make) => {
		const odd = await make();
		const plain = await flat(BLUE).png().toBuffer();
		expect(await readPicture(await dress(odd, plain, SIZE))).toMatchObject(SIZE);
		expect(await readPicture(await dress(plain, odd, SIZE))).toMatchObject(SIZE);
	});

	it('makes pictures down to one pixel', async () => {
		const plain = await flat(BLUE).png().toBuffer();
		const picture = await dress(plain, plain, { width: 1, height: 1 });
		expect(await readPicture(picture)).toMatchObject({ width: 1, height: 1 });
	});

	it('throws on bytes that are no picture', async () => {
		const plain = await flat(BLUE).png().toBuffer();
		await expect(dress(Buffer.from('no picture'), plain)).rejects.toThrow();
		await expect(dress(plain, Buffer.from('no picture'))).rejects.toThrow();
	});
});

describe('readPicture', () => {
	it('tells the size as displayed', async () => {
		const turned = await flat(GREEN, 30, 50).withMetadata({ orientation: 6 }).jpeg().toBuffer();
		expect(await readPicture(turned)).toEqual({ width: 50, height: 30, format: 'jpeg' });
	});

	it('is undefined for other bytes', async () => {
		expect(await readPicture(Buffer.from('{"detail":"no"}'))).toBeUndefined();
		expect(await readPicture(Buffer.alloc(0))).toBeUndefined();
		expect(await readPicture((await sampleGarment(0)).subarray(0, 200))).toBeUndefined();
	});
});
