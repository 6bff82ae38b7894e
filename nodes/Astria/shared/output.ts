import type { GenericValue, IDataObject, INodeProperties } from 'n8n-workflow';

import type { JsonObject } from '../../../lib/astria/api/json';
import type { Column, Columns, Output } from '../../shared/operation';

/** Whether what comes out is flat, or all that Astria says. */
export const simplifyProperty: INodeProperties = {
	displayName: 'Simplify',
	name: 'simplify',
	type: 'boolean',
	default: true,
	description: 'Whether to return a simplified version of the response instead of the raw data',
};

/** What comes out then. */
export const RAW_OUTPUT: Output = {
	when: 'without *Simplify*',
	columns: { '…': { meaning: 'All that Astria says' } },
};

/** How a purchase came to be. */
export const RECOVERED: Column = {
	meaning: 'Only when an answer was lost: it was bought once and found again',
	optional: true,
};

/** Of what Astria has made. */
export const COST_COLUMNS = {
	cost: { meaning: 'What it cost, where Astria tells it', optional: true },
	currency: { meaning: 'Of the cost', optional: true },
} as const satisfies Columns;

function isValue(entry: [string, unknown]): entry is [string, GenericValue] {
	return ['string', 'object', 'number', 'boolean'].includes(typeof entry[1]);
}

/** An answer of Astria as n8n's own type of JSON. */
export function asData(json: JsonObject): IDataObject {
	return Object.fromEntries(Object.entries(json).filter(isValue));
}
