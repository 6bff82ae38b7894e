import sharp, { type Sharp } from 'sharp';
import { cutOut } from './cutout';
import { garmentSvg, MARK_SHARE, markSvg, personSvg } from './drawings';
import { digest, Remembered } from './remembered';

/** Formats the stand-in services make. */
export type PictureFormat = 'png' | 'jpeg' | 'webp';

/** Which part of the body the garment covers. */
export type BodyArea = 'upper' | 'lower' | 'whole';

/** How `dress` makes its picture. */
export interface DressOptions {
	/** Default `png`. */
	format?: PictureFormat;
	/** The same seed over the same pictures gives the same bytes; default 0. */
	seed?: number;
	/** Pixels; default: the size of FASHN v1.6 on fal, 864 x 1296. */
	width?: number;
	height?: number;
	/** Default `upper`. */
	area?: BodyArea;
}

/** Output of fal-ai/fashn/tryon/v1.6, in pixels. Source: fal.ai/models/fal-ai/fashn/tryon/v1.6 */
const DEFAULT_SIZE = { width: 864, height: 1296 };

/** Where the garment goes, as parts of the picture's width and height; always centred. */
const AREAS: Record<BodyArea, { top: number; width: number; height: number }> = {
	upper: { top: 0.26, width: 0.62, height: 0.38 },
	lower: { top: 0.54, width: 0.5, height: 0.38 },
	whole: { top: 0.27, width: 0.6, height: 0.56 },
};

/** Seeds tilt the garment by up to this many degrees to either side. */
const MAX_TILT = 3;

/** Longest side, in pixels, at which a garment is freed from its ground. */
const WORKING_SIDE = 600;

const CLEAR = { r: 0, g: 0, b: 0, alpha: 0 };

/** Light on the processor rather than small: the pictures only travel over loopback. */
const PNG_COMPRESSION = 3;

/** How many pictures, and facts about them, are kept. */
const MOST_KEPT = 100;

/** The same of layers, which are raw: four bytes for each of their pixels. */
const MOST_LAYERS = 10;

const drawings = new Remembered<Buffer>(MOST_KEPT);
const facts = new Remembered<PictureFacts | undefined>(MOST_KEPT);
const layers = new Remembered<Layer>(MOST_LAYERS);

/** Draws and reads everything anew from now on, as a process that has just started. */
export function forgetPictures(): void {
	for (const kept of [drawings, facts, layers]) kept.forget();
}

function encode(picture: Sharp, format: PictureFormat): Promise<Buffer> {
	switch (format) {
		case 'jpeg':
			return picture.jpeg({ quality: 90 }).toBuffer();
		case 'webp':
			return picture.webp({ quality: 90 }).toBuffer();
		case 'png':
			return picture.png({ compressionLevel: PNG_COMPRESSION }).toBuffer();
	}
}

/**
 * Draws a model photo: a standing person, 600 x 800 pixels.
 * @param n chooses the person; the same number always gives the same picture
 */
export function samplePerson(n: number, format: PictureFormat = 'jpeg'): Promise<Buffer> {
	return drawings.get(
		`person ${n} ${format}`,
		async () => await encode(sharp(Buffer.from(personSvg(n))).flatten(), format),
	);
}

/**
 * Draws a garment photo: one garment on a white ground, 600 x 800 pixels.
 * @param n chooses the garment: 0 tee, 1 dress, 2 trousers, 3 sweater, 4 tee again in other colours, …
 */
export function sampleGarment(n: number, format: PictureFormat = 'png'): Promise<Buffer> {
	return drawings.get(
		`garment ${n} ${format}`,
		async () => await encode(sharp(Buffer.from(garmentSvg(n))).flatten(), format),
	);
}

/** Makes a picture smaller, in its own format; one of its usual size stays as it is. */
export async function shrink(picture: Buffer, scale: number): Promise<Buffer> {
	if (scale === 1) return picture;
	const { width } = await sharp(picture).metadata();
	return await sharp(picture)
		.resize({ width: Math.max(1, Math.round(width * scale)) })
		.toBuffer();
}

/** A picture's size, as it is displayed, and its format (`jpeg`, `png`, `webp`, …). */
interface PictureFacts {
	width: number;
	height: number;
	format: string;
}

async function factsOf(bytes: Buffer): Promise<PictureFacts | undefined> {
	try {
		const { format, autoOrient } = await sharp(bytes).metadata();
		// The head alone may be whole: only decoding finds a file that is cut off.
		await sharp(bytes).resize(1, 1).raw().toBuffer();
		return { width: autoOrient.width, height: autoOrient.height, format };
	} catch {
		return undefined;
	}
}

/**
 * Reads a picture's size, as it is displayed, and its format.
 * @returns undefined when the bytes are not a picture, or a damaged one
 */
export async function readPicture(bytes: Buffer): Promise<PictureFacts | undefined> {
	return await facts.get(digest(bytes), async () => await factsOf(bytes));
}

interface Box {
	width: number;
	height: number;
}

/** A garment, free from its ground, to be laid over a person. */
interface Layer {
	data: Buffer;
	info: Box;
}

async function garmentLayer(bytes: Buffer, box: Box, tilt: number): Promise<Layer> {
	const { data, info } = await sharp(bytes)
		.autoOrient()
		.toColourspace('srgb')
		.resize({ width: WORKING_SIDE, height: WORKING_SIDE, fit: 'inside', withoutEnlargement: true })
		.ensureAlpha()
		.raw()
		.toBuffer({ resolveWithObject: true });
	const garment = cutOut({ data, width: info.width, height: info.height });
	const turned = await sharp(data, {
		raw: { width: info.width, height: info.height, channels: 4 },
	})
		.extract(garment)
		.rotate(tilt, { background: CLEAR })
		.png({ compressionLevel: 0 })
		.toBuffer();
	return await sharp(turned)
		.resize({ ...box, fit: 'inside' })
		.png({ compressionLevel: 0 })
		.toBuffer({ resolveWithObject: true });
}

/**
 * Puts a garment on a person, as far as drawing can: the garment, freed from its ground, is laid
 * over the model photo, and the picture is marked SANDBOX at the bottom.
 * @throws when either picture cannot be decoded
 */
export async function dress(
	personBytes: Buffer,
	garmentBytes: Buffer,
	options: DressOptions = {},
): Promise<Buffer> {
	const { format = 'png', seed = 0, area = 'upper' } = options;
	const { width = DEFAULT_SIZE.width, height = DEFAULT_SIZE.height } = options;
	const place = AREAS[area];
	const box = {
		width: Math.max(1, Math.round(width * place.width)),
		height: Math.max(1, Math.round(height * place.height)),
	};
	const tilt = (Math.abs(seed) % (2 * MAX_TILT + 1)) - MAX_TILT;
	const layer = await layers.get(
		[digest(garmentBytes), box.width, box.height, tilt].join(' '),
		async () => await garmentLayer(garmentBytes, box, tilt),
	);
	const markHeight = Math.max(1, Math.round(height * MARK_SHARE));
	const person = sharp(personBytes)
		.autoOrient()
		.toColourspace('srgb')
		.flatten({ background: '#ffffff' })
		.resize({ width, height, fit: 'cover' })
		.composite([
			{
				input: layer.data,
				left: Math.max(0, Math.round((width - layer.info.width) / 2)),
				top: Math.round(height * place.top),
			},
			{ input: Buffer.from(markSvg(width, markHeight, seed)), left: 0, top: height - markHeight },
		]);
	return await encode(person, format);
}
