import type {
	IDataObject,
	IExecuteFunctions,
	INodeExecutionData,
	INodeProperties,
} from 'n8n-workflow';

import { ASTRIA } from '../../../../../lib/astria/api/errors';
import {
	characteristicsOf,
	inspect,
	type Inspection,
	objectionsTo,
} from '../../../../../lib/astria/tunes/inspect';
import { INSPECT_FIELDS } from '../../../../../lib/astria/fields/tune';
import { withoutDataUri } from '../../../../../lib/media/picture';
import { eachRow } from '../../../../shared/eachRow';
import { tableProperties } from '../../../../shared/fieldProperty';
import { readPicture, readValues, rowReader } from '../../../../shared/readFields';
import { fileRules } from '../../../shared/files';
import { openSession, type Session } from '../../../shared/session';
import { asData } from '../../helpers/output';
import { AT_ONCE } from '../../helpers/run';

const show = { show: { resource: ['image'], operation: ['inspect'] } };

const { image: IMAGE } = INSPECT_FIELDS;

/** Parameters of Inspect. */
export const properties: INodeProperties[] = [
	...tableProperties(INSPECT_FIELDS, show),
	{
		displayName: 'Output',
		name: 'output',
		type: 'options',
		options: [
			{
				name: 'Characteristics',
				value: 'characteristics',
				description:
					'One item for all pictures: what most of them show, as a tune takes it, and which ones are no good for training',
			},
			{
				name: 'Each Picture',
				value: 'picture',
				description: 'What each picture shows, and whether it is good for training',
			},
		],
		default: 'picture',
		description: 'What comes out',
		displayOptions: show,
	},
];

async function inspectRow(
	context: IExecuteFunctions,
	{ client, timing }: Session,
	row: number,
): Promise<Inspection> {
	const { name } = readValues(ASTRIA, INSPECT_FIELDS, rowReader(context, row));
	const rules = fileRules(IMAGE);
	const given = await readPicture(context, row, 'image', rules);
	const picture = await withoutDataUri(rules, given);
	return await inspect(client, timing, String(name), picture);
}

function verdictOn(inspection: Inspection): { goodForTraining: boolean; problems: string[] } {
	const problems = objectionsTo(inspection);
	return { goodForTraining: problems.length === 0, problems };
}

/** One item for all rows; those that failed are beside it. */
function summaryOf(items: INodeExecutionData[], seen: Map<number, Inspection>): INodeExecutionData {
	const bad = [...seen].map(([row, inspection]) => ({ row, ...verdictOn(inspection) }));
	const json: IDataObject = {
		characteristics: characteristicsOf([...seen.values()]),
		pictureCount: seen.size,
		badPictures: bad
			.filter(({ goodForTraining }) => !goodForTraining)
			.map(({ row, problems }) => ({ row: row + 1, problems })),
	};
	return { json, pairedItem: items.flatMap(({ pairedItem }) => pairedItem ?? []).map(asPaired) };
}

function asPaired(item: number | { item: number }): { item: number } {
	return typeof item === 'number' ? { item } : { item: item.item };
}

/**
 * Lets Astria look at pictures before they are used for training.
 *
 * @throws NodeOperationError when a row fails and n8n is to stop
 */
export async function execute(context: IExecuteFunctions): Promise<INodeExecutionData[]> {
	const session = await openSession(context);
	const seen = new Map<number, Inspection>();
	const items = await eachRow(context, ASTRIA, AT_ONCE, async (row) => {
		const inspection = await inspectRow(context, session, row);
		seen.set(row, inspection);
		const json = { ...asData(inspection), ...verdictOn(inspection) };
		return [{ json, pairedItem: { item: row } }];
	});
	if (context.getNodeParameter('output', 0, 'picture') !== 'characteristics') return items;
	const failed = items.filter(({ json }) => json.error !== undefined);
	const done = items.filter(({ json }) => json.error === undefined);
	const inOrder = new Map([...seen].sort(([a], [b]) => a - b));
	return done.length === 0 ? failed : [summaryOf(done, inOrder), ...failed];
}
