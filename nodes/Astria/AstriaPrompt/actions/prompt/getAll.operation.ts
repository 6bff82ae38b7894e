import type { IExecuteFunctions, INodeExecutionData, INodeProperties } from 'n8n-workflow';

import type { Query } from '../../../../../lib/astria/api/client';
import { ASTRIA } from '../../../../../lib/astria/api/errors';
import { listPrompts } from '../../../../../lib/astria/prompts/calls';
import { promptSummary } from '../../../../../lib/astria/prompts/output';
import { PROMPT_FILTERS } from '../../../../../lib/astria/fields/promptRun';
import { readLimit } from '../../../../shared/list';
import { asData, simplifyProperty } from '../../../AstriaTune/helpers/output';
import { eachRow } from '../../../../shared/eachRow';
import { collection } from '../../../../shared/fieldProperty';
import { readValues } from '../../../../shared/readFields';
import { readerOf } from '../../../shared/promptGroups';
import { openSession } from '../../../shared/session';
import { expandProperty, expansionsOf, readExpand } from '../../helpers/expand';
import { AT_ONCE } from '../../helpers/run';

const show = { show: { resource: ['prompt'], operation: ['getAll'] } };

/** Parameters of Get Many. */
export const properties: INodeProperties[] = [
	{
		displayName: 'Return All',
		name: 'returnAll',
		type: 'boolean',
		default: false,
		description: 'Whether to return all results or only up to a given limit',
		displayOptions: show,
	},
	{
		displayName: 'Limit',
		name: 'limit',
		type: 'number',
		typeOptions: { minValue: 1 },
		default: 50,
		description: 'Max number of results to return',
		displayOptions: { show: { ...show.show, returnAll: [false] } },
	},
	collection(
		{ displayName: 'Filters', name: 'filters', placeholder: 'Add Filter', displayOptions: show },
		PROMPT_FILTERS,
	),
	simplifyProperty(show),
	expandProperty(show),
];

/** What of the filters is asked for; a switch that is off asks for nothing. */
function queryOf(filters: Readonly<Record<string, unknown>>): Query {
	const query: Record<string, string | number | boolean> = {};
	for (const [name, value] of Object.entries(filters)) {
		const asks = typeof value === 'string' || typeof value === 'number' || value === true;
		if (asks) query[name] = value;
	}
	return query;
}

/**
 * Lists prompts, newest first.
 *
 * @throws NodeOperationError when a row fails and n8n is to stop
 */
export async function execute(context: IExecuteFunctions): Promise<INodeExecutionData[]> {
	const { client, timing } = await openSession(context);
	return await eachRow(context, ASTRIA, AT_ONCE, async (row) => {
		const given = readerOf(context.getNodeParameter('filters', row, {}));
		const expand = readExpand(context, row);
		const query = { ...queryOf(readValues(ASTRIA, PROMPT_FILTERS, given)), expand };
		const prompts = await listPrompts(client, timing, query, readLimit(context, row));
		const simplify: unknown = context.getNodeParameter('simplify', row, true);
		return prompts.map((prompt) => ({
			json:
				simplify === false
					? asData(prompt.json)
					: { ...promptSummary(prompt), ...expansionsOf(prompt, expand) },
			pairedItem: { item: row },
		}));
	});
}
