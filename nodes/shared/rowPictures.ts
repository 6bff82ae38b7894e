import type { IExecuteFunctions } from 'n8n-workflow';

import { InputError } from '../../lib/errors';
import { pictureSource } from '../../lib/fields/shared';
import { type ParameterReader, readField } from '../../lib/fields/values';
import { fileNamesOf, fileOfItem, isItemFile, type ItemFile } from '../../lib/media/file';
import {
	keyOf,
	type Picture,
	type PictureRules,
	readPictureAddress,
	readPictureAddresses,
	readPictureFile,
} from '../../lib/media/picture';
import { pictureParameters } from './fieldProperty';
import { isServedHere, rowReader } from './row';

/** Names of input fields, or files that an expression has taken from one, as n8n's own nodes do. */
type Named = string | ItemFile;

/**
 * The name of the input field that holds a file, or the file. The panel's own is always there: nothing at all is
 * an expression that gave nothing, and another row's file must not stand in for it.
 *
 * @throws InputError
 */
function fieldName({ label }: PictureRules, given: unknown): Named {
	const [only, ...others] = listOf(given);
	if (others.length === 0 && isItemFile(only)) return only;
	const field = { type: 'text', label: `${label} Field Name`, help: '', required: true } as const;
	return readField(field, given);
}

const listOf = (given: unknown): unknown[] => (Array.isArray(given) ? given : [given]);

/** The same for several files: a text with commas or lines, or a list. @throws InputError */
function fieldNames(rules: PictureRules, given: unknown): Named[] {
	const { label } = rules;
	const listed = listOf(given);
	if (listed.some(isItemFile)) return listed.map((one) => fieldName(rules, one));
	const field = { type: 'lines', label: `${label} Field Names`, help: '', required: true } as const;
	return readField(field, given).flatMap((line) => line.split(','));
}

/** Whether a picture field means files of the item. @throws InputError when it says neither */
export function isOfItem(
	{ label }: Pick<PictureRules, 'label'>,
	name: string,
	parameter: ParameterReader,
): boolean {
	const { source } = pictureParameters(name);
	return readField(pictureSource({ label }), parameter(source)) === 'binary';
}

/** What a picture may be that this run gives to its service as an address. */
export function addressRules(context: IExecuteFunctions, rules: PictureRules): PictureRules {
	return { ...rules, opener: rules.opener ?? (isServedHere(context) ? 'serviceHere' : 'service') };
}

/** Names of an item's files that names and patterns mean, in their order. */
function namesMeant(given: readonly Named[], present: readonly string[]): Named[] {
	const meant = given.flatMap((one): Named[] => {
		if (typeof one !== 'string') return [one];
		const name = one.trim();
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
	const { binary } = pictureParameters(name);
	const { label } = rules;
	if (!isOfItem(rules, name, parameter)) {
		return readPictureAddresses(addressRules(context, rules), parameter(name));
	}
	const present = fileNamesOf(context, row);
	const fields = namesMeant(fieldNames(rules, parameter(binary)), present);
	const pictures: Picture[] = [];
	for (const field of fields) {
		const file = fileOfItem(context, label, row, field);
		const name = typeof field === 'string' ? `file ${field}` : undefined;
		const which = [name, file.fileName].filter((part) => part !== undefined).join(', ');
		const ofMany = fields.length > 1 ? { ...rules, which } : rules;
		pictures.push(await readPictureFile(ofMany, file));
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
	const { binary } = pictureParameters(name);
	const { label } = rules;
	if (!isOfItem(rules, name, parameter)) {
		return readPictureAddress(addressRules(context, rules), parameter(name));
	}
	const field = fieldName(rules, parameter(binary));
	return await readPictureFile(rules, fileOfItem(context, label, row, field));
}

/** A picture of a row, and the label of the field that it came from. */
interface Given {
	label: string;
	picture: Picture;
}

/**
 * Refuses a picture that stands for two things: all fields look for 'data' at first, so that after a
 * Merge two of them may have found one file.
 *
 * @throws InputError
 */
export function checkDistinct(
	context: IExecuteFunctions,
	row: number,
	one: Given,
	{ label, picture }: Given,
): void {
	if (keyOf(one.picture) !== keyOf(picture)) return;
	const names = fileNamesOf(context, row);
	const whichFile = `For a file of the item, set '${label} Field Name' to its name: the files of the item are: ${names.join(', ')}.`;
	const merge =
		'Where two are merged into one item, give them field names of their own before that.';
	const cure = ['Give each field a picture of its own.'];
	if (names.length > 0) cure.push(whichFile);
	if (names.length === 1) cure.push(merge);
	throw new InputError(label, `is the same picture as '${one.label}'`, cure.join(' '));
}
