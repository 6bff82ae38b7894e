import { PACK_FILTERS } from '../../../../../lib/astria/fields/tune';
import { listPacks } from '../../../../../lib/astria/packs/calls';
import { readValues } from '../../../../../lib/fields/values';
import { eachRow, limitProperties, readLimit } from '../../../../shared/eachRow';
import { filterCollection } from '../../../../shared/fieldProperty';
import type { OperationPage } from '../../../../shared/operation';
import { collectionReader, INPUT_OUTPUT, inputFieldsProperty } from '../../../../shared/row';
import { readSource, sourceProperty } from '../../../shared/entities';
import { astriaLink } from '../../../shared/links';
import { RAW_OUTPUT, simplifyProperty } from '../../../shared/output';
import type { AstriaOperation } from '../../../shared/session';
import { PACK_COLUMNS, packColumns } from '../../helpers/output';

/** Lists packs. */
export const getPacks: AstriaOperation = {
	name: 'Get Many',
	value: 'getAll',
	action: 'Get many packs',
	description: 'List the packs of your account or of the gallery',
	properties: [
		sourceProperty('packs'),
		...limitProperties,
		filterCollection(PACK_FILTERS),
		simplifyProperty,
		inputFieldsProperty,
	],
	async execute(context, session) {
		const { client, timing } = session;
		return await eachRow(context, session, async (row) => {
			const given = readValues(PACK_FILTERS, collectionReader(context, row, 'filters'));
			const filters = {
				// Astria knows only the yes to either of them.
				...(given.public === true && { public: true }),
				...(given.listed === true && { listed: true }),
			};
			const source = readSource(context, row);
			const packs = await listPacks(client, timing, source, filters, readLimit(context, row));
			return packs.map((pack) => ({ json: packColumns(context, row, pack) }));
		});
	},
};

export const getPacksPage: OperationPage = () => ({
	outputs: [{ columns: PACK_COLUMNS }, RAW_OUTPUT, INPUT_OUTPUT],
	links: [astriaLink('list packs', 'api/pack/list')],
});
