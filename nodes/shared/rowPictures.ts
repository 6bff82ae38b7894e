import type { IExecuteFunctions } from 'n8n-workflow';

import { InputError } from '../../lib/errors';
import { pictureSource } from '../../lib/fields/shared';
import { type ParameterReader, readField } from '../../lib/fields/values';
import { fileOfItem } from '../../lib/media/file';
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

/**
 * The name of the input field that holds a file. The panel's own is always there: nothing at all is
 * an expression that gave nothing, and another row's file must not stand in for it.
 *
 * @throws InputError
 */
function fieldName({ label }: PictureRules, given: unknown): string {
	const field = { type: 'text', label: `${label} Field Name`, help: '', required: true } as const;
	return readField(field, given);
}

/** The same for several files: a text with commas or lines, or a list. @throws InputError */
function fieldNames({ label }: PictureRules, given: unknown): string[] {
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
function namesMeant(given: readonly string[], present: readonly string[]): string[] {
	const names = given.map((name) => name.trim());
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
	const { binary } = pictureParameters(name);
	const { label } = rules;
	if (!isOfItem(rules, name, parameter)) {
		return readPictureAddresses(addressRules(context, rules), parameter(name));
	}
	const present = Object.keys(context.getInputData()[row]?.binary ?? {});
	const fields = namesMeant(fieldNames(rules, parameter(binary)), present);
	const pictures: Picture[] = [];
	for (const field of fields) {
		const file = fileOfItem(context, label, row, field);
		const which = ['file ' + field, file.fileName].filter((part) => part !== undefined).join(', ');
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
	const names = Object.keys(context.getInputData()[row]?.binary ?? {});
	const whichFile = `For a file of the item, set '${label} Field Name' to its name: the files of the item are: ${names.join(', ')}.`;
	const merge =
		'Where two are merged into one item, give them field names of their own before that.';
	const cure = ['Give each field a picture of its own.'];
	if (names.length > 0) cure.push(whichFile);
	if (names.length === 1) cure.push(merge);
	throw new InputError(label, `is the same picture as '${one.label}'`, cure.join(' '));
}
