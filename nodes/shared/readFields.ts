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
import { OTHER, otherParameter, pictureParameters } from './fieldProperty';

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
		const given = parameter(name);
		const own = given === OTHER ? parameter(otherParameter(name)) : given;
		const value = readField(service, field, own);
		if (value !== undefined) values[name] = value;
	}
	return values;
}

/** Names of an item's files that a list of names and patterns means, in the list's order. */
function namesMeant(list: string, present: readonly string[]): string[] {
	const names = list.split(',').map((name) => name.trim());
	const meant = names.flatMap((name) => {
		if (!name.includes('*')) return name === '' ? [] : [name];
		const letters = name.split('*').map((part) => part.replace(/[.+?^${}()|[\]\\]/g, '\\$&'));
		const pattern = new RegExp(`^${letters.join('.*')}$`);
		return present.filter((candidate) => pattern.test(candidate));
	});
	return [...new Set(meant)];
}

/** The addresses that a text means: one on each line, or a list of an expression. */
function addressesMeant(value: unknown): unknown[] {
	if (Array.isArray(value)) return value;
	const lines = String(value ?? '').split('\n');
	return lines.filter((line) => line.trim() !== '');
}

/**
 * Reads and checks a field that takes several pictures of a row.
 *
 * @returns in the order in which they are named; none when none is named
 * @throws InputError
 */
export async function readPictures(
	context: IExecuteFunctions,
	row: number,
	name: string,
	rules: PictureRules,
): Promise<Picture[]> {
	const { source, binary } = pictureParameters(name);
	const { service, label } = rules;
	if (context.getNodeParameter(source, row, 'address') !== 'binary') {
		const addresses = addressesMeant(context.getNodeParameter(name, row, ''));
		return addresses.map((address) => readPictureAddress(rules, address));
	}
	const present = Object.keys(context.getInputData()[row]?.binary ?? {});
	const fields = namesMeant(String(context.getNodeParameter(binary, row, 'data')), present);
	const pictures: Picture[] = [];
	for (const field of fields) {
		const file = fileOfItem(context, service, label, row, field);
		pictures.push(await readPictureFile(rules, file));
	}
	return pictures;
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
