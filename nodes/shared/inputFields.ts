import type { IDataObject, IExecuteFunctions, INodeProperties } from 'n8n-workflow';

import { readField } from '../../lib/fields/coerce';
import { RUN_OPTIONS } from '../../lib/fields/shared';
import type { RowItem } from './errorRow';
import { optionsCollection } from './fieldProperty';
import type { Output } from './operation';
import { collectionReader } from './readFields';

/**
 * Columns that say that a row has failed: n8n would take a good row for a bad one by them, and run
 * the node again where Retry On Fail is on.
 */
const OF_FAILURES = new Set(['error', 'details']);

const { includeInputFields } = RUN_OPTIONS;

/** The options of an operation that asks nothing else of the node. */
export const inputFieldsProperty: INodeProperties = optionsCollection({ includeInputFields });

/** What comes out in addition. */
export const INPUT_OUTPUT: Output = {
	when: `in addition with *${includeInputFields.label}*`,
	columns: {
		'…': {
			meaning:
				"The row's own columns, but for `error` and `details` of an earlier failure. Where the names are the same, the columns above win",
		},
	},
};

/**
 * How the good rows of this run keep what they came with. It is asked for once, before anything is
 * paid.
 *
 * @returns adds the columns of a row of the input to an item, whose own columns win
 */
export function inputKeeper(context: IExecuteFunctions): (row: number, item: RowItem) => RowItem {
	if (!includesInput(context)) return (_row, item) => item;
	const rows = context.getInputData();
	return (row, item) => withColumns(rows[row]?.json ?? {}, item);
}

/** Whether the good rows of this run keep what they came with. */
export function includesInput(context: IExecuteFunctions): boolean {
	const given = collectionReader(context, 0, 'options')('includeInputFields');
	return readField(includeInputFields, given) === true;
}

/** An item with the columns of its row; its own win. */
export function withColumns(row: IDataObject, item: RowItem): RowItem {
	const kept = Object.entries(row).filter(([name]) => !OF_FAILURES.has(name));
	return { ...item, json: { ...Object.fromEntries(kept), ...item.json } };
}
