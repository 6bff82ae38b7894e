import type { IExecuteFunctions } from 'n8n-workflow';

import { readField } from '../../lib/fields/coerce';
import type { FieldTable } from '../../lib/fields/field';
import { fileOfItem } from '../../lib/media/binary';
import {
	type Picture,
	type PictureRules,
	readPictureAddress,
	readPictureFile,
} from '../../lib/media/picture';
import { pictureParameters } from './fieldProperty';

/**
 * Reads the fields of a table that are no pictures.
 *
 * @param parameter reads one parameter of the row by name
 * @returns by API name, without what is not set
 * @throws InputError
 */
export function readValues(
	service: string,
	table: FieldTable,
	parameter: (name: string) => unknown,
): Record<string, unknown> {
	const values: Record<string, unknown> = {};
	for (const [name, field] of Object.entries(table)) {
		if (field.type === 'picture') continue;
		const value = readField(service, field, parameter(name));
		if (value !== undefined) values[name] = value;
	}
	return values;
}

/**
 * Reads and checks one picture field of a row.
 *
 * @throws InputError
 */
export async function readPicture(
	context: IExecuteFunctions,
	row: number,
	name: string,
	rules: PictureRules,
): Promise<Picture> {
	const { source, binary } = pictureParameters(name);
	const { service, label } = rules;
	if (context.getNodeParameter(source, row, 'address') !== 'binary') {
		return readPictureAddress(rules, context.getNodeParameter(name, row, ''));
	}
	const field = String(context.getNodeParameter(binary, row, 'data'));
	return await readPictureFile(rules, fileOfItem(context, service, label, row, field));
}
