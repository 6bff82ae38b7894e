import type { IExecuteFunctions, INodeExecutionData, INodeProperties } from 'n8n-workflow';

import { ASTRIA } from '../../../../../lib/astria/api/errors';
import { textOf } from '../../../../../lib/astria/api/json';
import { listTunes } from '../../../../../lib/astria/tunes/calls';
import { TUNE_FILTERS } from '../../../../../lib/astria/fields/tune';
import { eachRow } from '../../../../shared/eachRow';
import { collection } from '../../../../shared/fieldProperty';
import { readValues } from '../../../../shared/readFields';
import { openSession } from '../../../shared/session';
import { listProperties, readLimit, readSource } from '../../../../shared/list';
import { simplifyProperty, tuneColumns } from '../../helpers/output';
import { AT_ONCE } from '../../helpers/run';
import { collectionReader } from '../../helpers/request';

const show = { show: { resource: ['tune'], operation: ['getAll'] } };

/** Parameters of Get Many. */
export const properties: INodeProperties[] = [
	...listProperties(show, 'tunes'),
	collection(
		{ displayName: 'Filters', name: 'filters', placeholder: 'Add Filter', displayOptions: show },
		TUNE_FILTERS,
	),
	simplifyProperty(show),
];

/**
 * Lists tunes, newest first.
 *
 * @throws NodeOperationError when a row fails and n8n is to stop
 */
export async function execute(context: IExecuteFunctions): Promise<INodeExecutionData[]> {
	const session = await openSession(context);
	const { client, timing } = session;
	return await eachRow(context, ASTRIA, AT_ONCE, async (row) => {
		const given = readValues(ASTRIA, TUNE_FILTERS, collectionReader(context, row, 'filters'));
		const filters = {
			title: textOf(given.title),
			name: textOf(given.name),
			model_type: textOf(given.model_type),
			branch: textOf(given.branch),
		};
		const source = readSource(context, row);
		const tunes = await listTunes(client, timing, source, filters, readLimit(context, row));
		return tunes.map((tune) => ({
			json: tuneColumns(context, session, row, tune),
			pairedItem: { item: row },
		}));
	});
}
