import type { IExecuteFunctions, INodeExecutionData, INodeProperties } from 'n8n-workflow';

import { ASTRIA } from '../../../../../lib/astria/api/errors';
import { listPacks } from '../../../../../lib/astria/packs/calls';
import { PACK_FILTERS } from '../../../../../lib/astria/fields/tune';
import { eachRow } from '../../../../shared/eachRow';
import { collection } from '../../../../shared/fieldProperty';
import { readValues } from '../../../../shared/readFields';
import { openSession } from '../../../shared/session';
import { listProperties, readLimit, readSource } from '../../../../shared/list';
import { packColumns, simplifyProperty } from '../../helpers/output';
import { AT_ONCE } from '../../helpers/run';
import { collectionReader } from '../../helpers/request';

const show = { show: { resource: ['pack'], operation: ['getAll'] } };

/** Parameters of Get Many. */
export const properties: INodeProperties[] = [
	...listProperties(show, 'packs'),
	collection(
		{ displayName: 'Filters', name: 'filters', placeholder: 'Add Filter', displayOptions: show },
		PACK_FILTERS,
	),
	simplifyProperty(show),
];

/**
 * Lists packs.
 *
 * @throws NodeOperationError when a row fails and n8n is to stop
 */
export async function execute(context: IExecuteFunctions): Promise<INodeExecutionData[]> {
	const { client, timing } = await openSession(context);
	return await eachRow(context, ASTRIA, AT_ONCE, async (row) => {
		const given = readValues(ASTRIA, PACK_FILTERS, collectionReader(context, row, 'filters'));
		const filters = {
			// Astria knows only the yes to either of them.
			...(given.public === true && { public: true }),
			...(given.listed === true && { listed: true }),
		};
		const source = readSource(context, row);
		const packs = await listPacks(client, timing, source, filters, readLimit(context, row));
		return packs.map((pack) => ({
			json: packColumns(context, row, pack),
			pairedItem: { item: row },
		}));
	});
}
