import type { IExecuteFunctions, INodeProperties } from 'n8n-workflow';

import type { PromptRequest } from '../../../lib/astria/prompts/request';
import { PROMPT_GROUPS } from '../../../lib/astria/fields/prompt';
import { isUnset } from '../../../lib/fields/coerce';
import type { FieldTable, PictureField } from '../../../lib/fields/field';
import { type ParameterReader, readValues } from '../../../lib/fields/values';
import { type Picture, withoutDataUri } from '../../../lib/media/picture';
import { fieldCollection, FILE_GROUP, pictureParameters } from '../../shared/fieldProperty';
import { readerOf, readPicture, readPictures } from '../../shared/readFields';
import { fileRules } from './files';

/** What a prompt is made of: values, and files by the name of the field that takes them. */
export type PromptParts = Pick<PromptRequest, 'values' | 'files'>;

/** One collection for each group of a prompt's fields; its parameter has the group's own name. */
export const promptGroupProperties: INodeProperties[] = Object.entries(PROMPT_GROUPS).map(
	([name, { label, fields }]) => fieldCollection(label, name, fields),
);

/** Reads the files of one field, in the order in which they are named; an empty address is none. */
async function readFiles(
	context: IExecuteFunctions,
	row: number,
	name: string,
	field: PictureField,
	parameter: ParameterReader,
): Promise<Picture[]> {
	const { source } = pictureParameters(name);
	if (parameter(source) !== 'binary' && isUnset(parameter(name))) return [];
	const rules = fileRules(field);
	const pictures = field.multiple
		? await readPictures(context, row, name, rules, parameter)
		: [await readPicture(context, row, name, rules, parameter)];
	if (field.inlineName !== undefined) return pictures;
	return await Promise.all(pictures.map(async (picture) => await withoutDataUri(rules, picture)));
}

async function readGroup(
	context: IExecuteFunctions,
	row: number,
	fields: FieldTable,
	given: unknown,
): Promise<PromptParts> {
	const parameter = readerOf(given);
	const files: Record<string, Picture[]> = {};
	for (const [name, field] of Object.entries(fields)) {
		if (field.type !== 'picture') continue;
		const file = readerOf(parameter(name))(FILE_GROUP);
		if (file === undefined) continue;
		const pictures = await readFiles(context, row, name, field, readerOf(file));
		if (pictures.length > 0) files[name] = pictures;
	}
	return { values: readValues(fields, parameter), files };
}

/**
 * Reads all groups of a prompt's fields: what was added and is not empty.
 *
 * @param parameter reads a group's collection by the group's name
 * @throws InputError
 */
export async function readPromptGroups(
	context: IExecuteFunctions,
	row: number,
	parameter: ParameterReader,
): Promise<PromptParts> {
	const parts: PromptParts[] = [];
	for (const [name, { fields }] of Object.entries(PROMPT_GROUPS)) {
		parts.push(await readGroup(context, row, fields, parameter(name)));
	}
	return parts.reduce((whole, { values, files }) => ({
		values: { ...whole.values, ...values },
		files: { ...whole.files, ...files },
	}));
}
