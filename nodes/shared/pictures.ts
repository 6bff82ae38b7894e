import type { IBinaryKeyData, IDataObject, IExecuteFunctions, INodeProperties } from 'n8n-workflow';

import { InputError, toTryOnError, type TryOnError, wholeMessage } from '../../lib/errors';
import type { FieldTable } from '../../lib/fields/field';
import { pictureParameters, pictureSource, ROW_OPTIONS } from '../../lib/fields/shared';
import { type ParameterReader, readField, readValues } from '../../lib/fields/values';
import type { Door } from '../../lib/http';
import { textOf, withoutUndefined } from '../../lib/json';
import {
	downloadPicture,
	fileStem,
	type FileStore,
	type MadePicture,
} from '../../lib/media/download';
import {
	extensionOf,
	fileNamesOf,
	fileOfItem,
	isItemFile,
	type ItemFile,
} from '../../lib/media/file';
import {
	keyOf,
	type Picture,
	type PictureRules,
	readPictureAddress,
	readPictureAddresses,
	readPictureFile,
} from '../../lib/media/picture';
import { oncePer, stoppedError, type Timing } from '../../lib/time';
import type { RowItem } from './errorRow';
import { tableProperties } from './fieldProperty';
import type { Columns, Output } from './operation';
import { isServedHere, isTool, readerOf, rowReader } from './row';

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

/** How finished pictures are handed on. */
export interface OutputOptions {
	perPicture: boolean;
	download: boolean;
	/** Name of the binary field. */
	field: string;
	/** Begins the names of the row's files, where the row names them. */
	stem?: string;
	/** Whether the items are the answer to an AI agent, which can hold no files. */
	forAgent: boolean;
}

/** The pictures of a row or of a job, and what is said beside them. */
interface PictureBatch {
	pictures: readonly MadePicture[];
	/** Begins the names of downloaded files that the row does not name; `-1.png` and so on follow. */
	stem: string;
	/** Columns that are the same for all items of the row. */
	common: IDataObject;
}

const OUTPUT_FIELDS = {
	output: {
		type: 'options',
		label: 'Output',
		help: 'How pictures become items',
		options: {
			picture: { label: 'One Item per Picture', help: 'Each picture in an item of its own' },
			row: { label: 'One Item per Row', help: 'All pictures of a row in one item' },
		},
		default: 'picture',
		defaultApplies: true,
		ofNode: true,
	},
	download: {
		type: 'boolean',
		label: 'Download Pictures',
		help: 'Whether to put the pictures themselves into the items, beside their addresses',
		default: true,
		defaultApplies: true,
	},
} as const satisfies FieldTable;

/** The parameters about what comes out of a trigger, which is no tool. */
export const triggerOutputProperties: INodeProperties[] = tableProperties(OUTPUT_FIELDS);

const { output, download } = OUTPUT_FIELDS;

/** The parameters about what comes out. */
export const outputProperties: INodeProperties[] = tableProperties({
	output,
	download: {
		...download,
		help: `${download.help}. As a tool of an AI agent the node never does.`,
	},
});

/** Of every picture that a service made. */
export const PICTURE_COLUMNS = {
	imageUrl: {
		meaning: 'Address of the picture; not there when the service sent the picture itself',
		optional: true,
	},
	contentType: {
		meaning: 'Its type, such as `image/png`; read from the bytes when it was downloaded',
		optional: true,
	},
	fileName: { meaning: 'Name of the file; a downloaded one is in the binary field too' },
	fileSize: { meaning: 'Bytes, where the service tells them', optional: true },
	width: { meaning: 'Pixels, where the service tells them', optional: true },
	height: { meaning: 'Pixels, where the service tells them', optional: true },
	imageIndex: { meaning: 'Which of the pictures it is, from 0' },
	imageCount: { meaning: 'How many pictures there are' },
	downloadError: {
		meaning: 'Why the file is missing; only then. `imageUrl` still works',
		optional: true,
	},
} as const satisfies Columns;

/** What is different with all pictures of a row in one item. */
export const ONE_ITEM_OUTPUT: Output = {
	when: 'in addition with *One Item per Row*; the other columns are those of the first picture, and there is no `imageIndex`',
	columns: { imageUrls: { meaning: 'Addresses of all pictures of the row' } },
};

/** What an agent is told in place of a picture that has no address. */
const NO_ADDRESS =
	"The picture is made, but came as a file inside the answer, which an agent cannot be given. Switch off 'Sync Mode' to get its address.";

/**
 * What was read of each row, by run of a node. What was found good before a row was paid for is not
 * asked for again: an expression may say something else then, or fail.
 */
const optionsRead = new WeakMap<IExecuteFunctions, (row: number) => OutputOptions>();

/**
 * Reads what the user wants to come out of a row, once in a run of the node.
 *
 * @throws InputError; what n8n throws of an expression that fails
 */
export function readOutputOptions(context: IExecuteFunctions, row: number): OutputOptions {
	const known = optionsRead.get(context);
	if (known) return known(row);
	const read = oncePer((of: number) => outputOptionsOf(rowReader(context, of), isTool(context)));
	optionsRead.set(context, read);
	return read(row);
}

const { fileName, outputField } = ROW_OPTIONS;

/**
 * Reads what the user wants to come out.
 *
 * @param parameter reads a parameter of the row, or of a node that has none
 * @throws InputError
 */
export function outputOptionsOf(parameter: ParameterReader, forAgent = false): OutputOptions {
	const given = readValues({ fileName, outputField }, readerOf(parameter('options')));
	const { output, download } = readValues(OUTPUT_FIELDS, parameter);
	const stem = fileStem(given.fileName ?? '');
	return {
		perPicture: output === 'picture',
		download: download && !forAgent,
		field: given.outputField,
		forAgent,
		...(stem !== '' && { stem }),
	};
}

/** What is wanted of a row's pictures, as it is kept with a suspended execution. */
export function orderOf({ download, field, stem }: OutputOptions): IDataObject {
	return { download, field, ...(stem !== undefined && { stem }) };
}

/** Reads back what {@link orderOf} has kept: a suspended execution gives one item per row. */
export function orderedOutput({ download, field, stem }: IDataObject): OutputOptions {
	const named = textOf(stem);
	return {
		perPicture: false,
		download: download !== false,
		field: textOf(field) ?? outputField.default,
		...(named !== undefined && { stem: named }),
		forAgent: false,
	};
}

interface Workbench {
	store: FileStore;
	door: Door;
	timing: Timing;
	options: OutputOptions;
}

/** What a file is called that stays at the service. */
function nameOf(
	{ fileName: own, contentType }: MadePicture,
	stem: string,
	isNamed: boolean,
): string {
	if (!isNamed) return own ?? stem;
	const ending = contentType === undefined ? undefined : extensionOf(contentType);
	return ending === undefined ? stem : `${stem}.${ending}`;
}

/** Why everything was ended, where that is said: of a call it only shows that it was broken off. */
function reasonOf({ signal }: Timing): TryOnError | undefined {
	return typeof signal?.reason === 'string' ? stoppedError(signal) : undefined;
}

async function pieceOf(bench: Workbench, picture: MadePicture, stem: string): Promise<RowItem> {
	const { store, door, timing, options } = bench;
	const { url, contentType, fileSize, width, height } = picture;
	const json: IDataObject = {
		imageUrl: url,
		contentType,
		fileName: nameOf(picture, stem, options.stem !== undefined),
		fileSize,
		width,
		height,
	};
	// An agent would get the whole picture as text, which fills what its model can read.
	if (options.forAgent && url.startsWith('data:')) {
		return { json: { ...json, imageUrl: undefined, downloadError: NO_ADDRESS } };
	}
	if (!options.download) return { json };
	try {
		const data = await downloadPicture(store, door, timing, { url, stem, contentType });
		// An address that is the picture itself would only be there twice.
		if (url.startsWith('data:')) delete json.imageUrl;
		json.contentType = data.mimeType;
		json.fileName = data.fileName ?? json.fileName;
		return { json, binary: { [options.field]: data } };
	} catch (error) {
		// The picture is made and paid for; its address is worth more than the failed download.
		json.downloadError = wholeMessage(reasonOf(timing) ?? toTryOnError(error, 'download'));
		return { json };
	}
}

function oneItem(pieces: RowItem[], field: string): RowItem {
	const [first] = pieces;
	const binary: IBinaryKeyData = {};
	pieces.forEach((piece, index) => {
		const data = piece.binary?.[field];
		if (data) binary[index === 0 ? field : `${field}_${index}`] = data;
	});
	const failures = pieces.flatMap(({ json }, index) =>
		typeof json.downloadError === 'string' ? `Picture ${index + 1}: ${json.downloadError}` : [],
	);
	return {
		json: {
			...first?.json,
			imageUrls: pieces.flatMap(({ json }) => json.imageUrl ?? []),
			downloadError: failures.length > 0 ? failures.join(' ') : undefined,
		},
		...(Object.keys(binary).length > 0 && { binary }),
	};
}

/**
 * Makes the items of a finished job: one per picture, or one for all. A failed download is told in
 * the column `downloadError`.
 */
export async function itemsOfPictures(
	store: FileStore,
	{ door, timing }: { door: Door; timing: Timing },
	options: OutputOptions,
	{ pictures, stem: ownStem, common }: PictureBatch,
): Promise<RowItem[]> {
	const { stem = ownStem } = options;
	const bench = { store, door, timing, options };
	const pieces = await Promise.all(
		pictures.map(async (picture, index) => await pieceOf(bench, picture, `${stem}-${index + 1}`)),
	);
	const shaped = options.perPicture
		? pieces.map(({ json, binary }, imageIndex) => ({ json: { ...json, imageIndex }, binary }))
		: [oneItem(pieces, options.field)];
	return shaped.map(({ json, binary }) => ({
		json: withoutUndefined({ ...json, imageCount: pictures.length, ...common }),
		...(binary && { binary }),
	}));
}
