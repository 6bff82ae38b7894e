import type { IExecuteFunctions, INodeProperties } from 'n8n-workflow';

import { TUNE_FIELDS } from '../../../../lib/astria/fields/tune';
import { readField } from '../../../../lib/fields/values';

/** Which items make a tune. */
const CHOICES = [
	{
		name: 'All Items Together',
		value: 'all',
		description: 'One tune from the pictures of all items; its settings are those of the first',
	},
	{ name: 'Each Item', value: 'item', description: 'One tune from each item' },
	{
		name: 'Items With the Same Title',
		value: 'title',
		description: 'One tune for each title; its settings are those of its first item',
	},
];

/** The parameter that says which items make a tune. */
export const groupsProperty: INodeProperties = {
	displayName: 'Make a Tune From',
	name: 'tunesFrom',
	type: 'options',
	options: CHOICES,
	default: 'item',
	description: 'How items become tunes',
};

function byTitle(context: IExecuteFunctions, rows: readonly number[]): number[][] {
	const groups = new Map<unknown, number[]>();
	for (const row of rows) {
		// An unreadable title is refused later, where its row is known.
		const given = context.getNodeParameter('title', row, '');
		const title = typeof given === 'object' ? row : readField(TITLE, given);
		groups.set(title ?? row, [...(groups.get(title ?? row) ?? []), row]);
	}
	return [...groups.values()];
}

const TITLE = { ...TUNE_FIELDS.title, required: undefined };

/**
 * The rows of each tune that is to be made, in the order of their first rows.
 */
export function groupsOf(context: IExecuteFunctions): number[][] {
	const rows = context.getInputData().map((_, row) => row);
	switch (context.getNodeParameter('tunesFrom', 0, 'item')) {
		case 'all':
			return rows.length === 0 ? [] : [rows];
		case 'title':
			return byTitle(context, rows);
		default:
			return rows.map((row) => [row]);
	}
}
