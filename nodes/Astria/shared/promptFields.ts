import type { IExecuteFunctions } from 'n8n-workflow';

import { PROMPT_FIELDS } from '../../../lib/astria/fields/prompt';
import type { PromptRequest } from '../../../lib/astria/prompts/request';
import type { FieldTable, PictureField } from '../../../lib/fields/field';
import { pictureParameters } from '../../../lib/fields/shared';
import { isUnset, type ParameterReader, readValues } from '../../../lib/fields/values';
import { type Picture, type PictureRules, withoutDataUri } from '../../../lib/media/picture';
import { FILE_GROUP } from '../../shared/fieldProperty';
import { isOfItem, readPicture, readPictures } from '../../shared/pictures';
import { readerOf } from '../../shared/row';

/** What a prompt is made of: values, and files by the name of the field that takes them. */
export type PromptParts = Pick<PromptRequest, 'values' | 'files'>;

/** Reads the files of one field, in the order in which they are named; none where nothing is. */
async function readFiles(
	context: IExecuteFunctions,
	row: number,
	name: string,
	field: PictureField,
	parameter: ParameterReader,
): Promise<Picture[]> {
	const { binary } = pictureParameters(name);
	if (isUnset(parameter(isOfItem(field, name, parameter) ? binary : name))) return [];
	const rules = fileRules(field);
	const pictures = field.multiple
		? await readPictures(context, row, name, rules, parameter)
		: [await readPicture(context, row, name, rules, parameter)];
	if (field.inlineName !== undefined) return pictures;
	return await Promise.all(pictures.map(async (picture) => await withoutDataUri(rules, picture)));
}

/**
 * Reads the fields of a prompt: what was added and is not empty.
 *
 * @param parameter reads one of them by its API name
 * @throws InputError
 */
export async function readPromptFields(
	context: IExecuteFunctions,
	row: number,
	parameter: ParameterReader,
): Promise<PromptParts> {
	const fields: FieldTable = PROMPT_FIELDS;
	const files: Record<string, Picture[]> = {};
	for (const [name, field] of Object.entries(fields)) {
		if (field.type !== 'picture') continue;
		const file = readerOf(parameter(name))(FILE_GROUP);
		if (file === undefined) continue;
		const pictures = await readFiles(context, row, name, field, readerOf(file));
		if (pictures.length > 0) files[name] = pictures;
	}
	return { values: readValues(PROMPT_FIELDS, parameter), files };
}

/** Astria names no limit and advises 3 MB for a photo; what is larger than this is none. */
const MAX_PICTURE_BYTES = 100 * 1024 * 1024;

/** A video of some seconds, or a piece of music, is smaller than this. */
const MAX_MEDIA_BYTES = 500 * 1024 * 1024;

/** Types that are sent; Astria refuses in words what it cannot read. */
const ACCEPTED = {
	picture: new Set([
		'image/avif',
		'image/bmp',
		'image/gif',
		'image/heic',
		'image/jpeg',
		'image/png',
		'image/tiff',
		'image/webp',
	]),
	video: new Set(['video/mp4', 'video/quicktime', 'video/webm']),
	audio: new Set(['audio/mpeg', 'audio/mp4', 'audio/wav']),
};

/** What Astria takes as the file of a field. */
export function fileRules({ label, media }: Pick<PictureField, 'label' | 'media'>): PictureRules {
	return {
		label,
		maxBytes: media ? MAX_MEDIA_BYTES : MAX_PICTURE_BYTES,
		accepts: ACCEPTED[media ?? 'picture'],
		...(media && { media }),
	};
}
