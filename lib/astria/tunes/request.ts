import { hashOf, isObject } from '../../json';
import { keyOf, type Picture } from '../../media/picture';
import { filePart, type Param, type Params } from '../api/client';

/** The pack whose prompts run on a new tune; a type and not an interface, so that n8n can store it. */
export type PackOfTune = {
	/** Number, or the slug of the pack's address. */
	id: string;
	/** The class of the tune. */
	className: string;
	/** The prompts of the pack that were asked for; empty for all of the class. */
	promptIds: number[];
};

/** A tune to be made, checked and complete. */
export interface TuneRequest {
	/** `/tunes`, or the address of a pack's run. */
	path: string;
	/** Of a pack's run. */
	pack?: PackOfTune;
	title: string;
	/** By API name, the title included, without the pictures. */
	fields: Params;
	/** The pictures to learn from; none is a data URI, which Astria does not take. */
	pictures: readonly Picture[];
	/** Whether a tune of the account with this title will do. */
	orReuse: boolean;
	/** Another title whose tunes will do then. */
	orTitled?: string;
}

/** A text file that says what a picture shows (docs.astria.ai, Changelog, 2024-11-27). */
export function isCaption(picture: Picture): boolean {
	return picture.kind === 'file' && picture.type.extension === 'txt';
}

/**
 * Each picture once. Captions belong to the pictures by their order, or by their names: where there
 * are any, all stay as they are.
 *
 * @param captioned whether the pictures have captions of another kind
 */
export function distinctPictures(pictures: readonly Picture[], captioned: boolean): Picture[] {
	if (captioned || pictures.some(isCaption)) return [...pictures];
	const distinct = new Map(pictures.map((picture) => [keyOf(picture), picture]));
	return [...distinct.values()];
}

/**
 * The body of the call that makes the tune.
 *
 * @param callback what Astria is to call when its training has ended
 * @param promptsCallback what it is to call when all prompts of its pack have ended
 */
export function tuneBody(
	{ fields, pictures }: TuneRequest,
	callback?: string,
	promptsCallback?: string,
): Params {
	const files: Param[] = [];
	const addresses: string[] = [];
	for (const picture of pictures) {
		if (picture.kind === 'file') files.push(filePart(picture));
		else addresses.push(picture.address);
	}
	return {
		tune: {
			...(files.length > 0 && { images: files }),
			...(addresses.length > 0 && { image_urls: addresses }),
			...fields,
			...(callback !== undefined && { callback }),
			...(promptsCallback !== undefined && { prompts_callback: promptsCallback }),
		},
	};
}

/** Equal for two requests only when they name the same pictures, in whatever order. */
export function picturesKey({ pictures, fields }: TuneRequest): string {
	return hashOf([pictures.map(keyOf).sort(), fields.images, fields.image_urls].map(comparable));
}

/** Files stand for themselves by name and size: their bytes are not read for a comparison. */
function comparable(value: unknown): unknown {
	if (value instanceof File) return [value.name, value.size, value.type];
	if (Array.isArray(value)) return value.map(comparable);
	if (!isObject(value)) return value;
	return Object.entries(value).map(([name, inner]) => [name, comparable(inner)]);
}

/** Equal for two requests only when they ask for the same. */
export function tuneFingerprint({ path, fields, pictures, orReuse }: TuneRequest): string {
	return hashOf([path, comparable(fields), pictures.map(keyOf), orReuse]);
}
