import type { IExecuteFunctions, INodeProperties } from 'n8n-workflow';

import { idOf } from '../../../../lib/astria/api/entity';
import {
	COPIED_SETTINGS,
	PASTED_SETTINGS,
	PROMPT_FIELDS,
	PROMPT_SETTINGS,
	REFERENCE_FIELDS,
} from '../../../../lib/astria/fields/prompt';
import { PROMPT_RUN_OPTIONS } from '../../../../lib/astria/fields/promptRun';
import { TUNE } from '../../../../lib/astria/fields/tune';
import type { Lookup } from '../../../../lib/astria/models/catalog';
import {
	checkPrompt,
	dependsOnFamily,
	type PromptRequest,
} from '../../../../lib/astria/prompts/request';
import {
	parseTextBlock,
	PASTE_LABEL,
	type Reference,
	type ReferenceKind,
	withoutOldShape,
	withTokens,
} from '../../../../lib/astria/prompts/text';
import type { Tune } from '../../../../lib/astria/tunes/tune';
import { MOCK } from '../../../../lib/astria/tunes/tune';
import { InputError } from '../../../../lib/errors';
import type { FieldTable } from '../../../../lib/fields/field';
import { ADDITIONAL_FIELDS } from '../../../../lib/fields/shared';
import { readField, readValues } from '../../../../lib/fields/values';
import { type JsonObject, textOf } from '../../../../lib/json';
import { type Picture, readPictureAddress, withoutDataUri } from '../../../../lib/media/picture';
import {
	addedCollection,
	fieldProperties,
	panelProperties,
	tableProperties,
} from '../../../shared/fieldProperty';
import { addressRules } from '../../../shared/pictures';
import { collectionReader, fieldReader, readerOf } from '../../../shared/row';
import { theTune } from '../../shared/entities';
import { fileRules, type PromptParts, readPromptFields } from '../../shared/promptFields';

const REFERENCES_LABEL = 'References';

/** The texts of a prompt that take tokens. */
const TEXTS = ['text', 'video_prompt'] as const;

/** A reference, and which text gets its token. */
interface PlacedReference extends Reference {
	into: string;
}

/** The tunes that a prompt refers to. */
const referencesProperty: INodeProperties = {
	displayName: REFERENCES_LABEL,
	name: 'references',
	type: 'fixedCollection',
	typeOptions: { multipleValues: true, sortable: true },
	default: {},
	placeholder: 'Add Reference',
	description:
		'Persons, garments and styles to show. Each becomes a token such as &lt;faceid:123:1&gt; in front of the text.',
	options: [
		{
			name: 'reference',
			displayName: 'Reference',
			values: tableProperties(REFERENCE_FIELDS),
		},
	],
};

/** What each kind of tune is called on Astria's site; SDXL's trainings are loaded as LoRAs are. */
const KIND_OF_TYPE: Readonly<Record<string, ReferenceKind>> = {
	faceid: 'faceid',
	lora: 'lora',
	pti: 'lora',
};

/**
 * How a tune takes part in a prompt: a token of another kind shows nothing of it, and is paid.
 *
 * @throws InputError when the tune is not what was said of it, or nothing that a token can name
 */
function kindOf(tune: Tune | undefined, said: ReferenceKind | 'automatic'): ReferenceKind {
	if (tune === undefined && said !== 'automatic') return said;
	const type = textOf(tune?.model_type);
	const is = type === undefined ? undefined : KIND_OF_TYPE[type];
	const wanted = said === 'automatic' ? is : said;
	if (wanted !== undefined && wanted === is) return wanted;
	const named = `names tune ${String(idOf(tune))}`;
	const { label, options } = REFERENCE_FIELDS.kind;
	if (wanted !== undefined && is !== undefined) {
		throw new InputError(
			REFERENCES_LABEL,
			`${named} as ${options[wanted].label}, but it is a ${options[is].label}`,
			`Set '${label}' to ${options.automatic.label}.`,
		);
	}
	// A mock, or a type of tomorrow, is what the user says.
	const isModel = type === undefined && textOf(tune?.branch) !== MOCK;
	if (wanted !== undefined && !isModel) return wanted;
	throw new InputError(
		REFERENCES_LABEL,
		`${named}, which is neither a ${options.faceid.label} nor a ${options.lora.label}`,
		isModel
			? `A whole model is no reference: choose it as the '${TUNE.label}' of the prompt, or pick another one here.`
			: `Set its '${label}' to how it was made.`,
	);
}

async function readReference(lookup: Lookup, given: unknown): Promise<PlacedReference> {
	const values = readValues(REFERENCE_FIELDS, readerOf(given));
	const { tune: tuneId, kind: said, class_name: word } = values;
	// Astria shows the tunes of one workspace: of another one's, all that a token needs may be said.
	const isSaid = said === 'lora' || (said === 'faceid' && word !== undefined);
	const tune = isSaid ? await lookup.ifThere(tuneId) : await lookup.named(REFERENCES_LABEL, tuneId);
	const kind = kindOf(tune, said);
	const className = word ?? (kind === 'faceid' ? textOf(tune?.name) : undefined);
	return {
		tuneId,
		kind,
		weight: values.weight ?? REFERENCE_FIELDS.weight.default,
		into: values.into ?? REFERENCE_FIELDS.into.default,
		...(className !== undefined && { className }),
	};
}

/**
 * Reads the references of a row, and the classes of those that come without a word.
 *
 * @throws InputError
 */
async function readReferences(
	context: IExecuteFunctions,
	row: number,
	lookup: Lookup,
): Promise<PlacedReference[]> {
	const listed = readerOf(context.getNodeParameter('references', row, {}))('reference');
	const references: PlacedReference[] = [];
	for (const given of Array.isArray(listed) ? listed : []) {
		references.push(await readReference(lookup, given));
	}
	return references;
}

/**
 * Puts references into the texts of a prompt. Where neither text is filled in, the picture's text
 * is made of them.
 *
 * @param values of the prompt, by API name
 * @returns the texts that have changed, by API name
 */
function placeReferences(
	values: Readonly<Record<string, unknown>>,
	references: readonly PlacedReference[],
): Record<string, string> {
	const texts: Record<string, string> = {};
	for (const name of TEXTS) {
		const text = textOf(values[name]) ?? '';
		const isOnly = name === 'text' && textOf(values.video_prompt) === undefined;
		const meant = references.filter(
			({ into }) => into === name || (into === 'both' && (text !== '' || isOnly)),
		);
		if (meant.length > 0) texts[name] = withTokens(text, meant);
	}
	return texts;
}

const FIELDS: FieldTable = PROMPT_FIELDS;

/** Its value may come from a look-up, as a list of one. */
const PASTE = { type: 'text', label: PASTE_LABEL, help: '' } as const;

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

/** The other settings of a prompt, and the fields of tomorrow. */
export const addedProperties: INodeProperties[] = [
	addedCollection({ ...PROMPT_SETTINGS, additional_fields: ADDITIONAL_FIELDS }),
];

/** What may be said otherwise of a prompt that exists. */
export const overrideProperties: INodeProperties[] = [
	...textProperties,
	...panelProperties(COPIED_SETTINGS),
];

/** What a prompt is made of. */
export const promptProperties: INodeProperties[] = [
	...theTune.properties,
	...textProperties,
	referencesProperty,
	...panelProperties(PASTED_SETTINGS),
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
	const { text, values, addresses } = parseTextBlock(readField(PASTE, given) ?? '');
	const files: Record<string, Picture[]> = {};
	for (const [name, list] of Object.entries(addresses)) {
		const field = FIELDS[name];
		if (field?.type !== 'picture') continue;
		const label = `${PASTE_LABEL}: ${field.label}`;
		const rules = addressRules(context, fileRules({ ...field, label }));
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
	lookup: Lookup,
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
