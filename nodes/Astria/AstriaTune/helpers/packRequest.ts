import type { IExecuteFunctions, INodeProperties } from 'n8n-workflow';

import type { Params } from '../../../../lib/astria/api/client';
import { PROMPT_SETTINGS } from '../../../../lib/astria/fields/prompt';
import { PACK_RUN_FIELDS, PACK_TRAIN_FIELDS, TUNE } from '../../../../lib/astria/fields/tune';
import { packPath } from '../../../../lib/astria/packs/calls';
import type { PackRunRequest } from '../../../../lib/astria/packs/run';
import { paramsOf, promptParams } from '../../../../lib/astria/prompts/request';
import type { TuneRequest } from '../../../../lib/astria/tunes/request';
import type { FieldTable, IdsField } from '../../../../lib/fields/field';
import { ADDITIONAL_FIELDS } from '../../../../lib/fields/shared';
import { readField, readValues } from '../../../../lib/fields/values';
import { numbersOf, textOf } from '../../../../lib/json';
import { ADDED, fieldCollection, fieldProperties } from '../../../shared/fieldProperty';
import { collectionReader, readerOf, rowReader } from '../../../shared/row';
import { thePack } from '../../shared/entities';
import { readPromptFields } from '../../shared/promptFields';
import { CHARACTERISTICS_JSON, readAdded, readTunePictures, titled } from './request';

/** What can be added to a run. */
const PACK_ADDED = {
	...PACK_RUN_FIELDS,
	characteristics_json: CHARACTERISTICS_JSON,
	additional_fields: ADDITIONAL_FIELDS,
} as const satisfies FieldTable;

const PROMPT_SETTINGS_NAME = 'promptFields';

/** What is sent only when it is added: for the prompts of the pack, and for the run. */
export const packAddedProperties: INodeProperties[] = [
	{
		...fieldCollection('Prompt Fields', PROMPT_SETTINGS_NAME, PROMPT_SETTINGS),
		description: 'What all prompts of the pack shall have in place of their own settings',
	},
	fieldCollection('Additional Fields', ADDED, PACK_ADDED),
];

/** What a pack runs on. */
export const modeProperty: INodeProperties = {
	displayName: 'Mode',
	name: 'mode',
	type: 'options',
	noDataExpression: true,
	description: 'Whose pictures the prompts of the pack make',
	options: [
		{
			name: 'Train a New Tune',
			value: 'train',
			description: 'Make a tune of your pictures and run the prompts of the pack on it',
		},
		{
			name: 'Use Existing Tunes',
			value: 'reuse',
			description: 'Run the prompts of the pack on tunes that are there already',
		},
	],
	default: 'train',
};

/** Whether the packs of this run run on tunes that exist. */
export function isReuse(context: IExecuteFunctions): boolean {
	return context.getNodeParameter('mode', 0, 'train') === 'reuse';
}

/** Tunes are picked one by one; an expression may give several at once. */
const TUNE_IDS = {
	type: 'ids',
	label: 'Tunes',
	help: TUNE.help,
	required: true,
} as const satisfies IdsField;

/** The parameter for the tunes that a pack runs on. */
export const tunesProperty: INodeProperties = {
	displayName: 'Tunes',
	name: 'tunes',
	type: 'fixedCollection',
	typeOptions: { multipleValues: true },
	default: { tunes: [{ tuneId: { mode: 'list', value: '' } }] },
	placeholder: 'Add Tune',
	description: 'The tunes to run on: a pack for several, such as a person and a dress, takes each',
	options: [{ name: 'tunes', displayName: 'Tune', values: fieldProperties('tuneId', TUNE) }],
};

function readTuneIds(context: IExecuteFunctions, row: number): number[] {
	const listed = readerOf(context.getNodeParameter('tunes', row, {}))('tunes');
	const given: unknown[] = Array.isArray(listed) ? listed : [];
	const values = given.map((entry) => {
		const picked = readerOf(entry)('tuneId');
		return readerOf(picked)('value') ?? picked;
	});
	return readField(TUNE_IDS, values.flat());
}

/** What is changed in all prompts of the pack; nothing when nothing was added. */
async function readOverrides(context: IExecuteFunctions, row: number): Promise<Params> {
	const given = collectionReader(context, row, PROMPT_SETTINGS_NAME);
	const parts = await readPromptFields(context, row, given);
	const overrides = promptParams(parts);
	return Object.keys(overrides).length === 0 ? {} : { prompt_attributes: overrides };
}

async function readShared(context: IExecuteFunctions, row: number): Promise<Params> {
	return {
		...(await readOverrides(context, row)),
		...readAdded(PACK_ADDED, collectionReader(context, row, ADDED)),
	};
}

const runPath = (packId: string) => `${packPath(packId)}/tunes`;

/**
 * Reads a run on a new tune: settings of the first row, pictures of all.
 *
 * @throws InputError
 */
export async function readTrain(
	context: IExecuteFunctions,
	rows: readonly number[],
): Promise<TuneRequest> {
	const [row = 0] = rows;
	const fields: Params = {
		...paramsOf(readValues(PACK_TRAIN_FIELDS, rowReader(context, row))),
		...(await readShared(context, row)),
	};
	const id = thePack.read(context, row);
	const className = textOf(fields.name) ?? '';
	return {
		path: runPath(id),
		pack: { id, className, promptIds: numbersOf(fields.prompt_ids) },
		...titled(fields),
		pictures: await readTunePictures(context, rows, 'images', PACK_TRAIN_FIELDS.images, fields),
		orReuse: false,
	};
}

/**
 * Reads a run on tunes that exist.
 *
 * @param packId read once, since what comes out names the pack that was bought
 * @throws InputError
 */
export async function readReuse(
	context: IExecuteFunctions,
	row: number,
	packId: string,
): Promise<PackRunRequest> {
	const tuneIds = readTuneIds(context, row);
	const fields: Params = { tune_ids: tuneIds, ...(await readShared(context, row)) };
	return { path: runPath(packId), tuneIds, fields };
}
