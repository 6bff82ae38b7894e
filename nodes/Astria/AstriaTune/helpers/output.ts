import type {
	GenericValue,
	IDataObject,
	IDisplayOptions,
	IExecuteFunctions,
	INodeProperties,
} from 'n8n-workflow';

import type { JsonObject } from '../../../../lib/astria/api/json';
import { type Pack, packOutput } from '../../../../lib/astria/packs/calls';
import { tuneOutput } from '../../../../lib/astria/tunes/output';
import type { Tune } from '../../../../lib/astria/tunes/calls';
import type { Session } from '../../shared/session';

/** Whether what comes out is flat, or all that Astria says. */
export function simplifyProperty(displayOptions: IDisplayOptions): INodeProperties {
	return {
		displayName: 'Simplify',
		name: 'simplify',
		type: 'boolean',
		default: true,
		description: 'Whether to return a simplified version of the response instead of the raw data',
		displayOptions,
	};
}

function isValue(entry: [string, unknown]): entry is [string, GenericValue] {
	return ['string', 'object', 'number', 'boolean'].includes(typeof entry[1]);
}

/** An answer of Astria as n8n's own type of JSON. */
export function asData(json: JsonObject): IDataObject {
	return Object.fromEntries(Object.entries(json).filter(isValue));
}

/** The columns of a tune, as the row wants them. */
export function tuneColumns(
	context: IExecuteFunctions,
	{ client, timing }: Session,
	row: number,
	tune: Tune,
): IDataObject {
	if (context.getNodeParameter('simplify', row, true) === false) return asData(tune);
	return { ...tuneOutput(tune, client.astriaTime(timing.clock.now())) };
}

/** The columns of a pack, as the row wants them. */
export function packColumns(context: IExecuteFunctions, row: number, pack: Pack): IDataObject {
	return context.getNodeParameter('simplify', row, true) === false
		? asData(pack)
		: { ...packOutput(pack) };
}
