import sharp from 'sharp';

import { sampleGarment, samplePerson } from '../../sandbox/pictures';
import { drawnOnce } from '../engine/pictures';

/** Pixels: large enough for the services, and a fraction of a millisecond's work to dress. */
const SIZE = { width: 30, height: 40 };

const person = drawnOnce(
	async (n) =>
		await sharp(await samplePerson(n))
			.resize(SIZE)
			.jpeg()
			.toBuffer(),
);

const garment = drawnOnce(
	async (n) =>
		await sharp(await sampleGarment(n))
			.resize(SIZE)
			.png()
			.toBuffer(),
);

/** A person's photo in JPEG. */
export async function smallPerson(): Promise<Buffer> {
	return await person(0);
}

/** A garment's photo in PNG. */
export async function smallGarment(): Promise<Buffer> {
	return await garment(0);
}
