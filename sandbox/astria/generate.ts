import { dress, readPicture, sampleGarment, samplePerson, shrink } from '../pictures';
import type { BodyArea } from '../pictures';
import { numberOf, textOf } from './fields';
import type { Fields } from './fields';
import type { Output, Prompt, StoredFile, Tune } from './store';
import { HUMAN_CLASSES, familyOf, referencedTunes, wordsOf } from './tokens';
import { isVideo } from './video-rules';
import { sampleVideo } from './video';
import type { World } from './world';

/** A source picture whose bytes are not what its content type says: partner models fail on it. */
export class UnreadableSource extends Error {}

/** References that set the scene and are not worn. */
const SCENERY = ['pose', 'background', 'style'];
const LOWER = ['pants', 'shorts', 'skirt', 'jeans', 'trousers', 'shoes', 'sandals', 'boots'];
const WHOLE = [
	'dress',
	'gown',
	'jumpsuit',
	'suit',
	'swimming suit',
	'clothing',
	'garment',
	'outfit',
];

/** Longest side in pixels. Astria's pictures are about three times as large, which helps no test. */
const LONGEST_SIDES: Record<string, number> = { '1K': 384, '2K': 512, '4K': 768 };
const DEFAULT_SIDE = 512;
/** `w` and `h` are taken to the letter up to this. */
const MOST_PIXELS = 2048;

/** Astria's old names for two ratios. */
const OLD_RATIOS: Record<string, string> = { portrait: '2:3', landscape: '3:2' };

function sizeOf(fields: Fields): { width: number; height: number } {
	const w = numberOf(fields, 'w');
	const h = numberOf(fields, 'h');
	if (w !== undefined && h !== undefined) {
		return { width: Math.min(w, MOST_PIXELS), height: Math.min(h, MOST_PIXELS) };
	}
	const ar = textOf(fields, 'ar') ?? '1:1';
	const ratio = textOf(fields, 'aspect_ratio') ?? OLD_RATIOS[ar] ?? ar;
	const [across = 1, down = 1] = (/^\d+:\d+$/.test(ratio) ? ratio : '1:1').split(':').map(Number);
	const side = LONGEST_SIDES[textOf(fields, 'resolution') ?? ''] ?? DEFAULT_SIDE;
	const scale = side / Math.max(across, down);
	return { width: Math.round(across * scale), height: Math.round(down * scale) };
}

function classOf(tune: Tune): string {
	return (textOf(tune.fields, 'name') ?? '').toLowerCase();
}

function isScenery(tune: Tune): boolean {
	return SCENERY.includes(classOf(tune));
}

/** A trained model is the one who wears; a reference goes by its class. */
function isPerson(tune: Tune): boolean {
	if (HUMAN_CLASSES.includes(classOf(tune))) return true;
	return tune.fields.model_type !== 'faceid' && !isScenery(tune);
}

function areaOf(tune: Tune | undefined): BodyArea {
	const name = tune === undefined ? '' : classOf(tune);
	if (LOWER.includes(name)) return 'lower';
	return WHOLE.includes(name) ? 'whole' : 'upper';
}

async function load(file: StoredFile | undefined, isStrict: boolean): Promise<Buffer | undefined> {
	if (file?.data === undefined) return undefined;
	const actual = await readPicture(file.data);
	const declared = file.contentType.replace('image/jpg', 'image/jpeg');
	if (isStrict && declared !== `image/${actual?.format}`) {
		throw new UnreadableSource('a picture is not what its type says');
	}
	return file.data;
}

/** How many different people, and garments, stand for what is not known. */
const SAMPLES = 12;

const SAMPLERS = { person: samplePerson, garment: sampleGarment };

const samples = new Map<string, Promise<Buffer>>();

/** A sample in the size that pictures are drawn in here; each is drawn once. */
async function drawn(world: World, kind: keyof typeof SAMPLERS, id: number): Promise<Buffer> {
	const { pictureScale } = world.settings;
	const number = id % SAMPLES;
	const draw = async () => await shrink(await SAMPLERS[kind](number), pictureScale);
	const name = `${kind} ${number} ${pictureScale}`;
	const sample = samples.get(name) ?? draw();
	samples.set(name, sample);
	return await sample;
}

interface Sources {
	person: Buffer;
	garments: Array<{ picture: Buffer; area: BodyArea }>;
}

/** The pictures that a prompt is made from; what is not known is drawn. */
async function sourcesOf(world: World, { id, tuneId, fields, files }: Prompt): Promise<Sources> {
	const { store } = world;
	const host = store.tunes.get(tuneId);
	const isStrict = host !== undefined && familyOf(store, host) === 'partner';
	const tunes = referencedTunes(store, wordsOf(fields));
	if (host !== undefined && host.gallery === undefined && !tunes.includes(host)) tunes.push(host);

	const model = tunes.find(isPerson);
	const [first] = [files.video_first_frame, files.source_image, files.input_image].flatMap(
		(list) => list ?? [],
	);
	const input = await load(first, isStrict);
	const person =
		(await load(model?.images[0], isStrict)) ?? input ?? (await drawn(world, 'person', id));

	const worn = tunes.filter((tune) => !isPerson(tune) && !isScenery(tune));
	const garments: Sources['garments'] = [];
	for (const tune of worn) {
		const given = await load(tune.images[0], isStrict);
		const picture = given ?? (await drawn(world, 'garment', tune.id));
		garments.push({ picture, area: areaOf(tune) });
	}
	for (const file of files.image_references ?? []) {
		const picture = await load(file, isStrict);
		if (picture !== undefined) garments.push({ picture, area: 'upper' });
	}
	if (garments.length === 0) {
		garments.push({ picture: await drawn(world, 'garment', id), area: 'upper' });
	}
	return { person, garments };
}

async function makePicture(
	world: World,
	prompt: Prompt,
	{ person, garments }: Sources,
	index: number,
): Promise<Output> {
	const format = textOf(prompt.fields, 'text')?.includes('--remove_background') ? 'png' : 'jpeg';
	const { pictureScale } = world.settings;
	const size = sizeOf(prompt.fields);
	const look = {
		format,
		width: Math.max(1, Math.round(size.width * pictureScale)),
		height: Math.max(1, Math.round(size.height * pictureScale)),
	} as const;
	const seed = (numberOf(prompt.fields, 'seed') ?? prompt.id) + index;
	let data = person;
	for (const { picture, area } of garments) {
		data = await dress(data, picture, { ...look, seed, area });
	}
	const contentType = `image/${format}`;
	const ending = format === 'png' ? 'png' : 'jpg';
	const filename = `${prompt.id}-${index}.${ending}`;
	return { url: world.publish(data, contentType), contentType, data, filename };
}

/**
 * The picture that a video starts from; it appears before the video does. There is none when a
 * source is not readable: the video itself then ends with that error.
 */
export async function firstFrame(world: World, prompt: Prompt): Promise<Output[]> {
	try {
		return [await makePicture(world, prompt, await sourcesOf(world, prompt), 0)];
	} catch (error) {
		if (error instanceof UnreadableSource) return [];
		throw error;
	}
}

function makeVideo(world: World, { id }: Prompt): Output {
	const data = sampleVideo(`prompt ${id}`);
	const contentType = 'video/mp4';
	return { url: world.publish(data, contentType), contentType, data, filename: `${id}-0.mp4` };
}

/** All pictures of mock tunes; drawn once, since they are the same. */
let mockPicture: Promise<Buffer> | undefined;

async function mockPictures(world: World, prompt: Prompt, count: number): Promise<Output[]> {
	mockPicture ??= samplePerson(0);
	const data = await mockPicture;
	const contentType = 'image/jpeg';
	const url = world.publish(data, contentType);
	return Array.from({ length: count }, (_, index) => {
		return { url, contentType, data, filename: `${prompt.id}-${index}.jpg` };
	});
}

/**
 * Makes what a prompt is for: its pictures, or its video. Under a mock tune (`branch=fast`) every
 * picture is the same.
 * @throws {UnreadableSource}
 */
export async function makeOutputs(world: World, prompt: Prompt): Promise<Output[]> {
	const { tuneId, fields } = prompt;
	const count = numberOf(fields, 'num_images') ?? 1;
	const isMock = world.store.tunes.get(tuneId)?.fields.branch === 'fast';
	if (isMock && !isVideo(fields)) return await mockPictures(world, prompt, count);
	const sources = await sourcesOf(world, prompt);
	if (isVideo(fields)) return [makeVideo(world, prompt)];
	const outputs: Output[] = [];
	for (let index = 0; index < count; index += 1) {
		outputs.push(await makePicture(world, prompt, sources, index));
	}
	return outputs;
}
