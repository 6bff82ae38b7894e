import type { IExecuteFunctions, INodeProperties } from 'n8n-workflow';

import { textOf } from '../../../../lib/astria/api/json';
import type { TuneLookup } from '../../../../lib/astria/models/lookup';
import { type Reference, withReferences } from '../../../../lib/astria/prompts/tokens';
import { REFERENCE_FIELDS } from '../../../../lib/astria/fields/references';
import { readValues } from '../../../../lib/fields/values';
import { tableProperties } from '../../../shared/fieldProperty';
import { readerOf } from '../../../shared/readFields';

const LABEL = 'References';

/** The texts of a prompt that take tokens. */
const TEXTS = ['text', 'video_prompt'] as const;

/** A reference, and which text gets its token. */
interface PlacedReference extends Reference {
	into: string;
}

/** The tunes that a prompt refers to. */
export const referencesProperty: INodeProperties = {
	displayName: LABEL,
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

async function readReference(lookup: TuneLookup, given: unknown): Promise<PlacedReference> {
	const values = readValues(REFERENCE_FIELDS, readerOf(given));
	const { tune: tuneId, kind = REFERENCE_FIELDS.kind.default, class_name: word } = values;
	const className =
		word ?? (kind === 'faceid' ? textOf((await lookup.named(LABEL, tuneId)).name) : undefined);
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
export async function readReferences(
	context: IExecuteFunctions,
	row: number,
	lookup: TuneLookup,
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
export function placeReferences(
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
		if (meant.length > 0) texts[name] = withReferences(text, meant);
	}
	return texts;
}
