import sharp, { type Sharp } from 'sharp';

import { sampleGarment, samplePerson } from '../../sandbox/pictures';

/**
 * Longest side in pixels. The stand-ins work on every pixel of what they are given, which takes
 * most of the time of a test with the samples' own 600 x 800.
 */
const LONGEST_SIDE = 120;

const drawn = new Map<string, Promise<Buffer>>();

/** Draws each picture once: many tests begin with the same two. */
async function once(name: string, draw: () => Promise<Buffer>): Promise<Buffer> {
	const picture = drawn.get(name) ?? draw();
	drawn.set(name, picture);
	return await picture;
}

function small(picture: Buffer): Sharp {
	return sharp(picture).resize({ width: LONGEST_SIDE, height: LONGEST_SIDE, fit: 'inside' });
}

/**
 * A small JPEG of a person.
 *
 * @param n chooses the person; the same number always gives the same bytes
 */
export async function smallPerson(n: number): Promise<Buffer> {
	return await once(
		`person ${n}`,
		async () =>
			await small(await samplePerson(n))
				.jpeg()
				.toBuffer(),
	);
}

/**
 * A small PNG of a garment.
 *
 * @param n chooses the garment; the same number always gives the same bytes
 */
export async function smallGarment(n: number): Promise<Buffer> {
	return await once(
		`garment ${n}`,
		async () =>
			await small(await sampleGarment(n))
				.png()
				.toBuffer(),
	);
}
