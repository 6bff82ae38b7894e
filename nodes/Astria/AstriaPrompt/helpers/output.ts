import type { IDataObject, IExecuteFunctions, INodeProperties } from 'n8n-workflow';

import { addressesOf } from '../../../../lib/astria/api/entity';
import { isGone } from '../../../../lib/astria/api/errors';
import { PROMPT_EXPANSIONS } from '../../../../lib/astria/fields/promptRun';
import type { Lookup } from '../../../../lib/astria/models/catalog';
import { type Prompt, referencesOf } from '../../../../lib/astria/prompts/prompt';
import type { Tune } from '../../../../lib/astria/tunes/tune';
import { toTryOnError } from '../../../../lib/errors';
import type { OptionsField } from '../../../../lib/fields/field';
import { readField } from '../../../../lib/fields/values';
import { textOf } from '../../../../lib/json';
import type { Columns, Output } from '../../../shared/operation';
import { ONE_ITEM_OUTPUT } from '../../../shared/pictures';
import { INPUT_OUTPUT, SEED_COLUMN } from '../../../shared/row';
import { waitedOutputProperties, waitingOutput, waitProperties } from '../../../shared/wait';
import { asData, madeColumns, PROMPT_COLUMNS, RECOVERED } from '../../shared/output';

/** The parameters about waiting and about what comes out then. */
export const promptWaitProperties: INodeProperties[] = [
	...waitProperties({ service: 'Astria', things: 'the pictures', mayNotWait: true }),
	...waitedOutputProperties,
];

/** Of a prompt in a list. */
export const summaryColumns = (): Columns => ({
	...PROMPT_COLUMNS,
	imageUrl: { meaning: 'Address of its first picture, once there is one', optional: true },
	imageUrls: { meaning: 'Addresses of all its pictures' },
	imageCount: { meaning: 'How many they are' },
	referenceTuneIds: { meaning: 'The tunes that its text names, in their order' },
	input: {
		meaning:
			'All that was asked for, as Astria shows it: not the pictures that it was given, such as an *Input Image*',
	},
});

/**
 * What comes out of an operation that makes prompts.
 *
 * @param more further columns, waited for or not
 */
export const madePromptOutputs = (more: Columns = {}): Output[] => [
	{
		columns: {
			...madeColumns(),
			recovered: RECOVERED,
			warning: { meaning: 'Only when the prompt did not get into its workspace', optional: true },
			...more,
		},
	},
	ONE_ITEM_OUTPUT,
	{
		when: "with *Wait* set to *Don't Wait*",
		columns: {
			promptId: PROMPT_COLUMNS.promptId,
			tuneId: PROMPT_COLUMNS.tuneId,
			status: { meaning: '`IN_QUEUE`' },
			seed: SEED_COLUMN,
			recovered: RECOVERED,
			...more,
		},
	},
	waitingOutput({ promptId: PROMPT_COLUMNS.promptId, tuneId: PROMPT_COLUMNS.tuneId, ...more }),
	INPUT_OUTPUT,
];

/** One of the things that Astria shows only when it is asked for them. */
const EXPANSION = {
	type: 'options',
	label: 'Expand',
	help: 'What to ask for beside the usual.',
	options: PROMPT_EXPANSIONS,
	ofNode: true,
} as const satisfies OptionsField;

/** What else Astria is asked to show of a prompt. */
export const expandProperty: INodeProperties = {
	displayName: EXPANSION.label,
	name: 'expand',
	type: 'multiOptions',
	default: [],
	options: Object.entries(EXPANSION.options).map(([value, { label, help }]) => ({
		name: label,
		value,
		description: help,
	})),
	description: 'What to ask for beside the usual',
};

export const EXPANDED_COLUMNS: Columns = {
	'…': { meaning: 'What *Expand* asks for, under the names of Astria', optional: true },
};

/** The values of `expand[]` that a row asks for. @throws InputError when one is none of them */
export function readExpand(context: IExecuteFunctions, row: number): string[] {
	// An expression may make a text of them, with commas or lines.
	const several = { type: 'lines', label: EXPANSION.label, help: '' } as const;
	const lines = readField(several, context.getNodeParameter('expand', row, [])) ?? [];
	const wanted = lines.flatMap((line) => line.split(','));
	return [...new Set(wanted.flatMap((word) => readField(EXPANSION, word) ?? []))];
}

/** What Astria has shown of it, under Astria's own names. */
export function expansionsOf({ json }: Prompt, expand: readonly string[]): IDataObject {
	const wanted = Object.entries(json).filter(([name]) => expand.includes(name));
	return asData(Object.fromEntries(wanted));
}

/** What is told of the tunes that a prompt's text names. */
export const REFERENCE_COLUMNS = {
	referenceTitles: { meaning: 'Titles of the tunes that the text names and Astria still has' },
	referenceImages: { meaning: 'Addresses of the pictures that these were made from' },
	referenceError: { meaning: 'Why one could not be looked up; only then', optional: true },
} as const satisfies Columns;

/** Tunes are deleted 30 days after their training, and temporary ones by Dress a Person. */
async function lookUp(tune: Promise<Tune>): Promise<{ tune?: Tune; trouble?: string }> {
	try {
		return { tune: await tune };
	} catch (error) {
		return isGone(error) ? {} : { trouble: toTryOnError(error, 'result').message };
	}
}

/** Looks up what a prompt was made from; trouble with it is told beside what the list shows. */
export async function referenceColumns(lookup: Lookup, prompt: Prompt): Promise<IDataObject> {
	const asked = referencesOf(prompt).map(async (id) => await lookUp(lookup.get(id)));
	const found = await Promise.all(asked);
	const tunes = found.map(({ tune }) => tune).filter((tune) => tune !== undefined);
	const [referenceError] = found.flatMap(({ trouble }) => trouble ?? []);
	return {
		referenceTitles: tunes.flatMap(({ title }) => textOf(title) ?? []),
		referenceImages: tunes.flatMap(({ orig_images: images }) => addressesOf(images)),
		...(referenceError !== undefined && { referenceError }),
	};
}
