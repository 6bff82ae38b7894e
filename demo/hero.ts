import path from 'node:path';

import sharp from 'sharp';

import { ROOT } from '../build/project';
import { dress, sampleGarment, samplePerson } from '../sandbox/pictures';

/**
 * Draws the picture that README begins with, from what the stand-in services make of two samples:
 * `npx tsx demo/hero.ts`.
 */

const FILE = path.join(ROOT, 'docs', 'screenshots', 'try-on.png');

/** Pixels of one of the three pictures, and of the room between them, which holds a sign. */
const PICTURE = { width: 240, height: 360 };
const GAP = 72;
const BORDER = 16;
const CAPTION = 40;

/** As many as a drawing of plain areas needs. */
const COLOURS = 96;

const WIDTH = 3 * PICTURE.width + 2 * GAP + 2 * BORDER;
const HEIGHT = PICTURE.height + CAPTION + 2 * BORDER;

const leftOf = (index: number) => BORDER + index * (PICTURE.width + GAP);

function words(): Buffer {
	const text = (x: number, y: number, size: number, content: string) =>
		`<text x="${x}" y="${y}" font-family="sans-serif" font-size="${size}" fill="#3b4252" text-anchor="middle">${content}</text>`;
	const signs = ['+', '→'].map((sign, index) =>
		text(leftOf(index + 1) - GAP / 2, BORDER + PICTURE.height / 2 + 14, 44, sign),
	);
	const captions = ['Person', 'Garment', 'Try-on (stand-in picture)'].map((caption, index) =>
		text(leftOf(index) + PICTURE.width / 2, HEIGHT - BORDER - 8, 17, caption),
	);
	return Buffer.from(
		`<svg xmlns="http://www.w3.org/2000/svg" width="${WIDTH}" height="${HEIGHT}">${[...signs, ...captions].join('')}</svg>`,
	);
}

async function draw(): Promise<void> {
	const person = await samplePerson(4);
	const garment = await sampleGarment(3);
	const pictures = [person, garment, await dress(person, garment, { area: 'upper', seed: 3 })];
	const layers = await Promise.all(
		pictures.map(async (picture, index) => ({
			input: await sharp(picture)
				.resize({
					...PICTURE,
					fit: picture === garment ? 'contain' : 'cover',
					background: '#ffffff',
				})
				.png()
				.toBuffer(),
			left: leftOf(index),
			top: BORDER,
		})),
	);
	const base = { width: WIDTH, height: HEIGHT, channels: 3 as const, background: '#ffffff' };
	await sharp({ create: base })
		.composite([...layers, { input: words(), left: 0, top: 0 }])
		.png({ palette: true, colours: COLOURS, effort: 8 })
		.toFile(FILE);
}

void draw();
