import type { IExecuteFunctions } from 'n8n-workflow';

import type { Params } from '../../../../lib/astria/api/encode';
import { distinctPictures } from '../../../../lib/astria/tunes/request';
import { InputError } from '../../../../lib/errors';
import type { PictureField } from '../../../../lib/fields/field';
import { type Picture, withoutDataUri } from '../../../../lib/media/picture';
import { readPictures } from '../../../shared/readFields';
import { fileRules } from '../../shared/files';

/** Fields in which pictures that Astria has already can be named, as a JSON object has them. */
const OWN_PICTURES = ['images', 'image_urls'];

/**
 * Reads the pictures of a tune from all rows that make it, each picture once; none when the other
 * fields have some.
 *
 * @param name of the parameter
 * @throws InputError when there is none, or one that cannot be sent
 */
export async function readTunePictures(
	context: IExecuteFunctions,
	rows: readonly number[],
	name: string,
	field: PictureField,
	fields: Params,
): Promise<Picture[]> {
	if (OWN_PICTURES.some((own) => fields[own] !== undefined)) return [];
	// Captions of a training on several subjects at once (docs.astria.ai, Changelog, 2024-11-27).
	const rules = { ...fileRules(field), captions: true } as const;
	const pictures: Picture[] = [];
	for (const row of rows) {
		for (const given of await readPictures(context, row, name, rules)) {
			pictures.push(await withoutDataUri(rules, given));
		}
	}
	if (pictures.length === 0) {
		throw new InputError(
			field.label,
			'is empty',
			'Give the address of a picture, or choose Input Data as its source.',
		);
	}
	return distinctPictures(pictures, fields.image_captions !== undefined);
}
