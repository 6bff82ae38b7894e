import sharp, { type Sharp } from 'sharp';

import { sampleGarment, samplePerson } from '../../sandbox/pictures';

/**
 * Longest side in pixels. The stand-ins work on every pixel of what they are given, which takes
 * most of the time of a test with the samples' own 600 x 800.
 */
const LONGEST_SIDE = 120;

/**
 * Draws each picture once: many tests begin with the same two.
 *
 * @param draw draws the picture of a number, always the same one
 */
export function drawnOnce(draw: (n: number) => Promise<Buffer>): (n: number) => Promise<Buffer> {
	const drawn = new Map<number, Promise<Buffer>>();
	return async (n) => {
		const picture = drawn.get(n) ?? draw(n);
		drawn.set(n, picture);
		return await picture;
	};
}

function small(picture: Buffer): Sharp {
	return sharp(picture).resize({ width: LONGEST_SIDE, height: LONGEST_SIDE, fit: 'inside' });
}

/**
 * A small JPEG of a person.
 *
 * @param n chooses the person; the same number always gives the same bytes
 */
export const smallPerson = drawnOnce(
	async (n) =>
		await small(await samplePerson(n))
			.jpeg()
			.toBuffer(),
);

/**
 * A small PNG of a garment.
 *
 * @param n chooses the garment; the same number always gives the same bytes
 */
export const smallGarment = drawnOnce(
	async (n) =>
		await small(await sampleGarment(n))
			.png()
			.toBuffer(),
);
