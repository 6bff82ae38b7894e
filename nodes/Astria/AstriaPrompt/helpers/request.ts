import type { IExecuteFunctions, INodeProperties } from 'n8n-workflow';

import type { JsonObject } from '../../../../lib/astria/api/json';
import type { TuneLookup } from '../../../../lib/astria/models/lookup';
import { checkPrompt, dependsOnFamily } from '../../../../lib/astria/prompts/rules';
import type { PromptRequest } from '../../../../lib/astria/prompts/request';
import {
	parseTextBlock,
	PASTE_LABEL,
	withoutOldShape,
} from '../../../../lib/astria/prompts/textBlock';
import { PROMPT_FIELDS, PROMPT_SETTINGS } from '../../../../lib/astria/fields/prompt';
import { PROMPT_RUN_OPTIONS } from '../../../../lib/astria/fields/promptRun';
import { readField } from '../../../../lib/fields/coerce';
import type { FieldTable } from '../../../../lib/fields/field';
import { ADDITIONAL_FIELDS } from '../../../../lib/fields/shared';
import { type Picture, readPictureAddress, withoutDataUri } from '../../../../lib/media/picture';
import { addedCollection, fieldProperties, panelProperties } from '../../../shared/fieldProperty';
import { collectionReader, fieldReader } from '../../../shared/readFields';
import { theTune } from '../../shared/entities';
import { fileRules } from '../../shared/files';
import { type PromptParts, readPromptFields } from '../../shared/promptFields';
import { placeReferences, readReferences, referencesProperty } from './references';

const FIELDS: FieldTable = PROMPT_FIELDS;

/** The parameter that takes a whole text block. */
const pasteProperty: INodeProperties = {
	displayName: PASTE_LABEL,
	name: 'text_block',
	type: 'string',
	typeOptions: { rows: 6 },
	default: '',
	placeholder: 'e.g. ohwx woman wearing a red dress',
	description:
		"A prompt as Astria's site copies it: its text, then lines such as num_images=4. It fills every setting that it names; what is set in this node wins over it.",
};

const textProperties = fieldProperties('text', PROMPT_FIELDS.text);

/** What of a prompt's settings stands on the panel. */
const panel = panelProperties(PROMPT_SETTINGS);

/** The other settings of a prompt, and the fields of tomorrow. */
export const addedProperties: INodeProperties[] = [
	addedCollection({ ...PROMPT_SETTINGS, additional_fields: ADDITIONAL_FIELDS }),
];

/** What may be said otherwise of a prompt that exists. */
export const overrideProperties: INodeProperties[] = [...textProperties, ...panel];

/** What a prompt is made of. */
export const promptProperties: INodeProperties[] = [
	...theTune.properties,
	...textProperties,
	referencesProperty,
	...panel,
	pasteProperty,
];

/** Whether a row's prompt must not be taken for an older one. */
export function readDistinct(context: IExecuteFunctions, row: number): boolean {
	const { distinct } = PROMPT_RUN_OPTIONS;
	return readField(distinct, collectionReader(context, row, 'options')('distinct')) !== false;
}

/** What the fields of a row say. */
interface OwnParts extends PromptParts {
	/** Laid over everything else. */
	additional: JsonObject;
}

/**
 * Reads what is set in the node itself.
 *
 * @throws InputError
 */
export async function readOwnParts(context: IExecuteFunctions, row: number): Promise<OwnParts> {
	const parameter = fieldReader(context, row);
	const additional = readField(ADDITIONAL_FIELDS, parameter('additional_fields')) ?? {};
	return { ...(await readPromptFields(context, row, parameter)), additional };
}

/** Reads what a pasted text block says. @throws InputError */
async function readBlock(context: IExecuteFunctions, row: number): Promise<PromptParts> {
	const given: unknown = context.getNodeParameter('text_block', row, '');
	const { text, values, addresses } = parseTextBlock(typeof given === 'string' ? given : '');
	const files: Record<string, Picture[]> = {};
	for (const [name, list] of Object.entries(addresses)) {
		const field = FIELDS[name];
		if (field?.type !== 'picture') continue;
		const rules = fileRules({ ...field, label: `${PASTE_LABEL}: ${field.label}` });
		const pictures = list.map((address) => readPictureAddress(rules, address));
		files[name] =
			field.inlineName === undefined
				? await Promise.all(pictures.map(async (picture) => withoutDataUri(rules, picture)))
				: pictures;
	}
	return { values: { ...(text !== undefined && { text }), ...values }, files };
}

/**
 * Reads and checks all that a row asks for.
 *
 * @throws InputError
 */
export async function readPromptRequest(
	context: IExecuteFunctions,
	row: number,
	lookup: TuneLookup,
): Promise<PromptRequest> {
	const tuneId = theTune.read(context, row);
	const block = await readBlock(context, row);
	const own = await readOwnParts(context, row);
	const references = await readReferences(context, row, lookup);
	const said = { ...withoutOldShape(block.values, own.values), ...own.values };
	const values: JsonObject = {
		...said,
		...placeReferences(said, references),
		...own.additional,
	};
	const files = { ...block.files, ...own.files };
	const draft = { values, files: new Set(Object.keys(files)) };
	checkPrompt(draft, dependsOnFamily(draft) ? await lookup.familyOf(tuneId) : undefined);
	const distinct = readDistinct(context, row);
	return { target: { kind: 'tune', tuneId }, values, files, distinct };
}
