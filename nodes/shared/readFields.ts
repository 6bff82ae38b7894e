import type { IExecuteFunctions } from 'n8n-workflow';

import type { ParameterReader } from '../../lib/fields/values';
import { objectOf } from '../../lib/json';
import { fileOfItem } from '../../lib/media/file';
import {
	type Picture,
	type PictureRules,
	readPictureAddress,
	readPictureAddresses,
	readPictureFile,
} from '../../lib/media/picture';
import { ADDED, pictureParameters } from './fieldProperty';

/** Where n8n's nodes put a file unless told otherwise. */
const DEFAULT_FIELD = 'data';

/** Reads the parameters of a row; one that the operation does not have is not set. */
export function rowReader(context: IExecuteFunctions, row: number): ParameterReader {
	return (name) => context.getNodeParameter(name, row, '');
}

/** Reads the values of an object, such as a collection that n8n hands over whole. */
export function readerOf(given: unknown): ParameterReader {
	const object = objectOf(given);
	return (name) => object[name];
}

/**
 * Reads the parameters inside a collection of the row, each on its own: an expression that fails is
 * the failure of whoever asks for that parameter.
 */
export function collectionReader(
	context: IExecuteFunctions,
	row: number,
	collection: string,
): ParameterReader {
	return (name) => context.getNodeParameter(`${collection}.${name}`, row, '');
}

/** Reads the fields of a table wherever they stand: in the collection of added ones, or on the panel. */
export function fieldReader(context: IExecuteFunctions, row: number): ParameterReader {
	const added = objectOf(context.getNodeParameter(ADDED, row, {}));
	const onPanel = rowReader(context, row);
	return (name) => (name in added ? added[name] : onPanel(name));
}

/** What was typed in for the names of binary fields. */
function fieldNames(given: unknown): string {
	return typeof given === 'string' ? given : DEFAULT_FIELD;
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

/**
 * Reads and checks a field that takes several pictures of a row.
 *
 * @param parameter default: reads the parameters of the row
 * @returns in the order in which they are named; none when none is named
 * @throws InputError
 */
export async function readPictures(
	context: IExecuteFunctions,
	row: number,
	name: string,
	rules: PictureRules,
	parameter = rowReader(context, row),
): Promise<Picture[]> {
	const { source, binary } = pictureParameters(name);
	const { label } = rules;
	if (parameter(source) !== 'binary') return readPictureAddresses(rules, parameter(name));
	const present = Object.keys(context.getInputData()[row]?.binary ?? {});
	const fields = namesMeant(fieldNames(parameter(binary)), present);
	const pictures: Picture[] = [];
	for (const field of fields) {
		const file = fileOfItem(context, label, row, field);
		pictures.push(await readPictureFile(rules, file));
	}
	return pictures;
}

/**
 * Reads and checks one picture field of a row.
 *
 * @param parameter default: reads the parameters of the row
 * @throws InputError
 */
export async function readPicture(
	context: IExecuteFunctions,
	row: number,
	name: string,
	rules: PictureRules,
	parameter = rowReader(context, row),
): Promise<Picture> {
	const { source, binary } = pictureParameters(name);
	const { label } = rules;
	if (parameter(source) !== 'binary') return readPictureAddress(rules, parameter(name));
	const field = fieldNames(parameter(binary));
	return await readPictureFile(rules, fileOfItem(context, label, row, field));
}
