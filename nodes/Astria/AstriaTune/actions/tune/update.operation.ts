import { TUNE_CHANGES } from '../../../../../lib/astria/fields/tune';
import { patchTune } from '../../../../../lib/astria/tunes/tune';
import { InputError } from '../../../../../lib/errors';
import type { FieldTable } from '../../../../../lib/fields/field';
import { ADDITIONAL_FIELDS } from '../../../../../lib/fields/shared';
import { eachRow } from '../../../../shared/eachRow';
import { fieldCollection } from '../../../../shared/fieldProperty';
import type { OperationPage } from '../../../../shared/operation';
import { collectionReader, INPUT_OUTPUT, inputFieldsProperty } from '../../../../shared/row';
import { theTune, tuneTo } from '../../../shared/entities';
import { createTuneLink } from '../../../shared/links';
import { RAW_OUTPUT, simplifyProperty, TUNE_COLUMNS } from '../../../shared/output';
import type { AstriaOperation } from '../../../shared/session';
import { tuneColumns } from '../../helpers/output';
import { CHARACTERISTICS_JSON, readAdded } from '../../helpers/request';

const FIELDS = {
	...TUNE_CHANGES,
	additional_fields: ADDITIONAL_FIELDS,
	characteristics_json: CHARACTERISTICS_JSON,
} as const satisfies FieldTable;

const COLLECTION = fieldCollection('Update Fields', 'updateFields', FIELDS);

/** Changes tunes. */
export const updateTune: AstriaOperation = {
	name: 'Update',
	value: 'update',
	action: 'Update tune',
	description: 'Change the title, class, characteristics or lifetime of a tune',
	properties: [
		...tuneTo('change: one of your account'),
		COLLECTION,
		simplifyProperty,
		inputFieldsProperty,
	],
	async execute(context, session) {
		const { client, timing } = session;
		return await eachRow(context, session, async (row) => {
			const changes = readAdded(FIELDS, collectionReader(context, row, COLLECTION.name));
			if (Object.keys(changes).length === 0) {
				throw new InputError(COLLECTION.displayName, 'is empty', 'Add what is to change.');
			}
			const tune = await theTune.using(context, row, async (id) =>
				patchTune(client, timing, id, changes),
			);
			return [{ json: tuneColumns(context, session, row, tune) }];
		});
	},
};

export const updateTunePage: OperationPage = () => ({
	outputs: [{ columns: TUNE_COLUMNS }, RAW_OUTPUT, INPUT_OUTPUT],
	links: [createTuneLink()],
});
