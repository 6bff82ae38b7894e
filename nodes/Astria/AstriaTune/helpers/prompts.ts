import type { IExecuteFunctions, INodeProperties } from 'n8n-workflow';

import type { Params } from '../../../../lib/astria/api/client';
import { NESTED_PROMPT_FIELDS } from '../../../../lib/astria/fields/prompt';
import { checkPrompt, paramsOf, promptParams } from '../../../../lib/astria/prompts/request';
import { InputError } from '../../../../lib/errors';
import { readValues } from '../../../../lib/fields/values';
import { isObject, objectOf } from '../../../../lib/json';
import { fieldCollection, fieldProperties } from '../../../shared/fieldProperty';
import { readerOf } from '../../../shared/row';
import { readPromptFields } from '../../shared/promptFields';

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
	let parsed: unknown = value;
	if (typeof value === 'string' && value.trim() !== '') {
		try {
			parsed = JSON.parse(value);
		} catch {
			parsed = undefined;
		}
	}
	const list: unknown[] = Array.isArray(parsed) ? parsed : [parsed];
	const prompts = list.filter(isObject);
	if (prompts.length === list.length) return prompts.map(paramsOf);
	if (value === undefined || value === null || value === '') return [];
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
export async function readNestedPrompts(
	context: IExecuteFunctions,
	row: number,
): Promise<Params[]> {
	const listed = readerOf(context.getNodeParameter('prompts', row, {}))('prompts');
	const prompts: Params[] = [];
	for (const given of Array.isArray(listed) ? listed : []) {
		prompts.push(await readPrompt(context, row, given));
	}
	return [...prompts, ...readJson(context.getNodeParameter('prompts_json', row, ''))];
}
