import type { IExecuteFunctions, INodeProperties } from 'n8n-workflow';

import { timeOf } from '../../../lib/astria/api/body';
import { ALL, type Query } from '../../../lib/astria/api/client';
import type { Selection } from '../../../lib/astria/api/pages';
import { PACK, PROMPT, SELECTION } from '../../../lib/astria/fields/entities';
import { TUNE } from '../../../lib/astria/fields/tune';
import type { FieldTable } from '../../../lib/fields/field';
import { readField, readValues } from '../../../lib/fields/values';
import { entityOf, limitProperties, readLimit } from '../../shared/eachRow';
import { fieldProperties, filterCollection } from '../../shared/fieldProperty';
import { collectionReader } from '../../shared/row';

/** The tune that an operation is about; the node has `searchTunes`. */
export const theTune = entityOf('tuneId', TUNE, (given) => readField(TUNE, given));

/**
 * The parameters for it where an operation says more of it.
 *
 * @param what such as "delete: one of your account"
 */
export const tuneTo = (what: string): INodeProperties[] =>
	fieldProperties('tuneId', { ...TUNE, help: `The tune to ${what}.` });

/** The prompt that an operation is about; the node has `searchPrompts`. */
export const thePrompt = entityOf('promptId', PROMPT, (given) => readField(PROMPT, given));

/** The pack that an operation is about; the node has `searchPacks`. */
export const thePack = entityOf('packId', PACK, (given) => readField(PACK, given));

/** The parameters that say which part of a list is wanted. */
export const selectionProperties = (filters: FieldTable): INodeProperties[] => [
	...limitProperties,
	filterCollection({ ...filters, ...SELECTION }),
];

/**
 * Reads which part of a list a row wants. A switch that is off asks for nothing.
 *
 * @param read reads the list's own filters
 * @throws InputError
 */
export function readSelection(
	context: IExecuteFunctions,
	row: number,
	read: (parameter: (name: string) => unknown) => Query,
): Selection {
	const parameter = collectionReader(context, row, 'filters');
	const { start, end, all_workspaces: everywhere } = readValues(SELECTION, parameter);
	const asked = Object.entries(read(parameter)).filter(([, value]) => value !== false);
	return {
		filters: Object.fromEntries(asked),
		...(everywhere === true && { workspace: ALL }),
		start: timeOf(start),
		end: timeOf(end),
		limit: readLimit(context, row),
	};
}
