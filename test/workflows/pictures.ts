import sharp from 'sharp';

import { sampleGarment, samplePerson } from '../../sandbox/pictures';

/** Pixels: large enough for the services, and a fraction of a millisecond's work to dress. */
const SIZE = { width: 30, height: 40 };

/** A person's photo in JPEG. */
export async function smallPerson(): Promise<Buffer> {
	return await sharp(await samplePerson(0))
		.resize(SIZE)
		.jpeg()
		.toBuffer();
}

/** A garment's photo in PNG. */
export async function smallGarment(): Promise<Buffer> {
	return await sharp(await sampleGarment(0))
		.resize(SIZE)
		.png()
		.toBuffer();
}
