import type { IDisplayOptions, IExecuteFunctions, INodeProperties } from 'n8n-workflow';

/** n8n's own default of a limit. */
const DEFAULT_LIMIT = 50;

/**
 * The parameters of a list.
 *
 * @param what is listed, in the plural
 */
export function listProperties(displayOptions: IDisplayOptions, what: string): INodeProperties[] {
	return [
		{
			displayName: 'Source',
			name: 'source',
			type: 'options',
			options: [
				{ name: 'Gallery', value: 'gallery', description: `Public ${what} of Astria` },
				{ name: 'Own', value: 'own', description: `The ${what} of your account` },
			],
			default: 'own',
			description: `Whose ${what} to list`,
			displayOptions,
		},
		{
			displayName: 'Return All',
			name: 'returnAll',
			type: 'boolean',
			default: false,
			description: 'Whether to return all results or only up to a given limit',
			displayOptions,
		},
		{
			displayName: 'Limit',
			name: 'limit',
			type: 'number',
			typeOptions: { minValue: 1 },
			default: 50,
			description: 'Max number of results to return',
			displayOptions: { show: { ...displayOptions.show, returnAll: [false] } },
		},
	];
}

/** Whose tunes or packs a row lists. */
export function readSource(context: IExecuteFunctions, row: number): 'own' | 'gallery' {
	return context.getNodeParameter('source', row, 'own') === 'gallery' ? 'gallery' : 'own';
}

/** How many a row lists at most; `undefined` for all. */
export function readLimit(context: IExecuteFunctions, row: number): number | undefined {
	const all: unknown = context.getNodeParameter('returnAll', row, false);
	if (all === true) return undefined;
	const given: unknown = context.getNodeParameter('limit', row, DEFAULT_LIMIT);
	const limit = Number(given);
	return Number.isFinite(limit) ? Math.max(Math.floor(limit), 1) : DEFAULT_LIMIT;
}
