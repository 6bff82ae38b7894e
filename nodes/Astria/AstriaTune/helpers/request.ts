import type { IExecuteFunctions, INodeProperties } from 'n8n-workflow';

import type { Params } from '../../../../lib/astria/api/client';
import { NESTED_PROMPT_FIELDS } from '../../../../lib/astria/fields/prompt';
import { TUNE_FIELDS } from '../../../../lib/astria/fields/tune';
import { checkPrompt, paramsOf, promptParams } from '../../../../lib/astria/prompts/request';
import {
	distinctPictures,
	isCaption,
	type TuneRequest,
} from '../../../../lib/astria/tunes/request';
import { InputError } from '../../../../lib/errors';
import type { FieldTable, JsonField, PictureField } from '../../../../lib/fields/field';
import { ADDITIONAL_FIELDS } from '../../../../lib/fields/shared';
import {
	isUnset,
	oneLine,
	type ParameterReader,
	readField,
	readValues,
} from '../../../../lib/fields/values';
import { isObject, objectOf, textOf } from '../../../../lib/json';
import { type Picture, withoutDataUri } from '../../../../lib/media/picture';
import { aboutOneRow } from '../../../shared/errorRow';
import { fieldCollection, fieldProperties, tableProperties } from '../../../shared/fieldProperty';
import { readPictures } from '../../../shared/pictures';
import { collectionReader, readerOf, rowReader } from '../../../shared/row';
import { fileRules, readPromptFields } from '../../shared/promptFields';

const { text: TEXT, ...FIELDS } = NESTED_PROMPT_FIELDS;

const JSON_LABEL = 'Prompts (JSON)';

/** The prompts that Astria runs as soon as the tune is trained. */
export const promptsProperties: INodeProperties[] = [
	{
		displayName: 'Prompts',
		name: 'prompts',
		type: 'fixedCollection',
		typeOptions: { multipleValues: true },
		default: {},
		placeholder: 'Add Prompt',
		description:
			'What to make as soon as the tune is trained. Each prompt is charged. A tune that is reused makes none of them.',
		options: [
			{
				name: 'prompts',
				displayName: 'Prompt',
				values: [...fieldProperties('text', TEXT), fieldCollection('Fields', 'fields', FIELDS)],
			},
		],
	},
	{
		displayName: JSON_LABEL,
		name: 'prompts_json',
		type: 'json',
		default: '[]',
		description: 'Further prompts, as a list of objects with the fields of the API',
	},
];

async function readPrompt(
	context: IExecuteFunctions,
	row: number,
	given: unknown,
): Promise<Params> {
	const { text, fields } = objectOf(given);
	const parameter = readerOf({ ...objectOf(fields), text });
	const { values, files } = await readPromptFields(context, row, parameter);
	const own = { ...values, ...readValues({ lora_scale: FIELDS.lora_scale }, parameter) };
	checkPrompt({ values: own, files: new Set(Object.keys(files)) }, undefined);
	return promptParams({ values: own, files });
}

/** A list of prompts, or a single one, as JSON text or from an expression. */
function readJson(value: unknown): Params[] {
	if (isUnset(value)) return [];
	let parsed: unknown = value;
	if (typeof value === 'string') {
		try {
			parsed = JSON.parse(value);
		} catch {
			parsed = undefined;
		}
	}
	const list: unknown[] = Array.isArray(parsed) ? parsed : [parsed];
	const prompts = list.filter(isObject);
	if (prompts.length === list.length) return prompts.map(paramsOf);
	throw new InputError(
		JSON_LABEL,
		'is no list of JSON objects',
		'Use a list such as [{ "text": "ohwx woman" }].',
	);
}

/**
 * Reads the prompts that come with a tune: those of the form, then those of the JSON.
 *
 * @throws InputError
 */
async function readNestedPrompts(context: IExecuteFunctions, row: number): Promise<Params[]> {
	const listed = readerOf(context.getNodeParameter('prompts', row, {}))('prompts');
	const prompts: Params[] = [];
	for (const given of Array.isArray(listed) ? listed : []) {
		prompts.push(await readPrompt(context, row, given));
	}
	return [...prompts, ...readJson(context.getNodeParameter('prompts_json', row, ''))];
}

const { title, name, images, base_tune_id, model_type, ...MORE } = TUNE_FIELDS;

/** Fields that are always there to be filled in. */
const FIRST = { title, name, images, base_tune_id, model_type } as const satisfies FieldTable;

/** Characteristics in one piece, beside those in pairs; both go into the same field. */
export const CHARACTERISTICS_JSON: JsonField = {
	type: 'json',
	label: 'Characteristics (JSON)',
	help: 'The same as a JSON object, such as what Inspect gave. Its entries win over those above.',
};

/** Fields that are sent only when they are added. */
const ADDED = {
	...MORE,
	characteristics_json: CHARACTERISTICS_JSON,
	additional_fields: ADDITIONAL_FIELDS,
} as const satisfies FieldTable;

/** Those that are read of the first row alone. */
const { image_captions: CAPTIONS, ...OTHERS } = ADDED;

/** The fields of a tune. */
export const tuneProperties: INodeProperties[] = [
	...tableProperties(FIRST),
	fieldCollection('Additional Fields', 'additionalFields', ADDED),
];

/**
 * Reads a table of added fields; the two ways to give characteristics become one, and the
 * additional fields are laid over the rest.
 *
 * @throws InputError
 */
export function readAdded(table: FieldTable, parameter: ParameterReader): Params {
	const values = readValues(table, parameter);
	const { characteristics, characteristics_json, additional_fields, ...others } = values;
	const traits = { ...objectOf(characteristics), ...objectOf(characteristics_json) };
	return paramsOf({
		...others,
		...(Object.keys(traits).length > 0 && { characteristics: traits }),
		...objectOf(additional_fields),
	});
}

/** The title, in one line also where it is of the additional fields, and the fields with it. */
export function titled(fields: Params): Pick<TuneRequest, 'title' | 'fields'> {
	const { title: given } = fields;
	const title = oneLine(typeof given === 'number' ? String(given) : (textOf(given) ?? ''));
	return { title, fields: { ...fields, title } };
}

/**
 * Reads and checks all that a tune is made from: settings of the first row, pictures of all.
 *
 * @throws InputError
 */
export async function readTuneRequest(
	context: IExecuteFunctions,
	rows: readonly number[],
): Promise<TuneRequest> {
	const [row = 0] = rows;
	const prompts = await readNestedPrompts(context, row);
	const others = readAdded(OTHERS, collectionReader(context, row, 'additionalFields'));
	const captions = others.image_captions === undefined ? await readCaptions(context, rows) : [];
	const [first] = captions;
	const fields: Params = {
		...paramsOf(readValues(FIRST, rowReader(context, row))),
		...(prompts.length > 0 && { prompts_attributes: prompts }),
		// Pictures that Astria has already are named by the first row, and not counted here.
		...(first && { image_captions: first.lines }),
		...others,
	};
	const pictures = await readTunePictures(context, rows, 'images', images, fields);
	const isCounted = captions.length > 0 && pictures.length > 0;
	return {
		path: '/tunes',
		...titled({ ...fields, ...(isCounted && { image_captions: matched(captions, pictures) }) }),
		pictures,
		orReuse: false,
	};
}

/** Fields in which pictures that Astria has already can be named, as a JSON object has them. */
const OWN_PICTURES = ['images', 'image_urls'];

/** The item that each picture of a tune came from. */
const rowOfPicture = new WeakMap<Picture, number>();

/** What is wrong with one item is said of that one, where several make a tune. */
async function aboutItem<T>(
	rows: readonly number[],
	row: number,
	work: () => Promise<T>,
): Promise<T> {
	return await (rows.length > 1 ? aboutOneRow(row, work) : work());
}

/**
 * Does something about a picture that {@link readTunePictures} has read; whatever goes wrong is said
 * of the item that it came from.
 *
 * @throws TryOnError
 */
export async function aboutPicture<T>(
	rows: readonly number[],
	picture: Picture,
	work: () => Promise<T>,
): Promise<T> {
	return await aboutItem(rows, rowOfPicture.get(picture) ?? rows[0] ?? 0, work);
}

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
		await aboutItem(rows, row, async () => {
			for (const given of await readPictures(context, row, name, rules)) {
				const picture = await withoutDataUri(rules, given);
				rowOfPicture.set(picture, row);
				pictures.push(picture);
			}
		});
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

/** Captions of a row's pictures. */
interface RowCaptions {
	row: number;
	lines: string[];
}

/** The captions of all rows that make a tune; those without any have none. @throws InputError */
async function readCaptions(
	context: IExecuteFunctions,
	rows: readonly number[],
): Promise<RowCaptions[]> {
	const read = async (row: number): Promise<RowCaptions> =>
		await aboutItem(rows, row, async () => {
			const given = collectionReader(context, row, 'additionalFields')('image_captions');
			return { row, lines: readField(CAPTIONS, given) ?? [] };
		});
	const all = await Promise.all(rows.map(read));
	return all.some(({ lines }) => lines.length > 0) ? all : [];
}

/**
 * The captions in the order of the pictures: those of each row beside its pictures, or one list for
 * all, as a text gives it that is the same in every row.
 *
 * @throws InputError about the row that has not as many as it has pictures: each would be of another
 */
function matched(captions: readonly RowCaptions[], pictures: readonly Picture[]): string[] {
	const shown = pictures.filter((picture) => !isCaption(picture));
	const countOf = (row: number) => shown.filter((one) => rowOfPicture.get(one) === row).length;
	const bad = captions.find(({ row, lines }) => lines.length !== countOf(row));
	if (!bad) return captions.flatMap(({ lines }) => lines);
	const given = captions.map(({ lines }) => lines).filter((lines) => lines.length > 0);
	const [list = []] = given;
	const isOfAll = given.every((lines) => lines.join('\n') === list.join('\n'));
	if (isOfAll && list.length === shown.length) return list;
	const [has, takes] = [bad.lines.length, countOf(bad.row)];
	const error = new InputError(
		CAPTIONS.label,
		`has ${has} ${has === 1 ? 'caption' : 'captions'} for ${takes} ${takes === 1 ? 'picture' : 'pictures'}`,
		'Give each picture one, in the order of the pictures, or leave all of them out.',
	);
	throw captions.length > 1 ? error.add({ itemIndex: bad.row }) : error;
}
