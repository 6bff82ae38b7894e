/** Raw pixels, four bytes each: red, green, blue, alpha. */
export interface Pixels {
	data: Buffer;
	width: number;
	height: number;
}

/** A part of a picture, in pixels. */
export interface Bounds {
	left: number;
	top: number;
	width: number;
	height: number;
}

/** How far a pixel may be from the ground's colour, summed over the channels, to count as ground. */
const TOLERANCE = 48;

/** A ground that fills more than this share is no ground: the picture is one flat colour. */
const MOST_GROUND = 0.97;

/** Below this alpha a corner counts as transparent: the picture has been cut out already. */
const CLEAR_ALPHA = 128;

const at = (data: Buffer, offset: number) => data[offset] ?? 0;

function cornerOffsets({ width, height }: Pixels): number[] {
	return [0, width - 1, width * (height - 1), width * height - 1].map((pixel) => pixel * 4);
}

function borderPixels({ width, height }: Pixels): number[] {
	const border: number[] = [];
	for (let x = 0; x < width; x += 1) border.push(x, (height - 1) * width + x);
	for (let y = 0; y < height; y += 1) border.push(y * width, y * width + width - 1);
	return border;
}

function findGround(pixels: Pixels): { mask: Uint8Array; size: number } {
	const { data, width, height } = pixels;
	const corners = cornerOffsets(pixels);
	const mean = (channel: number) =>
		corners.reduce((sum, corner) => sum + at(data, corner + channel), 0) / corners.length;
	const [red, green, blue] = [mean(0), mean(1), mean(2)];
	// Written out, for it is asked for each pixel up to five times.
	const isGround = (pixel: number) => {
		const offset = pixel * 4;
		const distance =
			Math.abs(at(data, offset) - red) +
			Math.abs(at(data, offset + 1) - green) +
			Math.abs(at(data, offset + 2) - blue);
		return distance <= TOLERANCE;
	};

	const mask = new Uint8Array(width * height);
	const open = borderPixels(pixels);
	let size = 0;
	for (let pixel = open.pop(); pixel !== undefined; pixel = open.pop()) {
		if (mask[pixel] === 1 || !isGround(pixel)) continue;
		mask[pixel] = 1;
		size += 1;
		const x = pixel % width;
		if (x > 0 && mask[pixel - 1] === 0) open.push(pixel - 1);
		if (x < width - 1 && mask[pixel + 1] === 0) open.push(pixel + 1);
		// Beyond the first and the last row there is no mask.
		if (mask[pixel - width] === 0) open.push(pixel - width);
		if (mask[pixel + width] === 0) open.push(pixel + width);
	}
	return { mask, size };
}

function boundsOfOpaque({ data, width, height }: Pixels): Bounds {
	let [left, top, right, bottom] = [width, height, -1, -1];
	for (let y = 0; y < height; y += 1) {
		for (let x = 0; x < width; x += 1) {
			if (at(data, (y * width + x) * 4 + 3) === 0) continue;
			left = Math.min(left, x);
			right = Math.max(right, x);
			top = Math.min(top, y);
			bottom = Math.max(bottom, y);
		}
	}
	if (right < 0) return { left: 0, top: 0, width, height };
	return { left, top, width: right - left + 1, height: bottom - top + 1 };
}

/**
 * Makes the ground around a garment transparent, in place: everything like the corners that can be
 * reached from the border, so that white inside a garment stays. Leaves a picture alone that is
 * transparent already, or that is all ground.
 * @returns where the garment is, in pixels
 */
export function cutOut(pixels: Pixels): Bounds {
	const { data, width, height } = pixels;
	const hasClearCorner = cornerOffsets(pixels).some((corner) => at(data, corner + 3) < CLEAR_ALPHA);
	if (!hasClearCorner) {
		const { mask, size } = findGround(pixels);
		if (size <= MOST_GROUND * width * height) {
			mask.forEach((ground, pixel) => {
				if (ground === 1) data[pixel * 4 + 3] = 0;
			});
		}
	}
	return boundsOfOpaque(pixels);
}
