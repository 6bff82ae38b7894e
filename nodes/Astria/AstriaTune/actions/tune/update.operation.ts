import type { IExecuteFunctions, INodeExecutionData, INodeProperties } from 'n8n-workflow';

import { ASTRIA } from '../../../../../lib/astria/api/errors';
import { updateTune } from '../../../../../lib/astria/tunes/calls';
import { InputError } from '../../../../../lib/errors';
import { ADDITIONAL_FIELDS, TUNE_CHANGES } from '../../../../../lib/astria/fields/tune';
import type { FieldTable } from '../../../../../lib/fields/field';
import { eachRow } from '../../../../shared/eachRow';
import { collection } from '../../../../shared/fieldProperty';
import { openSession } from '../../../shared/session';
import { tuneProperty, withTune } from '../../../shared/tunePicker';
import { simplifyProperty, tuneColumns } from '../../helpers/output';
import { AT_ONCE } from '../../helpers/run';
import { CHARACTERISTICS_JSON, collectionReader, readAdded } from '../../helpers/request';

const show = { show: { resource: ['tune'], operation: ['update'] } };

const FIELDS = {
	...TUNE_CHANGES,
	additional_fields: ADDITIONAL_FIELDS,
	characteristics_json: CHARACTERISTICS_JSON,
} as const satisfies FieldTable;

const COLLECTION = {
	displayName: 'Update Fields',
	name: 'updateFields',
	placeholder: 'Add Field',
	displayOptions: show,
};

/** Parameters of Update. */
export const properties: INodeProperties[] = [
	...tuneProperty(show),
	collection(COLLECTION, FIELDS),
	simplifyProperty(show),
];

/**
 * Changes tunes.
 *
 * @throws NodeOperationError when a row fails and n8n is to stop
 */
export async function execute(context: IExecuteFunctions): Promise<INodeExecutionData[]> {
	const session = await openSession(context);
	const { client, timing } = session;
	return await eachRow(context, ASTRIA, AT_ONCE, async (row) => {
		const changes = readAdded(FIELDS, collectionReader(context, row, COLLECTION.name));
		if (Object.keys(changes).length === 0) {
			throw new InputError(ASTRIA, COLLECTION.displayName, 'is empty', 'Add what is to change.');
		}
		const tune = await withTune(context, row, async (id) =>
			updateTune(client, timing, id, changes),
		);
		return [{ json: tuneColumns(context, session, row, tune), pairedItem: { item: row } }];
	});
}
