import type { IExecuteFunctions, INodeProperties } from 'n8n-workflow';

/** n8n's own default of a limit. */
const DEFAULT_LIMIT = 50;

/** The parameters that say how much of a list is wanted. */
export const limitProperties: INodeProperties[] = [
	{
		displayName: 'Return All',
		name: 'returnAll',
		type: 'boolean',
		default: false,
		description: 'Whether to return all results or only up to a given limit',
	},
	{
		displayName: 'Limit',
		name: 'limit',
		type: 'number',
		typeOptions: { minValue: 1 },
		default: 50,
		description: 'Max number of results to return',
		displayOptions: { show: { returnAll: [false] } },
	},
];

/** How many a row lists at most; `undefined` for all. */
export function readLimit(context: IExecuteFunctions, row: number): number | undefined {
	const all: unknown = context.getNodeParameter('returnAll', row, false);
	if (all === true) return undefined;
	const given: unknown = context.getNodeParameter('limit', row, DEFAULT_LIMIT);
	const limit = Number(given);
	return Number.isFinite(limit) ? Math.max(Math.floor(limit), 1) : DEFAULT_LIMIT;
}
