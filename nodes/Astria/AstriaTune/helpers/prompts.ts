import type { IExecuteFunctions, INodeProperties } from 'n8n-workflow';

import type { Params } from '../../../../lib/astria/api/encode';
import { isObject } from '../../../../lib/astria/api/json';
import { paramsOf, promptParams } from '../../../../lib/astria/prompts/request';
import { checkPrompt } from '../../../../lib/astria/prompts/rules';
import { InputError } from '../../../../lib/errors';
import { NESTED_PROMPT_FIELDS } from '../../../../lib/astria/fields/prompt';
import { readField } from '../../../../lib/fields/coerce';
import { fieldCollection, fieldProperties } from '../../../shared/fieldProperty';
import { readerOf } from '../../../shared/readFields';
import { readPromptGroups } from '../../shared/promptGroups';

const { text: TEXT, lora_scale: LORA_SCALE, ...FIELDS } = NESTED_PROMPT_FIELDS;

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
		description: 'What to make as soon as the tune is trained. Each prompt is charged.',
		options: [
			{
				name: 'prompts',
				displayName: 'Prompt',
				values: [
					...fieldProperties('text', TEXT),
					fieldCollection('Fields', 'fields', { ...FIELDS, lora_scale: LORA_SCALE }),
				],
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
	const parameter = readerOf(given);
	const fields = parameter('fields');
	const { values, files } = await readPromptGroups(context, row, () => fields);
	const text = readField(TEXT, parameter('text'));
	const lora_scale = readField(LORA_SCALE, readerOf(fields)('lora_scale'));
	const own = {
		...(text !== undefined && { text }),
		...values,
		...(lora_scale !== undefined && { lora_scale }),
	};
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
export async function readPrompts(context: IExecuteFunctions, row: number): Promise<Params[]> {
	const listed = readerOf(context.getNodeParameter('prompts', row, {}))('prompts');
	const prompts: Params[] = [];
	for (const given of Array.isArray(listed) ? listed : []) {
		prompts.push(await readPrompt(context, row, given));
	}
	return [...prompts, ...readJson(context.getNodeParameter('prompts_json', row, ''))];
}
